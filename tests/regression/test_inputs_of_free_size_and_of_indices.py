"""Inputs of free size made the converter fail at a node without a name, and those of indices were read as floats.

An Input in front of an Embedding is float32 unless Keras is told better, and was refused for the CAST behind it.
"""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from mcuprune import ops, samples
from mcuprune.compiled import read
from mcuprune.errors import UnsupportedModel
from mcuprune.prune.backend import keras
from mcuprune.quantize import quantize

pytestmark = pytest.mark.keras
L = keras.layers


def free():
    return keras.Sequential([keras.Input((None, 3)), L.Conv1D(4, 3), L.GlobalAveragePooling1D(), L.Dense(2)])


def indexed(pool=L.GlobalAveragePooling1D, dtype="int32"):
    keras.utils.set_random_seed(0)
    source = keras.Input((6,), dtype=dtype)
    return keras.Sequential([source, L.Embedding(20, 4), pool(), L.Dense(2)])


def test_a_free_size_is_that_of_the_samples(tmp_path):
    quantize(free(), np.random.default_rng(0).normal(size=(20, 16, 3)), tmp_path / "a.tflite")
    assert read(tmp_path / "a.tflite", "a").input.count == 16 * 3


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@pytest.mark.parametrize("pool", [L.GlobalAveragePooling1D, lambda: L.LSTM(4)])
def test_indices_are_integers_and_find_their_rows(tmp_path, pool, dtype):
    model, x = indexed(pool, dtype), np.random.default_rng(0).integers(0, 20, (40, 6))
    quantize(model, x.astype(np.float32), tmp_path / "a.tflite")
    graph = read(tmp_path / "a.tflite", "a")
    assert graph.input.dtype == "int32"
    got = samples.dequantize(ops.run(graph, samples.quantize(x.astype(np.float32), graph.input)), graph.output)
    assert np.corrcoef(got.ravel(), model(x).numpy().ravel())[0, 1] > 0.99


@pytest.mark.parametrize("model", [free, indexed])
def test_without_samples_such_an_input_is_refused(tmp_path, model):
    with pytest.raises(UnsupportedModel, match="--data has to say what samples look like"):
        quantize(model(), None, tmp_path / "a.tflite")
