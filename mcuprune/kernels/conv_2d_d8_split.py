"""Sparse convolution, D8 weights, two pixels in one multiplication (mcuprune.split).

A pair of entries is one word, so that a core without byte offsets takes it apart in few steps:

    first value << 24 | second value << 16 | second skip << 8 | first skip

A skip is how many inputs lie between an entry and the one before: its delta - 1.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune import split
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Encoded, Layer

OP = "conv_2d"


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    return split.lower(graph, op, isas, "d8", arrange)


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    return split.frugal(lambda slide: split.lower(graph, op, isas, "d8", arrange, slide))


def arrange(encoded: Encoded) -> tuple[Array, np.ndarray, int]:
    first, value, second, other = encoded.stream.reshape(-1, 4).T
    stream = np.stack([split.skip(first), split.skip(second), other, value], axis=1)
    return split.sparse(encoded, stream.reshape(-1), "uint32_t")
