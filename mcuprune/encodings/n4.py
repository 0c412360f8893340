"""N4: three bytes for two entries, the smallest from about 35 % to 91 % zeros.

    weights   0  5  0  0  0  0 -3
    stream    52 05 fd                  second delta << 4 | first delta (1..15), first value, second value

A gap above 15 is bridged by entries of delta 15 and value 0; a row of odd length ends with an entry of delta and
value 0, which reads its last input again.
"""

from math import inf

import numpy as np

from mcuprune.encodings import LONGEST_ROW, entries, from_entries, row_counts
from mcuprune.layer import Encoded

LONGEST = 15


def encode(weights: np.ndarray) -> Encoded:
    delta, value, counts = entries(weights, LONGEST)
    row_bytes = 3 * counts // 2
    if row_bytes.max(initial=0) > LONGEST_ROW:
        raise ValueError(f"a row of {row_bytes.max()} bytes, N4 counts up to {LONGEST_ROW}")
    deltas = (delta[1::2] << 4 | delta[::2]).astype(np.uint8)
    stream = np.column_stack([deltas, value.view(np.uint8).reshape(-1, 2)]).reshape(-1)
    rows, inputs = weights.shape
    return Encoded("n4", (rows, inputs), stream, row_bytes, len(value), len(deltas), pair_bytes=3)


def decode(encoded: Encoded) -> np.ndarray:
    deltas, first, second = encoded.stream.reshape(-1, 3).T
    delta = np.stack([deltas & 15, deltas >> 4], axis=1).reshape(-1).astype(np.int64)
    value = np.stack([first, second], axis=1).reshape(-1).view(np.int8)
    return from_entries(encoded.shape, delta, value, encoded.row_bytes // 3 * 2)


def size(weights: np.ndarray) -> float:
    row_bytes = 3 * row_counts(weights, LONGEST) // 2
    return int(row_bytes.sum()) if row_bytes.max(initial=0) <= LONGEST_ROW else inf
