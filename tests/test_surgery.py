"""Channels that belong together, and models rebuilt without some of them."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("tensorflow")

from mcuprune.prune.backend import copied, keras  # noqa: E402
from mcuprune.prune.channels import trace  # noqa: E402
from mcuprune.prune.loading import load  # noqa: E402
from mcuprune.prune.surgery import compact  # noqa: E402

L = keras.layers
SHARED = Path(os.environ.get("MCUPRUNE_SHARED") or Path(__file__).parents[2] / "shared")


def image(size=8, channels=3):
    return keras.Input((size, size, channels))


def conv(x, filters, kernel=3, **options):
    options = {"padding": "same", **options}
    return L.ReLU()(L.BatchNormalization()(L.Conv2D(filters, kernel, **options)(x)))


def head(x, y, classes=3):
    return keras.Model(x, L.Dense(classes, "softmax")(L.GlobalAveragePooling2D()(y)))


def residual():
    x = image()
    y = conv(x, 6)
    for filters, stride in ((6, 1), (10, 2)):
        z = L.Conv2D(filters, 3, padding="same")(conv(y, filters, strides=stride))
        y = L.Conv2D(filters, 1, strides=stride)(y) if stride > 1 else y
        y = L.ReLU()(L.Add()([L.BatchNormalization()(z), y]))
    return head(x, L.AveragePooling2D(2)(y))


def mobile():
    x = image()
    y = conv(x, 6, strides=2)
    y = L.ReLU(6)(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(y)))
    y = conv(y, 8, 1)
    z = L.Dense(8, "sigmoid")(L.Dense(4, "relu")(L.GlobalAveragePooling2D()(y)))
    y = L.Multiply()([y, L.Reshape((1, 1, 8))(z)])
    return head(x, L.SeparableConv2D(7, 3, activation="relu")(y))


def branches():
    x = image()
    a, b = conv(x, 4), L.MaxPooling2D(3, 1, "same")(conv(x, 5))
    y = L.Concatenate()([a, b, L.ZeroPadding2D(1)(L.Cropping2D(1)(conv(x, 3)))])
    z = L.Average()([conv(y, 12), y])
    return head(x, L.Maximum()([L.UpSampling2D(2)(L.Conv2D(12, 2, strides=2)(z)), z]))


def flattened():
    x = image(8, 1)
    y = L.MaxPooling2D()(L.Conv2D(5, 3, activation="tanh")(x))
    y = L.Dense(12, "relu")(L.Dropout(0.5)(L.Flatten()(y)))
    y = L.BatchNormalization()(L.Dense(9, "sigmoid")(y))
    return keras.Model(x, L.Softmax()(L.Dense(4)(y)))


def grouped():
    x = image()
    y = L.Conv2D(8, 3, groups=4, activation="relu")(conv(x, 8))
    y = L.Conv2D(16, 3, groups=8, activation="relu")(y)
    return head(x, L.PReLU()(L.Conv2DTranspose(6, 3, strides=2)(y)))


def nested():
    inner = keras.Sequential([keras.Input((8, 8, 4)), L.Conv2D(6, 3, padding="same"), L.BatchNormalization()], name="in")
    outer = keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(4, 1), inner, L.Flatten(), L.Dense(5), L.Dense(2)])
    return outer


def twice():
    x = image(8, 4)
    shared = L.Conv2D(4, 3, padding="same", activation="relu")
    y = shared(shared(L.Conv2D(4, 1)(x)))
    return head(x, conv(y, 5) + conv(y, 5))


def sequence():
    x = keras.Input((7,), dtype="int32")
    y = L.Conv1D(6, 3, activation="relu")(L.Embedding(11, 5)(x))
    y = L.GRU(5, return_sequences=True)(L.LSTM(6, return_sequences=True)(y))
    y = L.SimpleRNN(4)(L.DepthwiseConv1D(2)(y))
    return keras.Model(x, L.Dense(2)(y))


def reordered():
    x = keras.Input((12, 4))
    y = L.Permute((2, 1, 3))(L.Reshape((3, 4, 6))(L.Conv1D(6, 1)(x)))
    y = L.Reshape((4, 18))(y)  # channels of three rows side by side
    return keras.Model(x, L.Dense(3)(L.GlobalMaxPooling1D()(L.Conv1D(5, 1)(y))))


MODELS = [residual, mobile, branches, flattened, grouped, nested, twice, sequence, reordered]


def shaken(make):
    """A model with weights that are nowhere zero or one, so that nothing holds by chance."""
    keras.utils.set_random_seed(0)
    model, random = make(), np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(random.uniform(0.3, 1, variable.shape) * random.choice([-1, 1], variable.shape))
        if "variance" in variable.path:
            variable.assign(abs(variable.numpy()))
    return model


def samples(model, count=2):
    random, tensor = np.random.default_rng(1), model.inputs[0]
    shape = (count, *tensor.shape[1:])
    return random.integers(0, 11, shape) if "int" in tensor.dtype else random.normal(size=shape).astype(np.float32)


def some(channels, random, share=0.5):
    """Keep about a share of the channels, and one at least of each group."""
    keep = channels.fixed | (random.random(len(channels.fixed)) < share)
    for group in range(channels.group.max() + 1):
        keep[channels.members(group)[0]] = True
    return keep


def unread(model, channels, keep):
    """The model, of which nothing reads the channels that are not kept any more."""
    for weight in channels.weights:
        if weight.reads is not None:
            values = np.moveaxis(weight.variable.numpy(), weight.reads, 0)
            values[~keep[weight.axes[weight.reads]]] = 0
            weight.variable.assign(np.moveaxis(values, 0, weight.reads))
    return model


@pytest.mark.parametrize("make", MODELS)
def test_a_compacted_model_computes_what_the_masked_one_does(make):
    model = shaken(make)
    x, channels = samples(model), trace(model)
    keep = some(channels, np.random.default_rng(2))
    small = compact(model, channels, keep)
    assert small.count_params() == channels.count(keep) < model.count_params() == channels.parameters
    assert channels.barriers == {}
    masked = unread(model, channels, keep)(x).numpy()
    assert np.abs(small(x) - masked).max() <= 1e-4 * np.abs(masked).max()
    assert small.output_shape == model.output_shape
