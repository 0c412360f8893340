"""Weights of four bits: the same outputs as with the same weights in a file of eight bits."""

from dataclasses import replace

import numpy as np
import pytest
import runtime
from test_conv_2d import convolution
from test_depthwise_conv_2d import depthwise
from test_fully_connected import dense
from writer import write

from mcuprune import ops, oracle, tflite
from mcuprune.errors import UnsupportedModel


def narrow(graph):
    """The graph with weights of -8..7; its tensor 1 are the weights."""
    x, weights, *rest = graph.tensors
    return replace(graph, tensors=(x, replace(weights, data=weights.data >> 4), *rest))


MAKERS = {
    "conv_2d": lambda random: convolution(random, image=(6, 5, 7), filters=(3, 3, 3, 7)),
    "depthwise_conv_2d": lambda random: depthwise(random, image=(6, 5, 7), kernel=(3, 3)),
    "fully_connected": lambda random: dense(random, inputs=33, rows=5),
    "fully_connected per channel": lambda random: dense(random, inputs=33, rows=5, per_channel=True),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_file_with_int4_weights_computes_what_int8_weights_do(tmp_path, make):
    graph = narrow(make(np.random.default_rng(1)))
    write(graph, tmp_path / "int8.tflite")
    write(graph, tmp_path / "int4.tflite", version=10, int4=[1])
    read = tflite.read(tmp_path / "int4.tflite")
    assert read.tensors[1].dtype == "int8"
    assert np.array_equal(read.tensors[1].data, graph.tensors[1].data)
    samples = np.random.default_rng(2).integers(-128, 128, (20, *graph.input.shape[1:]), np.int8)
    expected = ops.run(graph, samples)
    assert np.array_equal(ops.run(read, samples), expected)
    assert np.array_equal(oracle.run(tmp_path / "int8.tflite", samples), expected)
    assert np.array_equal(oracle.run(tmp_path / "int4.tflite", samples), expected)


@pytest.mark.parametrize("kind", ["conv_2d", "depthwise_conv_2d", "fully_connected"])
def test_tflite_s_own_int4_kernels_agree(tmp_path, kind):
    if kind == "fully_connected" and runtime.PACKAGE == oracle.POINTWISE:
        pytest.skip(f"{runtime.PACKAGE} scales sums of FULLY_CONNECTED in float64")
    graph = narrow(MAKERS[kind](np.random.default_rng(3)))
    write(graph, tmp_path / "int4.tflite", version=4, int4=[1])
    samples = np.random.default_rng(4).integers(-128, 128, (20, *graph.input.shape[1:]), np.int8)
    assert np.array_equal(runtime.run(tmp_path / "int4.tflite", samples), ops.run(graph, samples))


def test_int4_activations_are_refused(tmp_path):
    graph = dense(np.random.default_rng(5), inputs=4, rows=2)
    write(graph, tmp_path / "model.tflite", int4=[0])
    with pytest.raises(UnsupportedModel, match="has the int4 tensor x; only int8 is computed"):
        tflite.read(tmp_path / "model.tflite")
