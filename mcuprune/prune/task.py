"""What a pruning method is asked to do, what it gives back, and whom it tells how it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mcuprune.data import Data
from mcuprune.errors import UsageError
from mcuprune.prune.checkpoint import Checkpoints
from mcuprune.prune.interrupt import Interrupt
from mcuprune.request import Options

if TYPE_CHECKING:
    import keras

    from mcuprune.prune.masks import Masks
    from mcuprune.prune.objective import Objective

# Do int8 matrices [outputs, inputs] of the prunable kernels, by name, fit where they have to?
Fits = Callable[[Mapping[str, np.ndarray]], bool]
Say = Callable[[str], None]


class Progress(Protocol):
    """Who is told about a training while it runs.  record: an entry of the history."""

    def start(self, phase: str, epochs: int, steps: int) -> None: ...
    def step(self, epoch: int, step: int, loss: float, sparsity: float) -> None: ...
    def epoch(self, record: dict[str, Any]) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True, eq=False)
class Task:
    """Everything but the model that is to be pruned."""

    sparsity: float  # wanted: zeros / prunable weights; of structured methods: parameters that are gone / all
    teacher: "keras.Model"  # what the pruned model should be like; not to be changed
    data: Data | None = None
    objective: "Objective | None" = None  # None without data
    epochs: int | None = None  # None: the method chooses
    options: Options = field(default_factory=Options)
    fits: Fits | None = None  # moves the sparsity of a gradual method to the least that fits
    seed: int = 0
    progress: Progress | None = None
    say: Say = lambda text: None
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    interrupt: Interrupt = field(default_factory=Interrupt)

    def trained(self) -> tuple[Data, "Objective"]:
        """The data, for methods that cannot do without."""
        if self.data is None or self.objective is None:
            raise UsageError("this method trains the model and needs data; --method oneshot-magnitude needs none")
        return self.data, self.objective


@dataclass(frozen=True, eq=False)
class Pruned:
    """A pruned model: weights outside the masks are exactly zero.  masks: {} where what was pruned is gone."""

    model: "keras.Model"
    masks: "Masks"
    sparsity: float
    history: list[dict[str, Any]] = field(default_factory=list)  # one an epoch: epoch, loss, sparsity, metric
