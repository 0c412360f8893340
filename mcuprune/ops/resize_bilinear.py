"""RESIZE_BILINEAR: the mean of four pixels, weighted by their distance in steps of 1/1024 of a pixel."""

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Layer
from mcuprune.operand import sample_shape, unsupported
from mcuprune.ops import resize_nearest_neighbor
from mcuprune.ops.resize_nearest_neighbor import read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "RESIZE_BILINEAR"
ABOUT = "any constant size, align_corners, half_pixel_centers"
ONE = 1024  # a pixel


def check(graph: Graph, op: Op) -> None:
    resize_nearest_neighbor.check(graph, op)
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    for axis, found in zip((1, 2), places(graph, op), strict=True):
        if max(source[axis], target[axis]) * ONE >= 2**31 or found[:, :2].max() >= source[axis]:
            why = f"reads beyond the {source[axis]} pixels of axis {axis}, for {target[axis]} pixels, as TFLite would"
            raise unsupported(op, why, "resize to another size")


def places(graph: Graph, op: Op) -> list[np.ndarray]:
    """For rows and for columns, int64 [outputs, 3]: pixel before, pixel behind, 1/1024 from the one before."""
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    return [_between(source[axis], target[axis], op) for axis in (1, 2)]


def _between(inputs: int, outputs: int, op: Op) -> np.ndarray:
    less = int(op.attrs["align_corners"] and outputs > 1)
    scale = (ONE * (inputs - less) + (outputs - less) // 2) // (outputs - less)
    place = np.arange(outputs, dtype=np.int64) * scale
    if op.attrs["half_pixel_centers"]:
        place += scale // 2 - ONE // 2
    before = np.maximum(place // ONE, 0)
    behind = np.minimum(np.maximum(-(-place // ONE), 0), inputs - 1)
    return np.stack([before, behind, place - ONE * before], axis=1)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, height, width, channels] -> int8 [N, height, width, channels]"""
    (top, bottom, down), (left, right, across) = (found.T for found in places(graph, op))
    x = inputs[0].reshape(len(inputs[0]), *sample_shape(graph.tensors[op.inputs[0]])).astype(np.int64)
    across = across[:, None]
    lines = x[:, :, left] * (ONE - across) + x[:, :, right] * across
    down = down[:, None, None]
    y = lines[:, top] * (ONE - down) + lines[:, bottom] * down
    return [(np.sign(y) * ((np.abs(y) + ONE**2 // 2) // ONE**2)).astype(np.int8)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    row, column = (Array("mcup_between_t", found, 6 * len(found)) for found in places(graph, op))
    return resize_nearest_neighbor.layer(graph, op, row, column, {"byte": graph.tensors[op.outputs[0]].count})
