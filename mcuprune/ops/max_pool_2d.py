"""MAX_POOL_2D: the largest input of a window."""

import numpy as np

from mcuprune import pool, window
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import output_range
from mcuprune.pool import check, read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "MAX_POOL_2D"
ABOUT = "any window and stride, SAME and VALID, fused activations"
WIDE = True


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, height, width, channels] -> int8 [N, height, width, channels]"""
    seen = window.windows(inputs[0], *pool.axes(graph, op), np.iinfo(inputs[0].dtype).min)
    return [np.clip(seen.max((3, 4)), *output_range(graph, op))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return pool.lower(graph, op)
