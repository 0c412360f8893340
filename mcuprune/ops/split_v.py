"""SPLIT_V: parts of given sizes along an axis, a copy each."""

import numpy as np
import tflite

from mcuprune import parts
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import constant

CODE = "SPLIT_V"
ABOUT = "any constant axis and sizes"
SEVERAL = True  # results: the reader takes it apart


def read(options: tflite.SplitVOptions) -> dict[str, object]:
    return {"num_splits": options.NumSplits()}


def check(graph: Graph, op: Op) -> None:
    axis, sizes = cuts(graph, op)
    shape = list(graph.tensors[op.inputs[0]].shape)
    shape[axis] = sizes[op.attrs["part"]]
    parts.check(graph, op, 0, axis, sizes, shape)


def cuts(graph: Graph, op: Op) -> tuple[int, list[int]]:
    """(axis, size of each part); one of them may be -1: what the others leave"""
    shape = graph.tensors[op.inputs[0]].shape
    axis = int(constant(graph, op, 2, "axis").reshape(-1)[0]) % len(shape)
    sizes = constant(graph, op, 1, "sizes").reshape(-1).tolist()
    return axis, [shape[axis] - sum(sizes) - 1 if size == -1 else size for size in sizes]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    return parts.reference(graph, op, inputs, 0, *cuts(graph, op))


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return parts.lower(graph, op, 0, *cuts(graph, op))
