"""Training while pruning: the one loop that every method runs.

While the ramp lasts, the weights are ranked again and again, and the lowest go.  The learning rate makes one cycle.
The dense model teaches.  Samples held back from training decide which epoch is kept.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import numpy as np

from mcuprune import __version__
from mcuprune.data import better
from mcuprune.prune import masks
from mcuprune.prune.adam import MaskedAdam
from mcuprune.prune.augment import Augment
from mcuprune.prune.backend import keras, predict, tf
from mcuprune.prune.checkpoint import State
from mcuprune.prune.criteria import CRITERIA
from mcuprune.prune.dropout import Dropouts
from mcuprune.prune.layers import int8_matrices
from mcuprune.prune.objective import targets
from mcuprune.prune.recipe import Recipe, hold_back
from mcuprune.prune.recovery import refreshed
from mcuprune.prune.schedules import due, one_cycle
from mcuprune.prune.task import Pruned, Task
from mcuprune.prune.teacher import Teacher

AIM = 0.5, 0.75, 0.9, 1.0  # shares of the ramp at which its end is searched anew, where there is a size to fit
MOST, STEP = 0.98, 0.001  # the highest sparsity of that search, and its precision


def fit(model: keras.Model, task: Task, recipe: Recipe) -> Pruned:
    """Train and prune a model in place.

    Of the epochs that end with all pruning done, the last is kept that is as good as the best, by what the samples
    held back can tell.  An interrupt keeps what would be kept so far; where there is none yet, what remains to be
    pruned goes at once.
    """
    trainer = _Trainer(model, task, recipe)
    phase = task.checkpoints.phase(trainer.key() if task.checkpoints.folder else "")
    if state := phase.load():
        trainer.restore(state)
    progress = task.progress
    try:
        if progress and trainer.epochs < recipe.epochs:
            progress.start(recipe.phase, recipe.epochs, recipe.steps(len(trainer.training)))
        while trainer.epochs < recipe.epochs and not task.interrupt.asked:
            if record := trainer.epoch():
                phase.save(*trainer.state())
                if progress:
                    progress.epoch(record)
    finally:
        if progress:
            progress.stop()
    trainer.finish()
    return Pruned(model, trainer.adam.masks, masks.sparsity(trainer.adam.masks), trainer.history)


class _Trainer:
    """A model in training."""

    def __init__(self, model: keras.Model, task: Task, recipe: Recipe) -> None:
        data, self.objective = task.trained()
        self.model, self.task, self.recipe, self.schedule = model, task, recipe, recipe.schedule
        self.x, self.y = data.x_train, targets(self.objective, data.x_train, data.y_train, model)
        self.truth = data.x_train if data.y_train is None else data.y_train
        self.training, self.choosing = hold_back(len(self.x), task.seed)
        self.random = np.random.default_rng(task.seed)
        self.augment = Augment.safe_for(task.teacher, data, self.objective)
        self.adam = MaskedAdam(model, recipe.shadow, recipe.rounded)
        self.dropouts = Dropouts(model)
        self.now = self.epochs = 0  # steps and epochs done
        self.history: list[dict[str, Any]] = []
        self.best: float | None = None  # metric of the epochs that may be kept
        self.weights = model.get_weights()
        self.aims = self._aims()
        self.teacher = self._teacher() if recipe.distill and self.objective.kind != "values" else None
        self._trace()

    def _aims(self) -> list[int]:
        """Steps at which the end of the ramp is searched anew."""
        if self.task.fits is None or self.schedule is None:
            return []
        begin, end = self.schedule.begin, self.schedule.end
        return [begin + round(share * (end - begin)) for share in AIM]

    def _metric(self, model: keras.Model) -> float:
        """On the samples held back."""
        return self.objective.score(predict(model, self.x[self.choosing]), self.truth[self.choosing])

    def _teacher(self) -> Teacher:
        model = refreshed(self.task.teacher, self.x[self.training], self._metric, self.task.seed)
        kept = 1 - self.schedule.final if self.schedule else 1.0
        return Teacher(model, self.objective, self.augment, self.x, kept)

    @property
    def sparsity(self) -> float:
        return self.recipe.removed or masks.sparsity(self.adam.masks)

    @property
    def pruned(self) -> bool:
        """Is all pruning done?"""
        return self.schedule is None or self.now >= self.schedule.end

    def epoch(self) -> dict[str, Any] | None:
        """Once through the samples, in random order.  Its record, None if it was interrupted."""
        loss = self._samples()
        if loss is None:
            return None
        metric = self._metric(self.model)
        if self.pruned:
            self._keep(metric)
        self.epochs += 1
        self.history.append({"epoch": self.epochs, "loss": loss, "sparsity": self.sparsity, "metric": metric})
        return self.history[-1]

    def _keep(self, metric: float) -> None:
        """These weights, unless earlier ones are clearly better: as the learning rate falls, each epoch should be."""
        if self.best is None or better(self.objective.metric, metric, self.best):
            self.best = metric
        if self.objective.as_good(metric, self.best, len(self.choosing)):
            self.weights = self.model.get_weights()

    def _samples(self) -> float | None:
        """Train one epoch.  The mean loss, None if it was interrupted."""
        recipe, progress, losses = self.recipe, self.task.progress, []
        order, steps = self.random.permutation(self.training), recipe.steps(len(self.training))
        sparsity = self.sparsity
        for step in range(steps):
            if self.task.interrupt.asked:
                return None
            batch = order[step * recipe.batch : (step + 1) * recipe.batch]
            rate = one_cycle(self.now, recipe.epochs * steps, recipe.rate)
            x = self.augment(self.x[batch], self.random)
            taught = self.teacher.known(batch) if self.teacher else None
            losses.append(float(self._step(x, self.y[batch], taught, tf.constant(rate))))
            self.now += 1
            if self.schedule and due(self.schedule, self.now):
                self._prune()
                sparsity = self.sparsity
            if progress:
                progress.step(self.epochs, step, losses[-1], sparsity)
        return float(np.mean(losses))

    def _trace(self) -> None:
        """Make the training step; anew, where a rate of dropout has changed."""
        if self.dropouts.suit(self.adam.masks) or not hasattr(self, "_step"):
            self._step = tf.function(self._train)

    def _train(self, x: tf.Tensor, y: tf.Tensor, taught: tf.Tensor | None, rate: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = self.model(x, training=True)
            loss = self.objective.loss(y, outputs)
            if self.teacher:
                loss = self.teacher.loss(loss, x, outputs, taught)
            if self.recipe.decay:
                loss += self.recipe.decay * self.adam.squares()
            loss += sum(self.model.losses)
        self.adam.step(tape.gradient(loss, self.adam.weights, unconnected_gradients="zero"), rate)
        return loss

    def _prune(self) -> None:
        """Rank the weights, and prune as far as the schedule says."""
        assert self.schedule
        scores = self._scores()
        if self.aims and self.now >= self.aims[0]:
            self.aims = [step for step in self.aims if step > self.now]
            self.schedule = replace(self.schedule, final=self._least(scores))
        self.adam.mask(self._ranked(scores, self.schedule(self.now)))
        self._trace()

    def _scores(self) -> dict[str, np.ndarray]:
        """Of each weight; what is pruned for good has none."""
        score, kept = CRITERIA[self.recipe.criterion], self.adam.masks
        scores = {name: score(*kernel) for name, kernel in self.adam.kernels().items()}
        return scores if self.recipe.shadow else {name: s * kept[name] for name, s in scores.items()}

    def _ranked(self, scores: Mapping[str, np.ndarray], sparsity: float) -> masks.Masks:
        return self.recipe.pattern.masks(scores, sparsity, self.recipe.allocation)

    def _least(self, scores: Mapping[str, np.ndarray]) -> float:
        """The least sparsity, from the present one on, that fits by the ranking of the moment."""
        low, high = self.sparsity, MOST
        assert self.task.fits
        while high - low > STEP:
            middle = (low + high) / 2
            fits = self.task.fits(int8_matrices(self.model, self._ranked(scores, middle)))
            low, high = (low, middle) if fits else (middle, high)
        return max(high, self.sparsity)

    def finish(self) -> None:
        """The weights to keep, and the rates of dropout that the model came with."""
        if self.best is not None or self.schedule is None:
            self.model.set_weights(self.weights)
        elif not self.pruned:
            self.now = self.schedule.end
            self._prune()
        self.dropouts.restore()

    def key(self) -> str:
        """Tells this training from others: what it starts from and how it goes on."""
        text = f"{__version__} {self.task.seed} {self.recipe} {self.teacher is not None} {self.augment}"
        digest = blake2b(text.encode(), digest_size=16)
        for array in (*self.model.get_weights(), *self.task.teacher.get_weights(), self.x, self.y):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """All that the next epoch depends on: notes and arrays."""
        notes = {
            "now": self.now,
            "history": self.history,
            "best": self.best,
            "random": self.random.bit_generator.state,
            "final": self.schedule.final if self.schedule else None,
            "aims": self.aims,
        }
        arrays = {f"variable {i}": np.asarray(v) for i, v in enumerate(self._variables())}
        return notes, arrays | {f"weight {i}": weight for i, weight in enumerate(self.weights)}

    def restore(self, state: State) -> None:
        notes = state.notes
        self.now, self.history, self.best, self.aims = (notes[n] for n in ("now", "history", "best", "aims"))
        self.epochs, self.random.bit_generator.state = len(self.history), notes["random"]
        if self.schedule:
            self.schedule = replace(self.schedule, final=notes["final"])
        for i, variable in enumerate(self._variables()):
            variable.assign(state.arrays[f"variable {i}"])
        self.weights = [state.arrays[f"weight {i}"] for i in range(len(self.weights))]
        self.adam.restore()
        self._trace()

    def _variables(self) -> list:
        """The model's, the states of its generators of random numbers included, and the optimizer's."""
        return [*self.model.variables, *self.adam.variables()]
