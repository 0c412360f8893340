"""Sparse convolution, N4 weights, two pixels in one multiplication (mcuprune.split).

As N4, with skips: how many inputs lie between an entry and the one before, its delta - 1.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune import split
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Encoded, Layer

OP = "conv_2d"


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    return split.lower(graph, op, isas, "n4", arrange)


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    return split.frugal(lambda slide: split.lower(graph, op, isas, "n4", arrange, slide))


def arrange(encoded: Encoded) -> tuple[Array, np.ndarray, int]:
    deltas, first, second = encoded.stream.reshape(-1, 3).T
    skips = split.skip(deltas >> 4) << 4 | split.skip(deltas & 15)
    return split.sparse(encoded, np.stack([skips, first, second], axis=1).reshape(-1), "uint8_t")
