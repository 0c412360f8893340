"""SPLIT: equal parts along an axis, a copy each."""

import numpy as np
import tflite

from mcuprune import parts
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import constant

CODE = "SPLIT"
ABOUT = "any constant axis, any number of equal parts"
SEVERAL = True  # results: the reader takes it apart


def read(options: tflite.SplitOptions) -> dict[str, object]:
    return {"num_splits": options.NumSplits()}


def check(graph: Graph, op: Op) -> None:
    axis, sizes = cuts(graph, op)
    shape = list(graph.tensors[op.inputs[1]].shape)
    shape[axis] //= max(len(sizes), 1)
    parts.check(graph, op, 1, axis, sizes, shape)


def cuts(graph: Graph, op: Op) -> tuple[int, list[int]]:
    """(axis, size of each part)"""
    shape, count = graph.tensors[op.inputs[1]].shape, op.attrs["num_splits"]
    axis = int(constant(graph, op, 0, "axis").reshape(-1)[0]) % len(shape)
    return axis, [shape[axis] // count] * count


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    return parts.reference(graph, op, inputs, 1, *cuts(graph, op))


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return parts.lower(graph, op, 1, *cuts(graph, op))
