"""Sparse convolution over tiles of the image, D8 weights, two pixels in one multiplication (mcuprune.split).

The eight pixels of a line of output that are computed at once see few columns of the image.  A tile holds each of
these once, a line of it a channel after the other, in as many words as there are columns (less four, as a word holds
two): the weights are in the same order, and a delta counts words.  That is a third of the packing of whole columns
for a kernel of 3x3, and half of the room.  A pair of entries is one word:

    first value << 24 | second value << 16 | second delta << 8 | first delta
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcuprune import split
from mcuprune.encodings import d8
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Encoded, Layer
from mcuprune.ops import conv_2d

OP = "conv_2d"


def lower(graph: Graph, op: Op, isas: Sequence[str], slide: int = split.SLIDE) -> Layer | None:
    y_axis, x_axis = conv_2d.axes(graph, op)
    channels = graph.operand(op, 0).shape[3]
    packing = split.tiles(y_axis, x_axis, channels, slide)
    m = conv_2d.matrix_of(graph, op).settled
    if packing is None or not split.suits(m, isas):
        return None
    spread = _spread(m.weights.reshape(-1, y_axis.kernel, x_axis.kernel, channels))
    if d8.size(spread) == np.inf:
        return None
    encoded = replace(d8.encode(spread), shape=(len(spread), m.weights.shape[1]))
    return split.layer(graph, op, m, "d8_tile", encoded, arrange(encoded), packing)


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    return split.frugal(lambda slide: lower(graph, op, isas, slide))


def arrange(encoded: Encoded) -> tuple[Array, np.ndarray, int]:
    first, value, second, other = encoded.stream.reshape(-1, 4).T
    return split.sparse(encoded, np.stack([first, second, other, value], axis=1).reshape(-1), "uint32_t")


def _spread(weights: np.ndarray) -> np.ndarray:
    """Weights where the words of a tile are.  int8 [rows, height, width, channels] -> [rows, words]"""
    apart = np.pad(weights.transpose(0, 1, 3, 2), ((0, 0), (0, 0), (0, 0), (0, 3)))
    return apart.reshape(len(weights), -1)
