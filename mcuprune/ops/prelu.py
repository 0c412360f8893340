"""PRELU: x where it is positive, alpha * x where it is negative; alpha is a tensor, usually one value per channel."""

import numpy as np

from mcuprune import fixed, pairs
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import check_shape, operands

CODE = "PRELU"
ABOUT = "any scales; alpha constant or computed, broadcast in up to 4 dimensions"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    pairs.check(graph, op)
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def multipliers(graph: Graph, op: Op) -> tuple[tuple[int, int], tuple[int, int]]:
    """(multiplier, shift) to the output's scale: of x, and of a product with alpha; float32, as TFLite's."""
    x, alpha, target = (np.float32(graph.tensors[i].s) for i in (*op.inputs, *op.outputs))
    return fixed.quantize_multiplier(float(x / target)), fixed.quantize_multiplier(float(x * alpha / target))


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    source, alpha = operands(graph, op)
    zero_point = graph.tensors[op.outputs[0]].z
    rise, fall = multipliers(graph, op)
    x = pairs.EVERY_A - source.z
    positive = fixed.requantize(x, *rise, zero_point)
    negative = fixed.requantize(x * (pairs.EVERY_B - alpha.z), *fall, zero_point)
    return [pairs.evaluate(graph, op, np.where(x >= 0, positive, negative), inputs)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    source, alpha = operands(graph, op)
    rise, fall = multipliers(graph, op)
    fields: dict[str, Field] = {
        "pairs": pairs.loop_fields(graph, op),
        "rise": rise[0],
        "fall": fall[0],
        "offset": -source.z,
        "alpha_offset": -alpha.z,
        "rise_shift": -rise[1],
        "fall_shift": -fall[1],
        "zero_point": graph.tensors[op.outputs[0]].z,
    }
    return pairs.layer(graph, op, Call("mcup_prelu_s8", "mcup_prelu_t", fields, (0, 1), pairs.work(graph, op)))
