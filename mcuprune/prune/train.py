"""Training while pruning: the one loop that every method runs.

While the ramp lasts, all weights of the network are ranked together again and again, and the lowest go.  The learning
rate makes one cycle.  The dense model teaches: it sees every batch as the pruned one sees it, augmented (its outputs
for the plain images cost a point on CIFAR-10).  Samples held back from training decide which epoch is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mcuprune.data import Data, better
from mcuprune.prune import masks
from mcuprune.prune.adam import MaskedAdam
from mcuprune.prune.augment import Augment
from mcuprune.prune.backend import keras, tf
from mcuprune.prune.criteria import CRITERIA
from mcuprune.prune.layers import int8_matrices
from mcuprune.prune.objective import Objective, targets
from mcuprune.prune.schedules import Schedule, due, one_cycle
from mcuprune.prune.task import Progress, Task

TEACHER, TEMPERATURE = 0.7, 3.0  # share of the loss that the dense model's outputs make, and how soft they are
BATCH = 256  # of predictions
AIM = 0.5, 0.75, 0.9, 1.0  # shares of the ramp at which its end is searched anew, where there is a size to fit
MOST, STEP = 0.98, 0.001  # the highest sparsity of that search, and its precision
HELD_BACK, HELD_BACK_MOST = 0.1, 5000  # share and number of training samples that choose the epoch


@dataclass(frozen=True)
class Recipe:
    """How to train: `schedule` says how sparse the network is after each step of all epochs."""

    epochs: int
    batch: int
    rate: float  # highest learning rate of the cycle
    criterion: str
    schedule: Schedule

    def steps(self, samples: int) -> int:
        """Batches an epoch; what is left over is not used, and is other samples each time."""
        return samples // self.batch


def evaluate(model: keras.Model, data: Data, objective: Objective) -> float:
    """The objective's metric on the test set."""
    return objective.score(predict(model, data.x_test), data.x_test if data.y_test is None else data.y_test)


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Outputs of all samples.  (Not model.predict, whose data pipeline logs errors of its own and is slow to start.)"""
    return np.concatenate([model.predict_on_batch(x[at : at + BATCH]) for at in range(0, len(x), BATCH)])


def hold_back(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the samples to train with, and of those to choose the epoch with."""
    order = np.random.default_rng(seed).permutation(samples)
    held = max(min(round(samples * HELD_BACK), HELD_BACK_MOST), 1)
    return np.sort(order[held:]), np.sort(order[:held])


def fit(model: keras.Model, task: Task, recipe: Recipe) -> tuple[masks.Masks, list[dict[str, Any]]]:
    """Train and prune a model in place.  Returns its masks and a record of each epoch.

    Of the epochs that end with all pruning done, the best by the samples held back is kept, the later of equals.
    """
    data, objective, progress = task.data, task.objective, task.progress
    assert data is not None and objective is not None
    training, choosing = hold_back(len(data.x_train), task.seed)
    truth = data.x_train if data.y_train is None else data.y_train
    trainer = _Trainer(model, data, objective, task, recipe)
    history: list[dict[str, Any]] = []
    best, weights = None, model.get_weights()
    try:
        if progress:
            progress.start(recipe.epochs, recipe.steps(len(training)))
        for epoch in range(recipe.epochs):
            loss = trainer.epoch(epoch, training, progress)
            metric = objective.score(predict(model, data.x_train[choosing]), truth[choosing])
            if trainer.now >= recipe.schedule.end and (best is None or not better(objective.metric, best, metric)):
                best, weights = metric, model.get_weights()
            history.append({"epoch": epoch + 1, "loss": loss, "sparsity": trainer.sparsity, "metric": metric})
            if progress:
                progress.epoch(history[-1])
    finally:
        if progress:
            progress.stop()
    model.set_weights(weights)
    return trainer.adam.masks, history


class _Trainer:
    """A model in training."""

    def __init__(self, model: keras.Model, data: Data, objective: Objective, task: Task, recipe: Recipe) -> None:
        self.model, self.teacher, self.objective, self.recipe = model, task.teacher, objective, recipe
        self.x, self.y = data.x_train, targets(objective, data.x_train, data.y_train, model)
        self.random, self.augment = np.random.default_rng(task.seed), Augment.safe_for(task.teacher, data, objective)
        self.adam = MaskedAdam(model)
        self.sparsity = masks.sparsity(self.adam.masks)
        self.now = 0  # steps taken
        self.schedule, self.fits = recipe.schedule, task.fits
        begin, end = recipe.schedule.begin, recipe.schedule.end
        self.aims = [begin + round(share * (end - begin)) for share in AIM] if task.fits else []

    def epoch(self, epoch: int, samples: np.ndarray, progress: Progress | None) -> float:
        """Once through the samples (indices), in random order.  Returns the mean loss."""
        recipe, order, losses = self.recipe, self.random.permutation(samples), []
        steps = recipe.steps(len(samples))
        for step in range(steps):
            batch = order[step * recipe.batch : (step + 1) * recipe.batch]
            rate = one_cycle(self.now, recipe.epochs * steps, recipe.rate)
            x = self.augment(self.x[batch], self.random)
            losses.append(float(self._step(x, self.y[batch], tf.constant(rate))))
            self.now += 1
            if due(self.schedule, self.now):
                self._prune()
            if progress:
                progress.step(epoch, step, losses[-1], self.sparsity)
        return float(np.mean(losses))

    @tf.function
    def _step(self, x: tf.Tensor, y: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = self.model(x, training=True)
            loss = self.objective.loss(y, outputs)
            if self.objective.kind != "values":
                taught = self.teacher(x, training=False)
                loss = (1 - TEACHER) * loss + TEACHER * self.objective.distance(taught, outputs, TEMPERATURE)
            loss += sum(self.model.losses)
        self.adam.step(tape.gradient(loss, self.adam.weights, unconnected_gradients="zero"), rate)
        return loss

    def _prune(self) -> None:
        """Rank all weights that are left."""
        score, kept = CRITERIA[self.recipe.criterion], self.adam.masks
        scores = {name: score(*kernel) * kept[name] for name, kernel in self.adam.kernels().items()}
        if self.aims and self.now >= self.aims[0]:
            self.aims = [step for step in self.aims if step > self.now]
            self.schedule = replace(self.schedule, final=self._least(scores))
        self.adam.mask(masks.rank(scores, self.schedule(self.now)))
        self.sparsity = masks.sparsity(self.adam.masks)

    def _least(self, scores: Mapping[str, np.ndarray]) -> float:
        """The least sparsity, from the present one on, that fits by the ranking of the moment."""
        low, high = self.sparsity, MOST
        assert self.fits
        while high - low > STEP:
            middle = (low + high) / 2
            fits = self.fits(int8_matrices(self.model, masks.rank(scores, middle)))
            low, high = (low, middle) if fits else (middle, high)
        return max(high, self.sparsity)
