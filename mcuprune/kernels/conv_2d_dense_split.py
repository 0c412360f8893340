"""Dense convolution, two pixels in one multiplication (mcuprune.split).

Four weights of a row are one word, the first one highest; a row is filled up with zeros.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune import split
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Encoded, Layer

OP = "conv_2d"


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    return split.lower(graph, op, isas, "dense", arrange)


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    return split.frugal(lambda slide: split.lower(graph, op, isas, "dense", arrange, slide))


def arrange(encoded: Encoded) -> tuple[Array, np.ndarray, int]:
    rows, inputs = encoded.shape
    weights = np.pad(encoded.stream.reshape(rows, inputs), ((0, 0), (0, -inputs % 4)))
    words = np.ascontiguousarray(weights).view(">u4").reshape(-1)
    return Array("uint32_t", words, 4 * words.size), np.full(rows, words.size // rows), 4
