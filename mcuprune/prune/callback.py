"""Gradual pruning inside your own training loop:

    model.fit(x, y, epochs=10, callbacks=[Pruning(Cubic(0.9, begin=500, end=5000))])

Optimizer, losses, data pipeline and other callbacks stay yours.
"""

from typing import Any

import numpy as np

from mcuprune.errors import UsageError
from mcuprune.prune import masks, patterns
from mcuprune.prune.allocation import ALLOCATIONS
from mcuprune.prune.backend import keras
from mcuprune.prune.criteria import CRITERIA
from mcuprune.prune.layers import prunable
from mcuprune.prune.schedules import Schedule, due


class Pruning(keras.callbacks.Callback):
    """Ranks all weights of the model along the schedule, whose steps are batches, and keeps what it pruned at zero.

    criterion: 'magnitude', or 'obd' and 'taylor', which weigh better but need an optimizer that keeps the means of
    gradients and of their squares, as Adam does.  allocation: 'global', 'uniform', 'lamp', 'erk'.  pattern:
    'unstructured', '1x4', N:M such as '2:4', or None: 1x4 in LSTM layers, any weight elsewhere.  After training,
    `masks` holds the masks.
    """

    def __init__(
        self,
        schedule: Schedule,
        criterion: str = "magnitude",
        allocation: str = "global",
        pattern: str | None = None,
    ) -> None:
        super().__init__()
        for kind, name, known in (("criterion", criterion, CRITERIA), ("allocation", allocation, ALLOCATIONS)):
            if name not in known:
                raise UsageError(f"there is no {kind} {name!r}; there are {', '.join(known)}")
        self.schedule, self.criterion, self.allocation = schedule, criterion, allocation
        patterns.parse(pattern)  # or a UsageError
        self.pattern = pattern
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
        means = self._means(kernels) if self.criterion != "magnitude" else {}
        score, scores = CRITERIA[self.criterion], {}
        for name, kernel in kernels.items():
            weights = kernel.numpy()
            scores[name] = score(weights, *means.get(name, (weights, weights))) * self.masks.get(name, True)
        self.masks = patterns.chosen(self.pattern, self.model).masks(scores, sparsity, self.allocation)

    def _means(self, kernels: dict[str, keras.Variable]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The optimizer's running means of each kernel's gradient and its square."""
        optimizer = self.model.optimizer
        if not hasattr(optimizer, "_velocities"):
            raise UsageError(
                f"criterion {self.criterion!r} needs Adam, not {type(optimizer).__name__}; 'magnitude' needs nothing"
            )
        position = {id(weight): i for i, weight in enumerate(self.model.trainable_variables)}
        means = optimizer._momentums, optimizer._velocities
        return {name: tuple(m[position[id(kernel)]].numpy() for m in means) for name, kernel in kernels.items()}
