"""Training with masks: the one loop that every pruning method runs.

The step is plain: Adam on masked gradients, so a pruned weight stays exactly zero and the others learn to do without
it.  While the ramp lasts, the whole network is ranked again every few steps.  The learning rate makes one cycle.  The
dense model teaches: its outputs are computed once, before the first step.  Samples held back from training decide
which epoch is kept.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mcuprune.data import Data, better
from mcuprune.prune import masks
from mcuprune.prune.augment import Augment
from mcuprune.prune.backend import keras, tf
from mcuprune.prune.criteria import CRITERIA
from mcuprune.prune.layers import prunable
from mcuprune.prune.objective import Objective, targets
from mcuprune.prune.schedules import Schedule, one_cycle

EVERY = 32  # steps between two rankings
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7  # Adam, as Keras has it
TEACHER, TEMPERATURE = 0.7, 3.0  # share of the loss that the dense model's outputs make, and how soft they are
HELD_BACK, HELD_BACK_MOST = 0.1, 5000  # share and number of training samples that choose the epoch


class Progress(Protocol):
    """What is told about a training while it runs."""

    def start(self, epochs: int, steps: int) -> None: ...
    def step(self, epoch: int, step: int, loss: float, sparsity: float) -> None: ...
    def epoch(self, record: dict[str, Any]) -> None: ...


@dataclass(frozen=True)
class Recipe:
    """A training: `schedule` says how sparse the network is at each of epochs * (samples // batch) steps."""

    epochs: int
    batch: int
    rate: float  # highest learning rate of the cycle
    criterion: str
    schedule: Schedule


def evaluate(model: keras.Model, data: Data, objective: Objective) -> float:
    """The objective's metric on the test set."""
    return objective.score(predict(model, data.x_test), data.x_test if data.y_test is None else data.y_test)


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return model.predict(x, batch_size=256, verbose=0)


def hold_back(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the samples to train with, and of those to choose the epoch with."""
    order = np.random.default_rng(seed).permutation(samples)
    held = min(round(samples * HELD_BACK), HELD_BACK_MOST)
    return np.sort(order[held:]), np.sort(order[:held]) if held else order


def fit(
    model: keras.Model, data: Data, objective: Objective, recipe: Recipe, *, seed: int, progress: Progress | None
) -> tuple[masks.Masks, list[dict[str, Any]]]:
    """Train and prune a model in place.  Returns its masks and a record of each epoch."""
    x, y = data.x_train, targets(objective, data.x_train, data.y_train, model)
    truth = x if data.y_train is None else data.y_train
    training, choosing = hold_back(len(x), seed)
    taught = predict(model, x) if objective.kind != "values" else np.zeros((len(x), 1), np.float32)
    random, augment = np.random.default_rng(seed), Augment.safe_for(model, data, objective)
    trainer, size = _Trainer(model, objective), min(recipe.batch, len(training))
    steps, ramp = len(training) // size, recipe.schedule
    history: list[dict[str, Any]] = []
    best_metric, best_weights = None, model.get_weights()
    if progress:
        progress.start(recipe.epochs, steps)
    for epoch in range(recipe.epochs):
        order, losses = random.permutation(training), []
        for step in range(steps):
            now = epoch * steps + step
            if ramp.begin <= now <= ramp.end and ((now - ramp.begin) % EVERY == 0 or now == ramp.end):
                trainer.prune(ramp(now), recipe.criterion)
            chosen = order[step * size : (step + 1) * size]
            rate = one_cycle(now, recipe.epochs * steps, recipe.rate)
            losses.append(float(trainer.step(augment(x[chosen], random), y[chosen], taught[chosen], tf.constant(rate))))
            if progress:
                progress.step(epoch, step, losses[-1], trainer.sparsity)
        metric = objective.score(predict(model, x[choosing]), truth[choosing])
        if now >= ramp.end and (best_metric is None or not better(objective.metric, best_metric, metric)):
            best_metric, best_weights = metric, model.get_weights()
        record = {"epoch": epoch + 1, "loss": float(np.mean(losses)), "sparsity": trainer.sparsity, "metric": metric}
        history.append(record)
        if progress:
            progress.epoch(record)
    model.set_weights(best_weights)
    return trainer.masks, history


class _Trainer:
    """A model with masks on its kernels and Adam's two moments of every weight."""

    def __init__(self, model: keras.Model, objective: Objective) -> None:
        self.model, self.objective = model, objective
        self.kernels = dict(prunable(model))
        self.masks = {name: np.ones(kernel.shape, bool) for name, kernel in self.kernels.items()}
        self.sparsity = 0.0
        self._weights = [weight.value for weight in model.trainable_variables]
        self._moments = [(tf.Variable(tf.zeros_like(w)), tf.Variable(tf.zeros_like(w))) for w in self._weights]
        index = {id(weight): i for i, weight in enumerate(model.trainable_variables)}
        self._index = {name: index[id(kernel)] for name, kernel in self.kernels.items()}
        self._kept = {i: tf.Variable(tf.ones_like(self._weights[i])) for i in self._index.values()}
        self._powers = tf.Variable([1.0, 1.0])  # of Adam's betas

    @tf.function
    def step(self, x: tf.Tensor, y: tf.Tensor, taught: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = self.model(x, training=True)
            loss = self.objective.loss(y, outputs)
            if self.objective.kind != "values":
                loss = (1 - TEACHER) * loss + TEACHER * self.objective.distance(taught, outputs, TEMPERATURE)
            loss += sum(self.model.losses)
        self._powers.assign(self._powers * [BETA1, BETA2])
        gradients = tape.gradient(loss, self._weights, unconnected_gradients="zero")
        for i, (weight, gradient, (first, second)) in enumerate(zip(self._weights, gradients, self._moments, strict=True)):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=first.handle,
                v=second.handle,
                beta1_power=self._powers[0],
                beta2_power=self._powers[1],
                lr=rate,
                beta1=BETA1,
                beta2=BETA2,
                epsilon=EPSILON,
                grad=tf.convert_to_tensor(gradient) * self._kept[i] if i in self._kept else gradient,
            )
        return loss

    def prune(self, sparsity: float, criterion: str) -> None:
        """Rank all weights that are left, and set the lowest to zero, with their moments, so that they stay there."""
        score = CRITERIA[criterion]
        scores = {
            name: score(kernel.numpy(), self._moments[self._index[name]][1].numpy()) * self.masks[name]
            for name, kernel in self.kernels.items()
        }
        self.masks = masks.rank(scores, sparsity)
        self.sparsity = masks.sparsity(self.masks)
        for name, mask in self.masks.items():
            i = self._index[name]
            self._kept[i].assign(mask.astype(np.float32))
            for variable in (self._weights[i], *self._moments[i]):
                variable.assign(variable * self._kept[i])
