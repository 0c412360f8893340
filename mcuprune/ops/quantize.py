"""QUANTIZE from int8 to int8: another scale and zero point for the same numbers.

Converters put it where two layers meet that were calibrated differently, before a CONCATENATION for example.
"""

import numpy as np

from mcuprune import fixed, lookup
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape

CODE = "QUANTIZE"
ABOUT = "int8 to int8, a lookup table; float32 or uint8 to int8 at the input"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    multiplier, shift = fixed.quantize_multiplier(source.s / target.s)
    return fixed.requantize(lookup.EVERY_INT8.astype(np.int32) - source.z, multiplier, shift, target.z)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...], same shape."""
    return [lookup.apply(table(graph, op), inputs[0])]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return lookup.lower(graph, op, table(graph, op))
