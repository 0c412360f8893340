"""The converter: int8 files whose pruned weights are zero, and failures that become sentences."""

import subprocess

import numpy as np
import pytest
import tflite

pytest.importorskip("tensorflow")

from mcuprune import quantize as module
from mcuprune.errors import ToolError, UnsupportedModel
from mcuprune.prune import prune
from mcuprune.prune.backend import keras
from mcuprune.prune.layers import int8_matrices, prunable
from mcuprune.quantize import quantize

pytestmark = pytest.mark.keras


def small():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, name="first"),
            layers.Conv2D(6, 3, name="second"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="last"),
        ],
        name="small",
    )


def constants(path):
    """{tensor name: int8 values} of a .tflite, and the types of its input and output."""
    model = tflite.Model.GetRootAs(path.read_bytes())
    graph = model.Subgraphs(0)
    found = {}
    for i in range(graph.TensorsLength()):
        tensor = graph.Tensors(i)
        data = model.Buffers(tensor.Buffer()).DataAsNumpy()
        if tensor.Type() == tflite.TensorType.INT8 and not isinstance(data, int):
            found[tensor.Name().decode()] = data.view(np.int8)
    ends = [graph.Tensors(i).Type() for i in (graph.Inputs(0), graph.Outputs(0))]
    return found, ends, [list(graph.Tensors(graph.Inputs(0)).ShapeAsNumpy())]


def test_pruned_weights_are_exact_zeros_and_the_integers_are_the_predicted_ones(tmp_path):
    pruned = prune(small(), None, sparsity=0.6, method="oneshot-magnitude")
    model, masks = pruned.model, pruned.masks
    x = np.random.default_rng(0).random((50, 8, 8, 1), np.float32)
    before = {p.name for p in tmp_path.iterdir()}
    quantize(model, x, tmp_path / "a.tflite", seed=1)
    quantize(model, x, tmp_path / "b.tflite", seed=1)
    assert {p.name for p in tmp_path.iterdir()} == before | {"a.tflite", "b.tflite"}
    assert (tmp_path / "a.tflite").read_bytes() == (tmp_path / "b.tflite").read_bytes()
    found, ends, shapes = constants(tmp_path / "a.tflite")
    assert ends == [tflite.TensorType.INT8] * 2 and shapes == [[1, 8, 8, 1]]
    for name, predicted in int8_matrices(model, masks).items():
        (stored,) = (values for tensor, values in found.items() if tensor.split("/")[0] == name)
        stored = stored.reshape(predicted.shape)
        kernel = dict(prunable(model))[name].numpy()
        pruned = ~masks[name].reshape(-1, kernel.shape[-1]).T
        assert pruned.any() and not stored[pruned].any()
        assert np.abs(stored.astype(int) - predicted).max() <= 1


def test_without_data_it_says_so(tmp_path, caplog):
    quantize(small(), None, tmp_path / "a.tflite")
    assert "random inputs" in caplog.text


@pytest.mark.parametrize(
    ("status", "stderr", "layer", "error", "words"),
    [
        (-11, "", "Conv2D", ToolError, "crashed with signal 11"),
        (1, "Traceback\nValueError: no such op\n", "Conv2D", ToolError, "ValueError: no such op"),
        (-11, "", "UnitNormalization", UnsupportedModel, r"layer odd \(UnitNormalization\): it crashed with signal 11"),
    ],
)
def test_a_crash_of_the_converter_is_a_sentence(tmp_path, monkeypatch, status, stderr, layer, error, words):
    def run(command, **_):
        return subprocess.CompletedProcess(command, status, "", stderr)

    odd = keras.layers.Conv2D(2, 3, name="odd") if layer == "Conv2D" else keras.layers.UnitNormalization(name="odd")
    model = keras.Sequential([keras.Input((8, 8, 1)), odd])
    monkeypatch.setattr(module.subprocess, "run", run)
    with pytest.raises(error, match=words):
        quantize(model, None, tmp_path / "a.tflite")
    assert not list(tmp_path.iterdir())
