"""Outputs that are the same for every input need no weights.

Pruning leaves them behind: a few small weights and a bias so far below zero that ReLU always answers the same.  The
weights become zeros, the bias one of the sums that have that answer, and what the row has read may be unread from now.
"""

from dataclasses import replace

import numpy as np

from mcuprune.graph import Graph, Op, Tensor
from mcuprune.ops import OPS
from mcuprune.ops.conv_2d import axes
from mcuprune.ranges import Range, Reach, columns
from mcuprune.rewrite import ROWS
from mcuprune.window import windows


def apply(graph: Graph, reach: Reach) -> Graph:
    tensors, ops = list(graph.tensors), []
    for op in graph.ops:
        if op.kind in ROWS and len(op.inputs) == 3 and op.inputs[2] >= 0:
            rows = _idle(graph, op, reach[op.outputs[0]])
            op = _silenced(graph, op, rows, reach[op.inputs[0]][0], tensors) if rows.any() else op
        ops.append(op)
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops)) if len(tensors) > len(graph.tensors) else graph


def _idle(graph: Graph, op: Op, reach: Range) -> np.ndarray:
    """The rows whose weights make no difference, and are not zero.  bool [rows]"""
    weights = OPS[op.kind].matrix_of(graph, op).weights
    least, most = (end.reshape(-1, len(weights)) for end in reach)
    return (least == most).all(axis=0) & (least == least[0]).all(axis=0) & weights.any(axis=1)


def _silenced(graph: Graph, op: Op, rows: np.ndarray, x: np.ndarray, tensors: list[Tensor]) -> Op:
    """x: a sample within what op can read, int8 [1, ...]"""
    filters, bias = graph.operand(op, 1), graph.operand(op, 2)
    weights = filters.values.copy()
    np.moveaxis(weights, ROWS[op.kind], 0)[rows] = 0
    sums = np.where(rows, _first_sums(graph, op, x), 0) + bias.values.reshape(-1)
    tensors += [replace(filters, data=weights), replace(bias, data=sums.astype(np.int32).reshape(bias.shape))]
    return replace(op, inputs=(op.inputs[0], len(tensors) - 2, len(tensors) - 1))


def _first_sums(graph: Graph, op: Op, x: np.ndarray) -> np.ndarray:
    """What each row adds to its bias in the first pixel of a sample.  int64 [rows]"""
    weights, z = OPS[op.kind].matrix_of(graph, op).weights.astype(np.int64), graph.operand(op, 0).z
    if op.kind != "depthwise_conv_2d":
        return weights @ (columns(graph, op, x)[0].astype(np.int64) - z)
    y_axis, x_axis = axes(graph, op)
    seen = windows(x, y_axis, x_axis, z)[0, 0, 0].reshape(weights.shape[1], -1).astype(np.int64) - z
    return (weights * seen.T.repeat(len(weights) // seen.shape[1], axis=0)).sum(axis=1)
