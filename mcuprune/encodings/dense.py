"""Every weight, zeros included: a byte each, row after row.  For layers that were hardly pruned."""

import numpy as np

from mcuprune.layer import Encoded


def encode(weights: np.ndarray) -> Encoded:
    rows, inputs = weights.shape
    stream = weights.reshape(-1).view(np.uint8).copy()
    return Encoded("dense", (rows, inputs), stream, np.full(rows, inputs, np.int64), stream.size, 0)


def decode(encoded: Encoded) -> np.ndarray:
    return encoded.stream.view(np.int8).reshape(encoded.shape)


def size(weights: np.ndarray) -> float:
    return weights.size
