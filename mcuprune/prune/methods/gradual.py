"""Gradual pruning: weights go little by little while the network trains on, the least important first.

After Zhu and Gupta 2017 (arXiv 1710.01878), with a better score (criteria.obd) that is ranked across the network.
"""

from math import prod
from typing import Any

import numpy as np

from mcuprune.errors import UsageError
from mcuprune.prune.backend import keras
from mcuprune.prune.layers import prunable, walk
from mcuprune.prune.masks import Masks
from mcuprune.prune.schedules import Cubic, Geometric, Schedule
from mcuprune.prune.task import Task
from mcuprune.prune.train import Recipe, fit, hold_back

RATE = 3e-3
RAMP = 0.05, 0.5  # the shares of the training at which the ramp begins and ends
FEW = 0.02  # kept: below this share the ramp is geometric
ENOUGH = 10_000  # samples for the large batch
LARGE, SMALL = 128, 32
FEWEST, MOST = 8, 30  # epochs
MINUTE, MACS_A_SECOND, SECONDS_A_STEP = 60, 6e9, 0.003  # forward MACs, with all the rest of training in their rate


def prune(model: keras.Model, task: Task) -> tuple[Masks, list[dict[str, Any]]]:
    if task.data is None:
        raise UsageError("gradual pruning trains the model and needs data; --method oneshot_magnitude needs none")
    samples = len(hold_back(len(task.data.x_train), task.seed)[0])
    batch = min(LARGE if samples >= ENOUGH else SMALL, samples)
    epochs = task.epochs or default_epochs(model, samples, batch)
    kernels = [kernel.numpy() for _, kernel in prunable(model)]
    zeros = 1 - sum(np.count_nonzero(kernel) for kernel in kernels) / sum(kernel.size for kernel in kernels)
    schedule: type[Schedule] = Geometric if 1 - task.sparsity < FEW else Cubic
    begin, end = (max(round(share * epochs * (samples // batch)), 1) for share in RAMP)
    ramp = schedule(task.sparsity, begin, end, initial=min(zeros, task.sparsity))
    return fit(model, task, Recipe(epochs, batch, RATE, "obd", ramp))


def default_epochs(model: keras.Model, samples: int, batch: int) -> int:
    """As many as about a minute of two cores allows, by rates measured on small networks: the same on any computer."""
    seconds = samples * macs(model) / MACS_A_SECOND + samples / batch * SECONDS_A_STEP
    return min(max(round(MINUTE / seconds), FEWEST), MOST)


def macs(model: keras.Model) -> int:
    """Multiply-accumulates of one forward pass, roughly: each kernel once for each position of its output."""
    total = 0
    for _, layer in walk(model):
        size = sum(prod(weight.shape) for weight in layer.weights if len(weight.shape) > 1)
        try:
            total += size * prod(layer.output.shape[1:-1])
        except (AttributeError, ValueError):  # a layer inside a wrapper, or one that is used twice
            total += size
    return total
