"""What a layer costs: the cycles of its kernels, predicted from how much of each kind of work they do, and their code.

A kernel's `lower` says how often its loops run (Call.work: 'entry8': entries of the weight stream times groups of
eight pixels, and so on); costs.toml says what each run takes on each core.  Its figures are fitted to measured
instruction counts and the timing model of mcuprune.cycles by `make fit`.  Where inputs decide how often a loop runs, it
is its expectation that counts.  The bytes of a kernel's code, from compiled objects, are in code.toml.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from mcuprune.layer import Call, Layer

TABLE = Path(__file__).parent / "costs.toml"
CODE = Path(__file__).parent / "code.toml"
SAME_AS = {"cortex-m33": "cortex-m4"}  # cores that share a row of the table
LIBRARY = ("memcpy", "memset")  # see mcuprune.libc


@cache
def table() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """core -> kernel -> kind of work -> cycles"""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@cache
def sizes() -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """core -> set of kernels -> kernel -> bytes of code"""
    return tomllib.loads(CODE.read_text(encoding="utf-8")) if CODE.exists() else {}


def cycles(layer: Layer, cpu: str) -> float | None:
    """Estimated cycles of a layer on a core, None where `make fit` has not seen one of its kernels there."""
    known, total = table().get(SAME_AS.get(cpu, cpu), {}), 0.0
    for function, kind, amount in terms(layer.calls):
        if kind not in known.get(function, {}):
            return None
        total += known[function][kind] * amount
    return layer.times * total


def terms(calls: Iterable[Call]) -> Iterator[tuple[str, str, float]]:
    """(function, kind of work, how often): of kernels, and of the C library ('memcpy_16'), which they share."""
    for call in calls:
        yield call.function, "call", 1
        for kind, amount in call.work.items():
            library, _, step = kind.partition("_")
            yield (library, step, amount) if library in LIBRARY else (call.function, kind, amount)


def code(function: str, cpu: str, isas: Sequence[str]) -> int:
    """Bytes of a kernel's code, from the first of these sets that has it; 0 where `make fit` has not seen it."""
    known = sizes().get(SAME_AS.get(cpu, cpu), {})
    return next((known[isa][function] for isa in isas if function in known.get(isa, {})), 0)
