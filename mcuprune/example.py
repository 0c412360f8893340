"""The bundled example: a convolutional network for the 8 x 8 handwritten digits that come with scikit-learn.

It is far larger than the task needs, 320 KB of weights, so that it does not fit a small board until it is pruned.
"""

from typing import TYPE_CHECKING

import numpy as np

from mcuprune.data import Data, check
from mcuprune.errors import ToolError

if TYPE_CHECKING:
    import keras

TEST = 360  # of the 1,797 digits
EPOCHS, BATCH, RATE = 15, 32, 2e-3


def digits(seed: int = 0) -> tuple["keras.Model", Data]:
    """The network, trained, and its data: [n, 8, 8, 1] in [0, 1].  98 to 99 % of the test digits are known."""
    from mcuprune.prune.backend import deterministic, keras
    from mcuprune.prune.schedules import one_cycle

    data = _data()
    deterministic(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(128, 3, padding="same", activation="relu", name="conv3"),
            layers.MaxPooling2D(name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(432, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="digits",
    )
    model.compile(keras.optimizers.Adam(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    rate = keras.callbacks.LearningRateScheduler(lambda epoch: one_cycle(epoch, EPOCHS, RATE))
    model.fit(data.x_train, data.y_train, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[rate])
    return model, data


def _data() -> Data:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ToolError(
            "scikit-learn is not installed, and the example's digits come with it; run: pip install 'mcuprune[keras]'"
        ) from None
    bundled = load_digits()
    x, y = (bundled.images / 16).astype(np.float32)[..., None], bundled.target
    order = np.random.default_rng(0).permutation(len(x))
    test, train = order[:TEST], order[TEST:]
    return check({"x_train": x[train], "y_train": y[train], "x_test": x[test], "y_test": y[test]}, "scikit-learn")
