"""The converter fuses a ReLU into the Conv2DTranspose before it, a layer of its own or not; that was refused."""

from dataclasses import replace

import numpy as np
import pytest
from judge import judge, random_inputs
from writer import quantized, single

from mcuprune import ops, oracle, samples
from mcuprune.compiled import read
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph


def decoder(activation: str, zero_point: int, scale: float = 0.02) -> Graph:
    random = np.random.default_rng(3)
    weights = random.integers(-127, 128, (3, 3, 3, 2)).astype(np.int8)
    shape = quantized("shape", (4,), [], data=np.array([1, 8, 10, 3], np.int32), dtype="int32")
    x, y = quantized("x", (1, 4, 5, 2), 0.05, 3), quantized("y", (1, 8, 10, 3), scale, zero_point)
    operands = [shape, quantized("w", weights.shape, 0.01, data=weights), x]
    attrs = {"padding": "SAME", "stride_h": 2, "stride_w": 2, "fused_activation_function": activation}
    return single("transpose_conv", operands, y, **attrs)


@pytest.mark.parametrize(("activation", "scale"), [("RELU", 0.02), ("RELU6", 6 / 255)])
def test_a_fused_activation_is_computed_that_saturation_is(activation, scale):
    graph = decoder(activation, -128, scale)
    judge([(graph, random_inputs(np.random.default_rng(0), graph))], version=4)


def test_one_that_is_less_than_the_range_is_refused():
    graph = decoder("RELU", -100)
    with pytest.raises(UnsupportedModel, match="fused activation RELU, which is not all of the output's range"):
        ops.OPS["transpose_conv"].check(graph, graph.ops[0])
    none = replace(graph.ops[0], attrs={**graph.ops[0].attrs, "fused_activation_function": "NONE"})
    ops.OPS["transpose_conv"].check(graph, none)


@pytest.mark.keras
@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_it_becomes_an_operator_of_its_own_where_a_model_concatenates_it_with_something_negative(tmp_path, activation):
    keras = pytest.importorskip("keras")
    from mcuprune.quantize import quantize

    source = keras.Input((6, 6, 2))
    small = keras.layers.Conv2D(3, 3, strides=2, padding="same")(source)
    large = keras.layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation=activation)(small)
    model = keras.Model(source, keras.layers.Concatenate()([source, large]))
    x = 9 * np.random.default_rng(0).normal(size=(40, 6, 6, 2)).astype(np.float32)
    quantize(model, x, tmp_path / "a.tflite")
    graph = read(tmp_path / "a.tflite", "a")
    assert [op.kind for op in graph.ops] == ["conv_2d", "transpose_conv", activation, "concatenation"]
    bytes_in = samples.quantize(x, graph.input)
    assert np.array_equal(ops.run(graph, bytes_in), oracle.run(tmp_path / "a.tflite", bytes_in))
    assert np.abs(samples.dequantize(ops.run(graph, bytes_in), graph.output) - model(x).numpy()).max() < 0.5
