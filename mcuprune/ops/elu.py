"""ELU: exp(x) - 1 below zero, x above; a table.

TensorFlow's converter leaves it in float32, between a DEQUANTIZE and a QUANTIZE; the reader makes one operator of the
three (`float`).  Both ways are exact: they differ in how a result is brought to the output's scale.
"""

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape

CODE = "ELU"
ABOUT = "any scales and zero points, also in float32 between DEQUANTIZE and QUANTIZE; a lookup table"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    return lookup.real_function(elu, source, target, divide=op.attrs.get("float", False))


def elu(x: np.ndarray) -> np.ndarray:
    """float32 -> float32"""
    return np.where(x < 0, lookup.libm("expm1f")(np.minimum(x, 0)), x)


reference, lower = lookup.by_table(table)
