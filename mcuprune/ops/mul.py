"""MUL: the product of two operands, rescaled to the output."""

import numpy as np

from mcuprune import fixed, pairs
from mcuprune.graph import Graph, Op
from mcuprune.layer import Field, Layer
from mcuprune.operand import operands, output_range, wide
from mcuprune.pairs import check, read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "MUL"
ABOUT = "any scales, constants, broadcasting in up to 4 dimensions, fused activations"
WIDE = True


def multiplier(graph: Graph, op: Op) -> tuple[int, int]:
    """(multiplier, shift) from a product to the output's scale, computed in float32 as TFLite does."""
    a, b, target = (np.float32(graph.tensors[i].s) for i in (*op.inputs, *op.outputs))
    return fixed.quantize_multiplier(float(a * b / target))


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """[N, ...] each -> [N, ...]"""
    target = graph.tensors[op.outputs[0]]
    to_target, (least, most) = multiplier(graph, op), output_range(graph, op)

    def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return fixed.requantize(a * b, *to_target, target.z, least, most, target.dtype)

    return [pairs.apply(graph, op, multiply, inputs)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    a, b = operands(graph, op)
    to_target, shift = multiplier(graph, op)
    if wide(graph, op):
        return pairs.lower16(graph, op, {"multiplier": to_target, "shift": -shift})
    fields: dict[str, Field] = {"a_offset": -a.z, "b_offset": -b.z, "multiplier": to_target, "shift": -shift}
    return pairs.lower(graph, op, "mcup_mul_s8", "mcup_mul_t", fields)
