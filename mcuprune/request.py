"""What is asked of a build, and what training found out: the two values that the pipeline hands from step to step."""

from dataclasses import dataclass, field
from pathlib import Path

from mcuprune.board import Board
from mcuprune.data import Data
from mcuprune.report import Budget, Score

SAMPLES = 16  # inferences compared between emulator and oracle unless asked otherwise


@dataclass(frozen=True)
class Request:
    """One build: a model, a board, limits and how to go about it."""

    name: str  # of the model, a C identifier
    source: str  # where it came from, for the report
    sha256: str  # of that file
    board: Board
    output: Path
    budget: Budget = field(default_factory=Budget)
    data: Data | None = None
    method: str = "gradual"
    sparsity: float | None = None  # zeros / prunable weights; None: as little as the budget demands
    goal: str | None = None  # 'size', 'speed', 'balanced'; None: the fastest that fits, balanced under no budget
    max_drop: float | None = None  # points of accuracy
    epochs: int | None = None
    seed: int = 0
    samples: int = SAMPLES
    verify: bool = True

    @property
    def flash_limit(self) -> tuple[int, str]:
        """Bytes, and whose limit it is."""
        return _tighter(self.budget.flash_bytes, self.board.flash.size, self.board.name)

    @property
    def ram_limit(self) -> tuple[int, str]:
        return _tighter(self.budget.ram_bytes, self.board.ram.size, self.board.name)


@dataclass(frozen=True)
class Trained:
    """What the training half knows of a model.  Scores are on the test set: fractions or losses."""

    metric: str | None = None
    float: Score = None
    pruned: Score = None
    method: str | None = None  # None: nothing was pruned
    history: tuple[dict, ...] = ()  # one dict an epoch: epoch, loss, sparsity, metric


def _tighter(asked: int | None, capacity: int, board: str) -> tuple[int, str]:
    return (capacity, board) if asked is None or asked > capacity else (asked, "the budget")
