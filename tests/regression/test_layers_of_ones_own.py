"""A layer of the user's own: the error told what Keras thinks of `get_config()`, and never which layer it was."""

import pytest

pytest.importorskip("tensorflow")

from mcuprune.errors import UnsupportedModel
from mcuprune.prune.backend import keras
from mcuprune.prune.loading import load


def test_the_layer_and_the_way_out_are_named(tmp_path):
    class Swish2(keras.layers.Layer):
        def call(self, x):
            return x * keras.ops.sigmoid(2 * x)

    source = keras.Input((4,))
    keras.Model(source, keras.layers.Dense(2)(Swish2()(source))).save(tmp_path / "own.keras")
    with pytest.raises(UnsupportedModel, match=r"Could not locate class 'Swish2'.*`mcuprune compile`") as error:
        load(tmp_path / "own.keras")
    assert "config" not in str(error.value) and "\n" not in str(error.value)
