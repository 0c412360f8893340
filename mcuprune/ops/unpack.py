"""UNPACK: every element along an axis, which vanishes; a copy each."""

import numpy as np
import tflite

from mcuprune import parts
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer

CODE = "UNPACK"
ABOUT = "any axis"
SEVERAL = True  # results: the reader takes it apart


def read(options: tflite.UnpackOptions) -> dict[str, object]:
    return {"num": options.Num(), "axis": options.Axis()}


def check(graph: Graph, op: Op) -> None:
    axis, sizes = cuts(graph, op)
    shape = graph.tensors[op.inputs[0]].shape
    parts.check(graph, op, 0, axis, sizes, (*shape[:axis], *shape[axis + 1 :]))


def cuts(graph: Graph, op: Op) -> tuple[int, list[int]]:
    """(axis, size of each part)"""
    axis = op.attrs["axis"] % len(graph.tensors[op.inputs[0]].shape)
    return axis, [1] * op.attrs["num"]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    return parts.reference(graph, op, inputs, 0, *cuts(graph, op))


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return parts.lower(graph, op, 0, *cuts(graph, op))
