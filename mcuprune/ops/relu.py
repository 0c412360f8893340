"""RELU and its kin, where they were not fused into the layer before: a clamp, rescaled to the output."""

import numpy as np

from mcuprune import fixed, lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape

CODE = "RELU"
ABOUT = "any scales and zero points; a lookup table"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    multiplier, shift = fixed.quantize_multiplier(float(np.float32(source.s) / np.float32(target.s)))
    least, most = fixed.activation_range(op.kind.upper(), target.s, target.z)
    return fixed.requantize(lookup.EVERY_INT8.astype(np.int32) - source.z, multiplier, shift, target.z, least, most)


reference, lower = lookup.by_table(table)
