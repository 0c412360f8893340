"""Constants of four bits (TFLite's INT4), which are read as int8: the same numbers, and every kernel knows them.

Two share a byte, the first in its lower half; where their number is odd the last byte has an empty upper half.
"""

import numpy as np


def unpack(content: np.ndarray) -> np.ndarray:
    """uint8 [n] -> int8 [2 n]

    >>> unpack(np.array([0x2F, 0x80], np.uint8))
    array([-1,  2,  0, -8], dtype=int8)
    """
    return np.stack([content << 4, content & 0xF0], axis=1).view(np.int8).reshape(-1) >> 4
