"""SUB: as ADD, but for the sign.  Roundings are not symmetric, so that it has a kernel of its own."""

import numpy as np

from mcuprune import fixed, pairs
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import operands, output_range
from mcuprune.ops.add import LEFT_SHIFT, check, multipliers, rescale_fields
from mcuprune.pairs import read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "SUB"
ABOUT = "any scales, constants, broadcasting in up to 4 dimensions, fused activations"


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    a, b = operands(graph, op)
    target = graph.tensors[op.outputs[0]]
    to_a, to_b, to_target = multipliers(graph, op)
    scaled_a = fixed.multiply_by_quantized_multiplier((pairs.EVERY_A - a.z) << LEFT_SHIFT, *to_a)
    scaled_b = fixed.multiply_by_quantized_multiplier((pairs.EVERY_B - b.z) << LEFT_SHIFT, *to_b)
    differences = fixed.requantize(scaled_a - scaled_b, *to_target, target.z, *output_range(graph, op))
    return [pairs.evaluate(graph, op, differences, inputs)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    a, b = operands(graph, op)
    to_a, to_b, _ = multipliers(graph, op)
    fields = rescale_fields(a.z, b.z, multipliers(graph, op))
    kind = "equal" if to_a == to_b else "element"
    return pairs.lower(graph, op, "mcup_sub_s8", "mcup_add_t", fields, kind)
