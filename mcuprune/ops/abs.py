"""ABS: the distance from the zero point, rescaled to the output."""

import numpy as np

from mcuprune import fixed, lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape

CODE = "ABS"
ABOUT = "any scales and zero points; a lookup table"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    distance = np.abs(lookup.EVERY_INT8.astype(np.int32) - source.z)
    if source.s == target.s:  # then TFLite takes no multiplier, whose roundings would show
        return np.clip(distance + target.z, -128, 127).astype(np.int8)
    multiplier, shift = fixed.quantize_multiplier(float(np.float32(source.s) / np.float32(target.s)))
    return fixed.requantize(distance, multiplier, shift, target.z)


reference, lower = lookup.by_table(table)
