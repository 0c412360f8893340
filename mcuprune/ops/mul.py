"""MUL: the product of two operands, rescaled to the output."""

import numpy as np

from mcuprune import fixed, pairs
from mcuprune.graph import Graph, Op
from mcuprune.layer import Field, Layer
from mcuprune.operand import operands, output_range
from mcuprune.pairs import check, read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "MUL"
ABOUT = "any scales, constants, broadcasting in up to 4 dimensions, fused activations"


def multiplier(graph: Graph, op: Op) -> tuple[int, int]:
    """(multiplier, shift) from a product to the output's scale, computed in float32 as TFLite does."""
    a, b, target = (np.float32(graph.tensors[i].s) for i in (*op.inputs, *op.outputs))
    return fixed.quantize_multiplier(float(a * b / target))


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    a, b = operands(graph, op)
    target = graph.tensors[op.outputs[0]]
    products = (pairs.EVERY_A - a.z) * (pairs.EVERY_B - b.z)
    scaled = fixed.requantize(products, *multiplier(graph, op), target.z, *output_range(graph, op))
    return [pairs.evaluate(graph, op, scaled, inputs)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    a, b = operands(graph, op)
    to_target, shift = multiplier(graph, op)
    fields: dict[str, Field] = {"a_offset": -a.z, "b_offset": -b.z, "multiplier": to_target, "shift": -shift}
    return pairs.lower(graph, op, "mcup_mul_s8", "mcup_mul_t", fields)
