"""Training while pruning: the one loop that every method runs.

While the ramp lasts, all weights of the network are ranked together again and again, and the lowest go.  The learning
rate makes one cycle.  The dense model teaches: its outputs are computed once, before the first step.  Samples that are
held back from training decide which epoch is kept.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mcuprune.data import Data, better
from mcuprune.prune import masks
from mcuprune.prune.adam import MaskedAdam
from mcuprune.prune.augment import Augment
from mcuprune.prune.backend import keras, tf
from mcuprune.prune.criteria import CRITERIA
from mcuprune.prune.objective import Objective, targets
from mcuprune.prune.schedules import Schedule, due, one_cycle

TEACHER, TEMPERATURE = 0.7, 3.0  # share of the loss that the dense model's outputs make, and how soft they are
HELD_BACK, HELD_BACK_MOST = 0.1, 5000  # share and number of training samples that choose the epoch


class Progress(Protocol):
    """Who is told about a training while it runs.  record: an entry of the history."""

    def start(self, epochs: int, steps: int) -> None: ...
    def step(self, epoch: int, step: int, loss: float, sparsity: float) -> None: ...
    def epoch(self, record: dict[str, Any]) -> None: ...
    def stop(self) -> None: ...


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
    return model.predict(x, batch_size=256, verbose=0)


def hold_back(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the samples to train with, and of those to choose the epoch with."""
    order = np.random.default_rng(seed).permutation(samples)
    held = max(min(round(samples * HELD_BACK), HELD_BACK_MOST), 1)
    return np.sort(order[held:]), np.sort(order[:held])


def fit(
    model: keras.Model, data: Data, objective: Objective, recipe: Recipe, *, seed: int, progress: Progress | None
) -> tuple[masks.Masks, list[dict[str, Any]]]:
    """Train and prune a model in place.  Returns its masks and a record of each epoch.

    Of the epochs that end with all pruning done, the best by the samples held back is kept, the later of equals.
    """
    training, choosing = hold_back(len(data.x_train), seed)
    truth = data.x_train if data.y_train is None else data.y_train
    trainer = _Trainer(model, data, objective, recipe, seed)
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

    def __init__(self, model: keras.Model, data: Data, objective: Objective, recipe: Recipe, seed: int) -> None:
        self.model, self.objective, self.recipe = model, objective, recipe
        self.x, self.y = data.x_train, targets(objective, data.x_train, data.y_train, model)
        self.taught = self.y if objective.kind == "values" else predict(model, data.x_train)
        self.random, self.augment = np.random.default_rng(seed), Augment.safe_for(model, data, objective)
        self.adam = MaskedAdam(model)
        self.sparsity = masks.sparsity(self.adam.masks)
        self.now = 0  # steps taken

    def epoch(self, epoch: int, samples: np.ndarray, progress: Progress | None) -> float:
        """Once through the samples (indices), in random order.  Returns the mean loss."""
        recipe, order, losses = self.recipe, self.random.permutation(samples), []
        steps = recipe.steps(len(samples))
        for step in range(steps):
            batch = order[step * recipe.batch : (step + 1) * recipe.batch]
            rate = one_cycle(self.now, recipe.epochs * steps, recipe.rate)
            x = self.augment(self.x[batch], self.random)
            losses.append(float(self._step(x, self.y[batch], self.taught[batch], tf.constant(rate))))
            self.now += 1
            if due(recipe.schedule, self.now):
                self._prune(recipe.schedule(self.now))
            if progress:
                progress.step(epoch, step, losses[-1], self.sparsity)
        return float(np.mean(losses))

    @tf.function
    def _step(self, x: tf.Tensor, y: tf.Tensor, taught: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = self.model(x, training=True)
            loss = self.objective.loss(y, outputs)
            if self.objective.kind != "values":
                loss = (1 - TEACHER) * loss + TEACHER * self.objective.distance(taught, outputs, TEMPERATURE)
            loss += sum(self.model.losses)
        self.adam.step(tape.gradient(loss, self.adam.weights, unconnected_gradients="zero"), rate)
        return loss

    def _prune(self, sparsity: float) -> None:
        """Rank all weights that are left."""
        score, kept = CRITERIA[self.recipe.criterion], self.adam.masks
        scores = {name: score(*kernel) * kept[name] for name, kernel in self.adam.kernels().items()}
        self.adam.mask(masks.rank(scores, sparsity))
        self.sparsity = masks.sparsity(self.adam.masks)
