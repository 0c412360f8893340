"""TANH, as a table."""

import numpy as np

from mcuprune import curve16, lookup
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, wide

CODE = "TANH"
ABOUT = "any scales and zero points; a lookup table"
WIDE = True


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    if wide(graph, op):
        curve16.check(graph, op)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    return lookup.real_function(lookup.libm("tanhf"), graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]])


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """[N, ...] -> [N, ...], same shape."""
    if wide(graph, op):
        return [curve16.tanh(curve16.rescale(graph, op), inputs[0])]
    return [lookup.apply(table(graph, op), inputs[0])]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return curve16.lower(graph, op) if wide(graph, op) else lookup.lower(graph, op, table(graph, op))
