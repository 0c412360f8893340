"""Convolution with B4 weights, two pixels in one multiplication (mcuprune.split).

As B4, with skips: how many inputs lie between a block and the one before.  Blocks do not overlap, so that a row is a
whole number of them.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune import split
from mcuprune.encodings.b4 import BLOCK
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Encoded, Layer
from mcuprune.ops import conv_2d

OP = "conv_2d"


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    if conv_2d.weights(graph, op).shape[1] % BLOCK:
        return None
    return split.lower(graph, op, isas, "b4", arrange)


def arrange(encoded: Encoded) -> tuple[Array, np.ndarray, int]:
    """The first delta of a row is from the place before it, others from the start of the block before."""
    blocks = encoded.stream.reshape(-1, BLOCK + 1).copy()
    counts = encoded.row_bytes // (BLOCK + 1)
    first = (np.cumsum(counts) - counts)[counts > 0]
    blocks[first, 0] += BLOCK - 1
    blocks[:, 0] -= BLOCK
    return split.sparse(encoded, blocks.reshape(-1), "uint8_t")
