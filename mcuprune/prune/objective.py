"""What a network is for: the loss that training minimises and the metric that people read.

Both are taken from the compiled model where it has them and they fit the data, else from the shapes: labels that are
integers make a classifier, targets of the output's shape a regression, no targets an autoencoder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mcuprune.data import Data, better, measure
from mcuprune.errors import UsageError
from mcuprune.prune.backend import keras, predict, tf

TINY = 1e-20  # below any probability that matters, above float32's denormals


@dataclass(frozen=True)
class Objective:
    """kind: 'classes' (one of many), 'flags' (each yes or no), 'values' (numbers)."""

    kind: str
    metric: str  # 'accuracy', 'mse' or 'mae', as mcuprune.data.measure defines them
    logits: bool = False  # the model ends without softmax or sigmoid
    error: Callable[[Any, Any], Any] | None = None  # of 'values': (targets, outputs) -> loss per sample

    @property
    def higher_is_better(self) -> bool:
        return better(self.metric, 1, 0)

    def as_good(self, score: float, best: float, samples: int) -> bool:
        """Is a score no worse than another, by what so many samples can tell: the standard error of an accuracy?"""
        if self.metric == "accuracy":
            return score >= best - (best * (1 - best) / samples) ** 0.5
        return not better(self.metric, best, score)

    def loss(self, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """Mean over a batch.  targets: as the function `targets` gives them."""
        if self.kind == "classes":
            each = keras.losses.sparse_categorical_crossentropy(targets, outputs, from_logits=self.logits)
        elif self.kind == "flags":
            each = keras.losses.binary_crossentropy(targets, outputs, from_logits=self.logits)
        else:
            assert self.error is not None
            each = self.error(targets, outputs)
        return tf.reduce_mean(each)

    def distance(self, teacher: tf.Tensor, outputs: tf.Tensor, temperature: float) -> tf.Tensor:
        """How far a student's outputs are from its teacher's (Hinton 2015, arXiv 1503.02531); mean over a batch."""
        if self.kind == "classes":
            wanted = tf.nn.softmax(self._logits(teacher) / temperature)
            got = tf.nn.log_softmax(self._logits(outputs) / temperature)
            entropy = tf.reduce_sum(tf.math.xlogy(wanted, wanted), -1)
            return temperature**2 * tf.reduce_mean(entropy - tf.reduce_sum(wanted * got, -1))
        wanted = tf.sigmoid(teacher) if self.kind == "flags" and self.logits else teacher
        return self.loss(wanted, outputs)

    def _logits(self, outputs: tf.Tensor) -> tf.Tensor:
        """The softmax's input, up to a constant per sample, which the next softmax takes away."""
        return outputs if self.logits else tf.math.log(tf.clip_by_value(outputs, TINY, 1.0))

    def score(self, outputs: np.ndarray, targets: np.ndarray) -> float:
        """The metric of outputs [n, ...] for targets as Data holds them."""
        return measure(self.metric, outputs, targets, threshold=0.0 if self.logits else 0.5)


def infer(model: keras.Model, data: Data) -> Objective:
    """Loss and metric of a model on a data set; UsageError when the two do not fit together."""
    shape = model.output_shape[1:]
    compiled, logits = _compiled(model)
    if data.y_train is None or data.y_test is None:
        if data.x_train.shape[1:] != shape:
            raise UsageError(
                f"the data has no y, so the model must return its input, but it takes {data.x_train.shape[1:]} "
                f"and returns {shape}; add y_train and y_test"
            )
        return _values(model, compiled)
    labels, last = data.y_train, _last_activation(model)
    low, high = min(labels.min(), data.y_test.min()), max(labels.max(), data.y_test.max())
    integers = labels.dtype.kind in "biu" or bool(np.all(labels == np.rint(labels)))
    if shape[-1] > 1 and labels.shape[1:] == shape[:-1]:
        if not integers or low < 0:
            raise UsageError(f"the model returns {shape[-1]} values a sample, but y_train does not hold class numbers")
        if high >= shape[-1]:
            raise UsageError(f"y goes up to {high:g}, but the model knows the classes 0 to {shape[-1] - 1} only")
        return Objective("classes", "accuracy", logits or not (last == "sigmoid" or _adds_up_to_one(model, data)))
    if labels.shape[1:] not in (shape, shape[:-1]):
        raise UsageError(f"the model returns {shape} a sample, y_train holds {labels.shape[1:]} a sample")
    likely = last == "sigmoid" or labels.dtype.kind in "biu"
    if integers and low >= 0 and high <= 1 and (compiled == "binary_crossentropy" or (compiled is None and likely)):
        return Objective("flags", "accuracy", logits or last != "sigmoid")
    return _values(model, compiled)


def evaluate(model: keras.Model, data: Data, objective: Objective) -> float:
    """The objective's metric on the test set."""
    return objective.score(predict(model, data.x_test), data.x_test if data.y_test is None else data.y_test)


def targets(objective: Objective, x: np.ndarray, y: np.ndarray | None, model: keras.Model) -> np.ndarray:
    """What the loss compares with: x for an autoencoder, int32 class numbers, or float32 of the output's shape."""
    if y is None:
        return x
    if objective.kind == "classes":
        return y.astype(np.int32)
    return y.astype(np.float32).reshape(-1, *model.output_shape[1:])


def _values(model: keras.Model, compiled: str | None) -> Objective:
    regression = compiled is not None and "crossentropy" not in compiled and compiled != "kl_divergence"
    error = keras.losses.get(model.loss) if regression else keras.losses.mean_squared_error
    return Objective("values", "mae" if compiled == "mean_absolute_error" else "mse", error=error)


def _compiled(model: keras.Model) -> tuple[str | None, bool]:
    """(name of the compiled loss in snake case or None, is it one of logits?)"""
    if not isinstance(getattr(model, "loss", None), str | keras.losses.Loss | Callable):
        return None, False
    loss = keras.losses.get(model.loss)
    config = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
    return config.get("name") or getattr(loss, "__name__", "unknown"), bool(config.get("from_logits"))


def _last_activation(model: keras.Model) -> str:
    layer = model.layers[-1]
    while isinstance(layer, keras.Model):
        layer = layer.layers[-1]
    return getattr(getattr(layer, "activation", None), "__name__", "linear")


def _adds_up_to_one(model: keras.Model, data: Data) -> bool:
    """Does the model end in a softmax, of whatever make?"""
    outputs = model(data.x_train[:8], training=False).numpy()
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(-1), 1, atol=1e-3))
