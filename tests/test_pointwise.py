"""FULLY_CONNECTED told as CONV_2D, on whichever runtime is there."""

import numpy as np
import pytest
import tflite
from judge import random_inputs
from test_fully_connected import dense, random_dense
from test_int16 import widened
from writer import chain, quantized, single, write

from mcuprune import ops, oracle, pointwise


def kinds(content: bytes) -> list[int]:
    model = tflite.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    return [model.OperatorCodes(graph.Operators(i).OpcodeIndex()).BuiltinCode() for i in range(graph.OperatorsLength())]


@pytest.mark.parametrize("sums", ["int8", "int64", "int32"])
def test_the_convolution_computes_what_the_fully_connected_layer_does(tmp_path, sums):
    random = np.random.default_rng(1)
    graphs = [random_dense(random) for _ in range(100)]
    if sums != "int8":
        graphs = [widened(random, graph, sums) for graph in graphs]
    cases = [(tmp_path / f"{i}.tflite", random_inputs(random, graph)) for i, graph in enumerate(graphs)]
    for graph, (path, _) in zip(graphs, cases, strict=True):
        path.write_bytes(pointwise.convolved(write(graph)))
        assert tflite.BuiltinOperator.FULLY_CONNECTED not in kinds(path.read_bytes())
    for graph, (_, inputs), told in zip(graphs, cases, oracle.run_many(cases), strict=True):
        assert np.array_equal(ops.run(graph, inputs), told), graph


def network():
    """RELU between two fully connected layers; the second has three dimensions, and no bias."""
    random = np.random.default_rng(2)
    layers = [dense(random, inputs=n, rows=n + 1, leading=(1, 3), bias=n == 4) for n in (4, 5)]
    return chain([layers[0], single("relu", [layers[0].tensors[-1]], quantized("y", (1, 3, 5), 0.3, 4)), layers[1]])


def test_tensors_and_ends_stay_where_they_were():
    content = write(network())
    old, new = (tflite.Model.GetRootAs(c, 0).Subgraphs(0) for c in (content, pointwise.convolved(content)))
    assert old.InputsAsNumpy().tolist() == new.InputsAsNumpy().tolist()
    assert old.OutputsAsNumpy().tolist() == new.OutputsAsNumpy().tolist()
    for i in range(old.TensorsLength()):
        assert old.Tensors(i).Name() == new.Tensors(i).Name()
        assert old.Tensors(i).ShapeAsNumpy().tolist() == new.Tensors(i).ShapeAsNumpy().tolist()


def test_constants_stay_aligned():
    content = pointwise.convolved(write(network()) + b"odd")
    model = tflite.Model.GetRootAs(content, 0)
    for buffer in (model.Buffers(i) for i in range(model.BuffersLength())):
        assert buffer._tab.Offset(4) == 0 or buffer._tab.Vector(buffer._tab.Offset(4)) % 16 == 0


def test_a_file_without_such_layers_is_left_alone():
    content = write(single("relu", [quantized("x", (1, 4), 0.1)], quantized("y", (1, 4), 0.1)))
    assert pointwise.convolved(content) is content
    assert pointwise.convolved(b"nonsense") == b"nonsense"


def test_every_tensor_of_the_file_is_told_and_no_other(tmp_path):
    graph = network()
    write(graph, tmp_path / "a.tflite")
    inputs = random_inputs(np.random.default_rng(3), graph)
    want, told = ops.run(graph, inputs, keep=True), oracle.run(tmp_path / "a.tflite", inputs, every_tensor=True)
    assert sorted(told) == sorted(op.outputs[0] for op in graph.ops)
    assert all(np.array_equal(want[i], tensor) for i, tensor in told.items())


def test_the_name_of_the_oracle_says_it(tmp_path, monkeypatch):
    monkeypatch.setattr(oracle, "POINTWISE", oracle._package())
    write(network(), tmp_path / "dense.tflite")
    write(single("relu", [quantized("x", (1, 4), 0.1)], quantized("y", (1, 4), 0.1)), tmp_path / "relu.tflite")
    assert oracle.name(tmp_path / "dense.tflite").endswith("BUILTIN_REF, FULLY_CONNECTED as CONV_2D")
    assert oracle.name(tmp_path / "relu.tflite").endswith("BUILTIN_REF")
