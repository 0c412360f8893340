"""D8: two bytes an entry, the fastest to read, and the smallest above about 91 % zeros.

    weights   0  5  0  0  0  0 -3
    stream    02 05  05 fd              delta (1..255, from the entry before), value

A gap above 255 is bridged by entries ff 00; a row of odd length ends with 00 00, which reads its last input again.
"""

from math import inf

import numpy as np

from mcuprune.encodings import LONGEST_ROW, entries, from_entries, row_counts
from mcuprune.layer import Encoded

LONGEST = 255


def encode(weights: np.ndarray) -> Encoded:
    delta, value, counts = entries(weights, LONGEST)
    row_bytes = 2 * counts
    if row_bytes.max(initial=0) > LONGEST_ROW:
        raise ValueError(f"a row of {row_bytes.max()} bytes, D8 counts up to {LONGEST_ROW}")
    stream = np.stack([delta.astype(np.uint8), value.view(np.uint8)], axis=1).reshape(-1)
    rows, inputs = weights.shape
    return Encoded("d8", (rows, inputs), stream, row_bytes, len(value), len(delta), pair_bytes=4)


def decode(encoded: Encoded) -> np.ndarray:
    delta, value = encoded.stream.reshape(-1, 2).T
    return from_entries(encoded.shape, delta.astype(np.int64), value.view(np.int8), encoded.row_bytes // 2)


def size(weights: np.ndarray) -> float:
    row_bytes = 2 * row_counts(weights, LONGEST)
    return int(row_bytes.sum()) if row_bytes.max(initial=0) <= LONGEST_ROW else inf
