"""SQUARED_DIFFERENCE: (a - b)^2, both operands on one scale with 7 more bits, what normalizations are made of."""

import numpy as np

from mcuprune import fixed, pairs
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Layer
from mcuprune.operand import operands
from mcuprune.ops.add import check_scales, rescale_fields

CODE = "SQUARED_DIFFERENCE"
ABOUT = "any scales, constants, broadcasting in up to 4 dimensions"
LEFT_SHIFT = 7  # bits that TFLite gives the operands before it scales them


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    pairs.check(graph, op)
    check_scales(graph, op, multipliers(graph, op))


def multipliers(graph: Graph, op: Op) -> tuple[tuple[int, int], ...]:
    """(multiplier, shift) of each operand, to twice the larger scale, and of a square to the output's."""
    a, b, target = (graph.tensors[i].s for i in (*op.inputs, *op.outputs))
    twice = 2 * max(a, b)
    reals = a / twice, b / twice, twice * twice / float(np.float32(2 ** (2 * LEFT_SHIFT)) * np.float32(target))
    return tuple(map(fixed.quantize_multiplier, reals))


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    a, b = operands(graph, op)
    to_a, to_b, to_target = multipliers(graph, op)
    scaled_a = fixed.multiply_by_quantized_multiplier((pairs.EVERY_A - a.z) << LEFT_SHIFT, *to_a)
    scaled_b = fixed.multiply_by_quantized_multiplier((pairs.EVERY_B - b.z) << LEFT_SHIFT, *to_b)
    squares = fixed.requantize((scaled_a - scaled_b) ** 2, *to_target, graph.tensors[op.outputs[0]].z)
    return [pairs.evaluate(graph, op, squares, inputs)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    a, b = operands(graph, op)
    fields = pairs.loop_fields(graph, op) | rescale_fields(a.z, b.z, multipliers(graph, op))
    fields |= {"zero_point": graph.tensors[op.outputs[0]].z, "least": -128, "most": 127}
    call = Call("mcup_squared_difference_s8", "mcup_add_t", fields, (0, 1), pairs.work(graph, op))
    return pairs.layer(graph, op, call)
