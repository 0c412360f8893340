"""Keras and TensorFlow, imported once, quietly, and with a clear word when they are not there.

All of the training half takes them from here: `from mcuprune.prune.backend import keras, tf`.
"""

import importlib.util
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from mcuprune.errors import ToolError

if not all(importlib.util.find_spec(name) for name in ("tensorflow", "keras")):
    raise ToolError("TensorFlow is not installed, and Keras models need it; run: pip install 'mcuprune[keras]'")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """TensorFlow's C++ side logs to file descriptor 2 while it is loaded, whatever its log level says."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


with _silent_stderr():
    import keras
    import tensorflow as tf

if keras.backend.backend() != "tensorflow":
    raise ToolError(f"Keras runs on {keras.backend.backend()} here; set KERAS_BACKEND=tensorflow")

logging.getLogger("absl").setLevel(logging.ERROR)
tf.get_logger().setLevel(logging.ERROR)

__all__ = ["copied", "deterministic", "keras", "predict", "tf"]

BATCH = 256  # of predictions


def copied(model: keras.Model) -> keras.Model:
    """A model of the same layers and weights, all of it trainable."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.trainable = True
    return copy


def predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """Outputs of all samples.  (Not model.predict, whose data pipeline logs errors of its own and is slow to start.)"""
    return np.concatenate([model.predict_on_batch(x[at : at + BATCH]) for at in range(0, len(x), BATCH)])


def deterministic(seed: int) -> None:
    """Make what follows a function of the seed: Python's, numpy's and TensorFlow's generators, and every operator."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
