"""AVERAGE_POOL_2D: the mean of a window's inputs; places outside the image do not count."""

import numpy as np

from mcuprune import pool, window
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import output_range
from mcuprune.pool import check, read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "AVERAGE_POOL_2D"
ABOUT = "any window and stride, SAME and VALID, fused activations"
WIDE = True


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, height, width, channels] -> int8 [N, height, width, channels]"""
    y, x = pool.axes(graph, op)
    inside = np.ones((1, y.inputs, x.inputs, 1), np.int32)
    counts = window.windows(inside, y, x, 0).sum((3, 4), np.int32)
    sums = window.windows(inputs[0], y, x, 0).sum((3, 4), np.int32)
    means = np.sign(sums) * ((np.abs(sums) + counts // 2) // counts)  # halves away from zero
    return [np.clip(means, *output_range(graph, op)).astype(inputs[0].dtype)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return pool.lower(graph, op)
