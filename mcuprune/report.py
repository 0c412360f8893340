"""What a build achieved, as one frozen value: the report.json that people, CI and benchmarks read.

The dataclasses are the schema: their fields, in order, are the keys of the file.  None (null) stands where something
was not given or not measured.  Sizes are bytes; instructions and cycles are those of one inference.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from mcuprune import __version__
from mcuprune.errors import UsageError

SCHEMA = 1
Score = float | None  # Accuracy has a field called float


@dataclass(frozen=True)
class ModelFacts:
    """The network that was asked for, before pruning."""

    name: str
    source: str  # the file it came from
    sha256: str  # of that file
    parameters: int
    macs: int  # multiply-accumulates of one dense inference
    stateful: bool = False  # LSTM layers go on from inference to inference


@dataclass(frozen=True)
class BoardFacts:
    name: str
    cpu: str
    clock_hz: int
    flash_bytes: int
    ram_bytes: int


@dataclass(frozen=True)
class Budget:
    """The limits that were asked for; where there is none the board's own memory is the limit."""

    flash_bytes: int | None = None
    ram_bytes: int | None = None


@dataclass(frozen=True)
class Accuracy:
    """The metric on the test set, after each step.  'accuracy' is a fraction, 0 to 1."""

    metric: str | None = None
    float: Score = None
    pruned: Score = None
    int8: Score = None
    device: Score = None
    samples: int | None = None

    @property
    def title(self) -> str:
        """'Accuracy', 'MSE'."""
        name = self.metric or "metric"
        return name.upper() if len(name) <= 3 else name[0].upper() + name[1:]

    def format(self, value: Score) -> str:
        """A score as people write it: '98.23 %', '0.0123', '-' where it is not known."""
        if value is None:
            return "-"
        return f"{100 * value:.2f} %" if self.metric == "accuracy" else f"{value:.4g}"


@dataclass(frozen=True)
class Flash:
    """The whole linked image (.text + .rodata + .data), harness included."""

    total_bytes: int
    code_bytes: int  # everything that is not one of the next three
    weight_bytes: int
    index_bytes: int  # what sparse encodings add to find their weights
    table_bytes: int  # biases, requantization, lookup tables
    dense_weight_bytes: int  # what the weights would take unpruned, those that rewrites removed included

    def __post_init__(self) -> None:
        _check_sum("flash", self.total_bytes, self.code_bytes, self.weight_bytes, self.index_bytes, self.table_bytes)

    @property
    def unpruned_bytes(self) -> int:
        """What the image would take with every weight stored, zeros included."""
        return self.total_bytes - self.weight_bytes - self.index_bytes + self.dense_weight_bytes


@dataclass(frozen=True)
class Second:
    """The part of the arena that did not fit into RAM, but into a second region of the board's memory."""

    region: str  # 'ccm'
    arena_bytes: int  # that are there
    size_bytes: int  # of the region
    wall_bytes: int  # of the arena that RAM could have taken: what the plan was made for

    @property
    def text(self) -> str:
        """'40,960 bytes of the arena lie in ccm, which has 65,536'"""
        return f"{self.arena_bytes:,} bytes of the arena lie in {self.region}, which has {self.size_bytes:,}"


@dataclass(frozen=True)
class Ram:
    total_bytes: int
    arena_bytes: int  # all of it
    static_bytes: int  # .data and .bss without the arena
    stack_bytes: int | None  # measured high-water mark
    second: Second | None = None

    def __post_init__(self) -> None:
        _check_sum("ram", self.total_bytes, self.arena_bytes, self.static_bytes, self.stack_bytes or 0)

    @property
    def wall(self) -> int | None:
        """The offset in the arena from which on it lies in the second region."""
        return self.arena_bytes - self.second.arena_bytes if self.second else None


@dataclass(frozen=True)
class LayerRow:
    """One layer on the device.  What only weights have is None where there are none."""

    name: str
    op: str
    shape: tuple[int, ...]  # of the output, without the batch
    macs: int
    nonzero_macs: int
    sparsity: float | None  # zeros / weights
    encoding: str | None
    kernel: str | None  # None: the layer is only a new shape for the same bytes
    weight_bytes: int
    index_bytes: int
    dense_weight_bytes: int
    instructions: int | None
    estimated_cycles: int | None
    scratch_bytes: int | None = None  # of RAM, while the layer runs
    predicted_cycles: int | None = None  # what estimated_cycles was expected to be when the kernel was chosen
    overlap_bytes: int | None = None  # that the output may begin below the input, at least, where it may lie over it


@dataclass(frozen=True)
class ChainRow:
    """Neighbouring layers that are computed together, strip by strip, because RAM is short."""

    layers: tuple[str, ...]
    lines: int  # of the last layer's output in a strip
    saved_bytes: int  # of tensors that are never there as a whole
    extra_cycles: int  # predicted: more than the fastest kernels take without strips

    @property
    def text(self) -> str:
        """'conv, add: 4 lines at a time, 24,576 bytes less, 9,613 cycles more (predicted)'"""
        return (
            f"{', '.join(self.layers)}: {self.lines} lines at a time, {self.saved_bytes:,} bytes less, "
            f"{self.extra_cycles:,} cycles more (predicted)"
        )


@dataclass(frozen=True)
class Rewrite:
    """What a lossless pass took away before anything was compiled, zeros included."""

    name: str  # of the pass
    operators: int
    weights: int
    macs: int
    bytes: int  # of constants: weights, biases, operands

    @property
    def text(self) -> str:
        """'2 operators, 1,204 weights, 65,536 MACs, 1,300 bytes'"""
        parts = ("operators", self.operators), ("weights", self.weights), ("MACs", self.macs), ("bytes", self.bytes)
        return ", ".join(f"{n:,} {what}" for what, n in parts if n)


@dataclass(frozen=True)
class Verify:
    """The emulator's output bytes against the oracle's.  bit_exact is None when they were not compared."""

    bit_exact: bool | None
    samples: int
    oracle: str | None
    emulator: str | None


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a build found out."""

    mcuprune: str = __version__
    schema: int = SCHEMA
    model: ModelFacts
    board: BoardFacts
    budget: Budget
    method: str | None  # None: nothing was pruned
    sparsity: float  # zeros / prunable weights, in the int8 file
    accuracy: Accuracy
    flash: Flash
    ram: Ram
    rewrites: tuple[Rewrite, ...] = ()
    layers: tuple[LayerRow, ...]
    chains: tuple[ChainRow, ...] = ()
    instructions: int | None
    estimated_cycles: int | None
    verify: Verify

    @property
    def flash_limit(self) -> tuple[int, str]:
        """Bytes, and whose limit it is."""
        return _limit(self.budget.flash_bytes, self.board.flash_bytes, self.board.name)

    @property
    def ram_limit(self) -> tuple[int, str]:
        second = self.ram.second.size_bytes if self.ram.second else 0
        return _limit(self.budget.ram_bytes, self.board.ram_bytes + second, self.board.name)

    @property
    def regions(self) -> tuple[str, ...]:
        """How much lies in RAM and how much in a second region, a sentence each; none where all is in RAM."""
        second = self.ram.second
        if not second:
            return ()
        first = self.ram.total_bytes - second.arena_bytes
        return f"{first:,} bytes lie in RAM, which has {self.board.ram_bytes:,}", second.text

    def to_json(self) -> dict:
        """The report as plain lists and dicts."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_json(cls, data: dict) -> Self:
        """The inverse of to_json; KeyError, TypeError or ValueError when data is not such a report."""
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}, not {SCHEMA}")
        parts = {
            "model": ModelFacts,
            "board": BoardFacts,
            "budget": Budget,
            "accuracy": Accuracy,
            "flash": Flash,
            "ram": Ram,
            "verify": Verify,
        }
        layers = tuple(LayerRow(**{**row, "shape": tuple(row["shape"])}) for row in data["layers"])
        rewrites = tuple(Rewrite(**row) for row in data["rewrites"])
        chains = tuple(ChainRow(**{**row, "layers": tuple(row["layers"])}) for row in data.get("chains", ()))
        found = {key: part(**data[key]) for key, part in parts.items()}
        if second := data["ram"].get("second"):
            found["ram"] = Ram(**{**data["ram"], "second": Second(**second)})
        return cls(**{**data, **found, "layers": layers, "chains": chains, "rewrites": rewrites})


@dataclass(frozen=True)
class PlanRow:
    """A buffer of the memory plan: `size` bytes at `offset` of the arena, from layer `first` to `last` inclusive."""

    name: str
    offset: int
    size: int
    first: int
    last: int


def save(report: Report, path: Path) -> None:
    """Write report.json, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def load(path: Path) -> Report:
    """Read a report.json back."""
    try:
        return Report.from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); is this a folder that mcuprune built?") from error
    except (ValueError, KeyError, TypeError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else error
        raise UsageError(f"{path} is no report of mcuprune {__version__} ({reason}); build it again.") from error


def _limit(budget: int | None, capacity: int, board: str) -> tuple[int, str]:
    return (capacity, board) if budget is None else (budget, "the budget")


def _check_sum(memory: str, total: int, *parts: int) -> None:
    if sum(parts) != total:
        raise ValueError(f"the parts of {memory} add up to {sum(parts)} bytes, not to {total}")
