"""EMBEDDING_LOOKUP: rows of a constant table, chosen by an int32 input."""

from math import prod

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, constant, sample_shape
from mcuprune.ops.gather import check_indices, check_table, chosen

CODE = "EMBEDDING_LOOKUP"
ABOUT = "a constant int8 table, indices from an int32 input"
INTEGERS, TABLE = (0,), 1  # operands: the indices, and what they choose from


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    indices, table = graph.tensors[op.inputs[0]], graph.tensors[op.inputs[1]]
    constant(graph, op, 1, "table")
    check_table(op, table)
    check_indices(op, indices)
    check_shape(graph, op, (indices.count, *table.shape[1:]))


def places(graph: Graph, op: Op) -> int:
    """How many rows there are: indices lie below."""
    return graph.tensors[op.inputs[1]].shape[0]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int32 [N, ...] -> int8 [N, ...]"""
    y = graph.tensors[op.inputs[1]].values[inputs[0].reshape(len(inputs[0]), -1)]
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape = graph.tensors[op.inputs[1]].shape
    return chosen(op, (1, 0), 1, shape[0], graph.tensors[op.inputs[0]].count, prod(shape[1:]))
