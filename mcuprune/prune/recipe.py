"""How to train: what `train.fit` follows, and the choices that suit a model and its data."""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from mcuprune.prune import patterns
from mcuprune.prune.backend import keras
from mcuprune.prune.layers import walk
from mcuprune.prune.schedules import Schedule
from mcuprune.prune.task import Task

HELD_BACK, HELD_BACK_MOST = 0.1, 1000  # share and number of training samples that choose the epoch
RATE = 3e-3
OF_A_RECIPE = ("criterion", "allocation", "shadow", "distill")  # the options that are fields of it
ENOUGH = 10_000  # samples for more than the small batch
LARGE, MEDIUM, SMALL = 128, 64, 32
HEAVY = 1_000_000  # MACs from which on the large batch is used: below, steps are cheap, and more of them are better
FEWEST, MOST = 8, 30  # epochs
MINUTE, MACS_A_SECOND, SECONDS_A_STEP = 60, 6e9, 0.003  # forward MACs, with all the rest of training in their rate


@dataclass(frozen=True)
class Recipe:
    """A training of `epochs` in one cycle of the learning rate.

    schedule: how sparse the network is after each step of all epochs; None ranks nothing, and what is zero stays so.
    """

    epochs: int
    batch: int
    rate: float  # highest learning rate of the cycle
    schedule: Schedule | None = None
    criterion: str = "obd"
    allocation: str = "global"
    pattern: patterns.Pattern = patterns.ANY
    shadow: bool = False  # dense weights behind the masks
    rounded: bool = False  # weights are rounded as int8 will round them
    distill: bool = True  # learn from the dense model's outputs
    decay: float = 0.0  # L2: times the sum of squared prunable weights, added to the loss
    removed: float = 0.0  # the share of all parameters that are gone, where that is what people want to know
    phase: str = "fine-tuning"  # what people are told it is

    def steps(self, samples: int) -> int:
        """Batches an epoch; what is left over is not used, and is other samples each time."""
        return samples // self.batch


def chosen(model: keras.Model, task: Task, **changes: Any) -> Recipe:
    """The recipe for a model and a task: epochs, batch and rate, and what the task's options say."""
    samples = len(hold_back(len(task.trained()[0].x_train), task.seed)[0])
    batch = SMALL if samples < ENOUGH else MEDIUM if macs(model) < HEAVY else LARGE
    batch = min(batch, samples)
    epochs = task.epochs or default_epochs(model, samples, batch)
    options = {name: value for name, value in task.options.given().items() if name in OF_A_RECIPE}
    pattern = patterns.chosen(task.options.pattern, model)
    return replace(Recipe(epochs, batch, RATE, pattern=pattern, **options), **changes)


def hold_back(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the samples to train with, and of those to choose the epoch with."""
    order = np.random.default_rng(seed).permutation(samples)
    held = max(min(round(samples * HELD_BACK), HELD_BACK_MOST), 1)
    return np.sort(order[held:]), np.sort(order[:held])


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
