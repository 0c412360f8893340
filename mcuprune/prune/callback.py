"""Gradual pruning inside your own training loop:

    model.fit(x, y, epochs=10, callbacks=[Pruning(Cubic(0.9, begin=500, end=5000))])

Optimizer, losses, data pipeline and other callbacks stay yours.
"""

from typing import Any

import numpy as np

from mcuprune.errors import UsageError
from mcuprune.prune import masks
from mcuprune.prune.backend import keras
from mcuprune.prune.criteria import CRITERIA
from mcuprune.prune.layers import prunable
from mcuprune.prune.schedules import Schedule, due


class Pruning(keras.callbacks.Callback):
    """Ranks all weights of the model along the schedule, whose steps are batches, and keeps what it pruned at zero.

    criterion 'obd' weighs better than 'magnitude' but needs an optimizer that keeps squared gradients, such as Adam.
    After training, `masks` holds the masks.
    """

    def __init__(self, schedule: Schedule, criterion: str = "magnitude") -> None:
        super().__init__()
        if criterion not in CRITERIA:
            raise UsageError(f"there is no criterion {criterion!r}; there are {', '.join(CRITERIA)}")
        self.schedule, self.criterion = schedule, criterion
        self.masks: masks.Masks = {}
        self.steps = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.steps += 1
        if due(self.schedule, self.steps):
            self._rank(self.schedule(self.steps))
        masks.apply(self.model, self.masks)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None and self.masks:
            logs["sparsity"] = masks.sparsity(self.masks)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        masks.apply(self.model, self.masks)  # another callback may have restored weights

    def _rank(self, sparsity: float) -> None:
        kernels = dict(prunable(self.model))
        squares = self._squared_gradients(kernels) if self.criterion == "obd" else {}
        score = CRITERIA[self.criterion]
        scores = {}
        for name, kernel in kernels.items():
            weights = kernel.numpy()
            scores[name] = score(weights, squares.get(name, weights)) * self.masks.get(name, True)
        self.masks = masks.rank(scores, sparsity)

    def _squared_gradients(self, kernels: dict[str, keras.Variable]) -> dict[str, np.ndarray]:
        optimizer = self.model.optimizer
        if not hasattr(optimizer, "_velocities"):
            raise UsageError(f"criterion 'obd' needs Adam, not {type(optimizer).__name__}; 'magnitude' needs nothing")
        position = {id(weight): i for i, weight in enumerate(self.model.trainable_variables)}
        return {name: optimizer._velocities[position[id(kernel)]].numpy() for name, kernel in kernels.items()}
