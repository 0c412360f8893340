"""Fit mcuprune/costs.toml: the cycles of every kind of work on every core.

Random layers, in every way to compute them, run in QEMU.  Each is an equation,

    sum over its calls of  call + cost of a kind * how often  =  estimated cycles

and the costs are what leaves the least relative errors, none of them negative.  memcpy and memset have costs of their
own, the same in all kernels.  Every third layer is left out at first: how well the others predict it is printed.  The
table itself is fitted to all.

    python tools/fit.py [--cores cortex-m4,cortex-m3] [--rounds 8] [--missing]

With --missing only kernels are measured that the table does not know, or not all kinds of work of; the others keep
their costs.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import click
import draw
import emulation
import numpy as np
from rich.console import Console
from rich.table import Table

from mcuprune import board, choose, cost
from mcuprune.board import CPUS, Board
from mcuprune.graph import Graph
from mcuprune.layer import Call

ROUND, SELDOM = 160, 54  # layers of every kind, and of seldom ones, that one process measures at a time
AIM = 0.03  # the mean relative error of a kernel, on layers that were left out of the fit
CORES = tuple(cpu for cpu in CPUS if cpu not in cost.SAME_AS)
HEAD = """\
# Estimated cycles of kernels by the kinds of work that they do, as mcuprune/cost.py reads them.
# Written by tools/fit.py from measurements: `make fit`.  Do not edit.
"""

Costs = dict[str, dict[str, float]]  # kernel, or function of the C library -> kind of work -> cycles
NOTHING: Costs = {}


@dataclass(frozen=True)
class Sample:
    """A measured layer."""

    number: int  # of the network it is of: every third is left out
    calls: tuple[Call, ...]
    cycles: int


def emulated(cpu: str) -> Board:
    """A machine of this core with room for many layers."""
    return replace(board.load(CPUS[cpu][1]), cpu=cpu)


def drawn(seed: int) -> Iterator[Graph]:
    """The layers of a round."""
    yield from itertools.islice(draw.at_random(np.random.default_rng(seed)), ROUND)
    yield from itertools.islice(draw.seldom(np.random.default_rng((seed, ROUND))), SELDOM)


def measure(cpu: str, seed: int, missing: bool = False) -> list[Sample]:
    """Random layers, each in every way to compute it, on a core."""
    target = emulated(cpu)
    cases = [
        (number, graph, candidate.layer)
        for number, graph in enumerate(drawn(seed), seed)  # the same kinds come at the same places: never all left out
        for candidate in choose.candidates(graph, graph.ops[0], target, target.isas)
        if candidate.layer.calls and not (missing and cost.cycles(candidate.layer, cpu) is not None)
    ]
    counted = emulation.measure([(graph, layer) for _, graph, layer in cases], target)
    return [Sample(number, layer.calls, c) for (number, _, layer), (_, c) in zip(cases, counted, strict=True)]


def fit(samples: Sequence[Sample], known: Costs = NOTHING) -> Costs:
    """The known costs, and of all other functions those that predict samples best."""
    return dict(known) | {function: costs for part in apart(samples) for function, costs in _fit(part, known).items()}


def complete(costs: Costs, samples: Sequence[Sample]) -> Costs:
    """Of the functions that have a cost for all that samples say of them."""
    terms = (term for sample in samples for term in cost.terms(sample.calls))
    lacking = {function for function, kind, _ in terms if kind not in costs.get(function, {})}
    return {function: costs[function] for function in costs.keys() - lacking}


def apart(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Samples in groups that have no kernel in common: each group is fitted on its own."""
    groups: list[tuple[set[str], list[Sample]]] = []
    for sample in samples:
        functions = {function for function, _, amount in cost.terms(sample.calls) if amount}
        touched = [group for group in groups if group[0] & functions]
        groups = [group for group in groups if not group[0] & functions]
        groups.append((functions.union(*(g[0] for g in touched)), [*(s for g in touched for s in g[1]), sample]))
    return [members for _, members in groups]


def _fit(samples: Sequence[Sample], known: Costs) -> Costs:
    column: dict[tuple[str, str], int] = {}
    for function, kind, _ in (term for sample in samples for term in cost.terms(sample.calls)):
        if function not in known:
            column.setdefault((function, kind), len(column))
    equations, cycles = np.zeros((len(samples), len(column))), np.ones(len(samples))
    for row, sample in enumerate(samples):
        for function, kind, amount in cost.terms(sample.calls):
            if function in known:
                cycles[row] -= known[function][kind] * amount / sample.cycles
            else:
                equations[row, column[function, kind]] += amount / sample.cycles
    costs: Costs = defaultdict(dict)
    for (function, kind), value in zip(column, least_squares(equations, cycles), strict=True):
        costs[function][kind] = float(f"{round(value, 4):.4g}")
    return dict(costs)


def least_squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The x >= 0 with the least |a x - b|: one unknown after the other is set free from zero (Lawson and Hanson)."""
    size = np.maximum(np.linalg.norm(a, axis=0), 1e-12)
    q, a = np.linalg.qr(a / size)  # as many equations as unknowns, with the same answer
    b = q.T @ b
    x, free = np.zeros(a.shape[1]), np.zeros(a.shape[1], bool)
    while True:
        gain = np.where(free, 0, a.T @ (b - a @ x))
        if gain.max() < 1e-9:
            return x / size
        free[gain.argmax()] = True
        while True:
            best = np.zeros_like(x)
            best[free] = np.linalg.lstsq(a[:, free], b, rcond=None)[0]
            below = free & (best <= 0)
            if not below.any():
                break
            x += (x[below] / (x[below] - best[below])).min() * (best - x)
            free &= x > 1e-12
            x[~free] = 0
        x = best


def errors(costs: Costs, samples: Sequence[Sample]) -> dict[str, list[float]]:
    """The relative errors of predictions, by the first kernel of a layer."""
    found = defaultdict(list)
    for sample in samples:
        terms = cost.terms(sample.calls)
        predicted = sum(costs.get(function, {}).get(kind, 0.0) * amount for function, kind, amount in terms)
        found[sample.calls[0].function].append(predicted / sample.cycles - 1)
    return found


def text(table: Mapping[str, Costs]) -> str:
    """costs.toml"""
    lines = [HEAD]
    for cpu in sorted(table):
        lines.append(f"[{cpu}]")
        for function, costs in sorted(table[cpu].items()):
            kinds = ", ".join(f"{kind} = {value:g}" for kind, value in costs.items())
            lines.append(f"{function} = {{ {kinds} }}")
        lines.append("")
    return "\n".join(lines)


@click.command()
@click.option("--cores", default=",".join(CORES), help="to measure, the others keep their costs")
@click.option("--rounds", default=8, help=f"of {ROUND} layers each")
@click.option("--missing", is_flag=True, help="measure only kernels without costs")
def main(cores: str, rounds: int, missing: bool) -> None:
    chosen = cores.split(",")
    table = {cpu: dict(costs) for cpu, costs in cost.table().items()}
    held_out = {}
    with ProcessPoolExecutor() as pool:
        runs = {cpu: [pool.submit(measure, cpu, seed, missing) for seed in range(rounds)] for cpu in chosen}
        for cpu in chosen:
            samples = [sample for run in runs[cpu] for sample in run.result()]
            known = complete(table.get(cpu, {}), samples) if missing else NOTHING
            left_out = [s for s in samples if not s.number % 3]
            held_out[cpu] = errors(fit([s for s in samples if s.number % 3], known), left_out)
            table[cpu] = fit(samples, known)
    cost.TABLE.write_text(text(table), encoding="utf-8")
    show(held_out)


def show(held_out: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """What the layers that were left out say of the fit, and which kernels it predicts badly."""
    shown = Table("kernel", *held_out, title="error of predictions: mean / worst, %", box=None)
    for function in sorted({function for found in held_out.values() for function in found}):
        cells = [np.abs(found.get(function, [])) for found in held_out.values()]
        shown.add_row(function, *(f"{100 * e.mean():.1f} / {100 * e.max():.1f}" if e.size else "" for e in cells))
    console = Console(width=140)
    console.print(shown)
    for cpu, found in held_out.items():
        every = np.abs(np.concatenate([*found.values()]))
        console.print(f"{cpu}: mean error {100 * every.mean():.1f} % of {len(every)} layers")
        means = {function: float(np.abs(each).mean()) for function, each in found.items()}
        bad = sorted((f for f in means if means[f] > AIM), key=lambda f: -means[f])
        told = ", ".join(f"{f} {100 * means[f]:.1f} % of {len(found[f])} layers" for f in bad) or "none"
        console.print(f"{cpu}: mean error above {100 * AIM:.0f} %: {told}")


if __name__ == "__main__":
    main()
