"""What a pruning method is asked to do, and whom it tells how it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mcuprune.data import Data

if TYPE_CHECKING:
    import keras

    from mcuprune.prune.objective import Objective

# Do int8 matrices [outputs, inputs] of the prunable kernels, by name, fit where they have to?
Fits = Callable[[Mapping[str, np.ndarray]], bool]


class Progress(Protocol):
    """Who is told about a training while it runs.  record: an entry of the history."""

    def start(self, epochs: int, steps: int) -> None: ...
    def step(self, epoch: int, step: int, loss: float, sparsity: float) -> None: ...
    def epoch(self, record: dict[str, Any]) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True, eq=False)
class Task:
    """Everything but the model that is to be pruned."""

    sparsity: float  # wanted: zeros / prunable weights
    teacher: "keras.Model"  # what the pruned model should be like; not to be changed
    data: Data | None = None
    objective: "Objective | None" = None  # None without data
    epochs: int | None = None  # None: the method chooses
    fits: Fits | None = None  # moves the sparsity of a gradual method to the least that fits
    seed: int = 0
    progress: Progress | None = None
