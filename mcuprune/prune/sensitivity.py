"""Sensitivity: how much a network suffers when one kernel alone is pruned, and thresholds that make all suffer alike.

A threshold is q standard deviations of what is left of a kernel (Han et al. 2015, arXiv 1506.02626).  The scan prunes
each kernel alone at several q and measures the loss; kernels that bear more get a larger q, and the loss that all may
cost is moved until the network is as sparse as it should be.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mcuprune.prune.backend import keras, tf
from mcuprune.prune.layers import prunable
from mcuprune.prune.masks import Masks
from mcuprune.prune.objective import targets
from mcuprune.prune.recipe import hold_back
from mcuprune.prune.task import Task

SCAN = np.concatenate([[0.0], np.geomspace(0.1, 4, 12)])  # q
SAMPLES = 1000  # of those held back
STEPS = 60  # of the bisection


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """weights: of one kernel.  rise: of the loss when it is pruned at each q of SCAN, growing."""

    weights: np.ndarray
    rise: np.ndarray

    def mask(self, loss: float) -> np.ndarray:
        """What stays when pruning may cost so much loss; the largest weight in any case."""
        size = np.abs(self.weights)
        threshold = np.interp(loss, self.rise, SCAN) * deviation(self.weights)
        return (size > 0) & (size >= min(threshold, size.max()))


def deviation(weights: np.ndarray) -> float:
    """The standard deviation of what is left of a kernel."""
    left = weights[weights != 0]
    return float(left.std()) if left.size else 0.0


def masks(model: keras.Model, task: Task, sparsity: float) -> Masks:
    """Masks of all prunable kernels together this sparse, at equal rises of the loss."""
    found = dict(_scan(model, task))
    low, high = 0.0, max(float(s.rise[-1]) for s in found.values())
    for _ in range(STEPS):
        middle = (low + high) / 2
        kept = {name: s.mask(middle) for name, s in found.items()}
        zeros = sum(mask.size - int(mask.sum()) for mask in kept.values()) / sum(mask.size for mask in kept.values())
        low, high = (low, middle) if zeros >= sparsity else (middle, high)
    return {name: s.mask(high) for name, s in found.items()}


def _scan(model: keras.Model, task: Task) -> Iterator[tuple[str, Sensitivity]]:
    data, objective = task.trained()
    chosen = hold_back(len(data.x_train), task.seed)[1][:SAMPLES]
    x, y = data.x_train[chosen], targets(objective, data.x_train, data.y_train, model)[chosen]

    @tf.function
    def loss() -> tf.Tensor:
        return objective.loss(y, model(x, training=False))

    dense = float(loss())
    for name, kernel in prunable(model):
        weights, rises = kernel.numpy(), []
        for q in SCAN:
            kernel.assign(np.where(np.abs(weights) >= q * deviation(weights), weights, 0))
            rises.append(float(loss()) - dense)
        kernel.assign(weights)
        steps = np.arange(len(SCAN)) * 1e-9  # interpolation wants values that grow
        yield name, Sensitivity(weights, np.maximum.accumulate(np.maximum(rises, 0)) + steps)
