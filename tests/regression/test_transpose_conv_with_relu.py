"""The converter fuses a ReLU into the Conv2DTranspose before it, a layer of its own or not; that was refused."""

from dataclasses import replace

import numpy as np
import pytest
from judge import judge, random_inputs
from writer import quantized, single

from mcuprune import ops
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
