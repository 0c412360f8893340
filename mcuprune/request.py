"""What is asked of a build, and what training found out: the two values that the pipeline hands from step to step."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mcuprune.board import Board
from mcuprune.data import Data
from mcuprune.errors import UsageError
from mcuprune.report import Budget, Score

SAMPLES = 16  # inferences compared between emulator and oracle unless asked otherwise


@dataclass(frozen=True)
class Options:
    """What may be chosen about a method; None leaves the choice to it.  A method names those it knows in OPTIONS."""

    criterion: str | None = None  # a name of prune/criteria.py
    allocation: str | None = None  # a name of prune/allocation.py
    pattern: str | None = None  # 'unstructured', '1x4', or N:M such as '2:4'; by default 1x4 in LSTM layers alone
    schedule: str | None = None  # 'cubic' or 'geometric'
    shadow: bool | None = None  # train dense weights behind the masks, so that what was pruned can come back
    distill: bool | None = None  # learn from the dense model's outputs, too
    rewind: str | None = None  # lottery: 'start', 'early' or 'rate'

    def given(self) -> dict[str, Any]:
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}

    def check(self, method: str, known: tuple[str, ...]) -> None:
        """Refuse an option that the method has no use for."""
        for name in self.given():
            if name not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise UsageError(f"method {method} has no option {name}; {has}")


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
    options: Options = field(default_factory=Options)
    resume: bool = False  # go on with a training that was killed
    sparsity: float | None = None  # zeros / prunable weights; None: as little as the budget demands
    goal: str | None = None  # 'size', 'speed', 'balanced'; None: the fastest that fits, balanced under no budget
    max_drop: float | None = None  # points of accuracy
    epochs: int | None = None
    seed: int = 0
    samples: int = SAMPLES
    verify: bool = True
    stateful: bool = False  # LSTM layers go on where the inference before has ended

    @property
    def flash_limit(self) -> tuple[int, str]:
        """Bytes, and whose limit it is."""
        return _tighter(self.budget.flash_bytes, self.board.flash.size, self.board.name)

    def ram_limit(self, second: int = 0) -> tuple[int, str]:
        """The same of all RAM.  second: bytes beside the board's RAM, in its second region"""
        return _tighter(self.budget.ram_bytes, self.board.ram.size + second, self.board.name)


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
