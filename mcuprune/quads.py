"""Weights in quads, four of a row to a word, for kernels that multiply halves of words in pairs (SMLAD).

Four int8 inputs become two words of halves, by one instruction each; four weights become one:

    Y = (256 x1 + 127 - x0, 256 x3 + 127 - x2)    the inputs as they lie in memory, but for EOR with 0x007F007F
    X = (x0 + 128, x2 + 128)                      BIC of 0x00FF00FF and Y
    H = (256 w0 + w1, 256 w2 + w3)

With L, the low bytes of H, X * H + Y * L is 256 (w0 (x0 + 128) + w1 x1 + w2 (x2 + 128) + w3 x3) + 255 (w1 + w3): four
products by two SMLAD and the SXTB16 that makes L, from weights of a byte each.  A row's start takes 128 and 255 out
again and holds the bias, so that the accumulator ends as 256 times the row's sum, a number of 24 bits: `quads` checks
that.

    stream    rows in groups, as many as the kernel computes at once; of each group quad after quad, in it row by row

The last group reaches back over rows of the one before, or repeats its own, to be full.  Where widening the inputs to
16 bits is cheaper than making quads, as in first layers, weights come in pairs, halves of 256 w, in the same order.
"""

from dataclasses import dataclass, replace

import numpy as np

from mcuprune.encodings import ENCODINGS
from mcuprune.layer import Array, Encoded, Field
from mcuprune.matrix import Matrix

ROW_SIZE = 12  # bytes of a mcup_quad_row_t
LARGEST = 1 << 23  # what a sum must stay below in size


@dataclass(frozen=True, eq=False)
class Quads:
    """A matrix in quads or pairs: mcup_quads_t."""

    row: Array
    stream: Array
    rows: int  # of all groups
    words: int  # of a row
    matrix: Matrix

    @property
    def fields(self) -> dict[str, Field]:
        m = self.matrix
        bounds = {"zero_point": m.zero_point, "least": m.least, "most": m.most}
        return {"row": self.row, "stream": self.stream, "rows": self.rows, "words": self.words, **bounds}

    def encoded(self, weights: np.ndarray) -> Encoded:
        """What a report says of these weights: they are dense, and take what they take in flash."""
        return replace(ENCODINGS["dense"].encode(weights), weight_bytes=self.stream.size)


def quads(m: Matrix, together: int, unit: int) -> Quads | None:
    """A matrix in quads, or None where the kernels cannot compute it exactly.

    together: rows in a group; unit: a row is filled up with zeros to a multiple of so many quads.
    """
    weights = _padded(m.weights, 4 * unit)
    even, odd = weights[:, ::2], weights[:, 1::2]
    taken = 256 * 128 * even.sum(axis=1) + 255 * odd.sum(axis=1)
    return _in_words(m, together, 256 * even + odd & 0xFFFF, taken)


def pairs(m: Matrix, together: int, run: int) -> Quads | None:
    """A matrix in pairs, of which none reaches from one run of so many inputs to the next."""
    weights = _padded(m.weights.reshape(-1, run), 2).reshape(len(m.weights), -1)
    return _in_words(m, together, 256 * weights & 0xFFFF, 0)


def _in_words(m: Matrix, together: int, halves: np.ndarray, taken: np.ndarray | int) -> Quads | None:
    """halves: of words, [rows, 2 * words]; taken: what a row's products are too large by."""
    highest, lowest = _reach(m)
    largest = np.maximum(highest, -lowest)
    nothing = largest < np.int64(1) << np.clip(-m.shift - 1, 0, 62)  # sums that round to the zero point, whatever comes
    multiplier = np.where(nothing, 0, m.multiplier)
    shift = np.where(multiplier == 0, 1, -m.shift)
    if largest.max() >= LARGEST or m.weights.min() < -127 or shift.min() < 1:
        return None

    start = 256 * m.bias - taken & 0xFFFFFFFF
    start -= (start >> 31) << 32  # as int32
    order = _order(len(m.weights), together)
    table = np.stack([start, multiplier, shift - 1, np.arange(len(start))], axis=1)[order]
    words = (halves[:, 1::2] << 16 | halves[:, ::2])[order]
    stream = words.reshape(-1, together, words.shape[1]).transpose(0, 2, 1).reshape(-1)
    return Quads(
        Array("mcup_quad_row_t", table, len(table) * ROW_SIZE),
        Array("uint32_t", stream, 4 * stream.size),
        len(table),
        words.shape[1],
        m,
    )


def _reach(m: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """The highest and the lowest sum of each row that inputs can give.  -> int64 [rows], twice"""
    weights = m.weights.astype(np.int64)
    up, down = np.maximum(weights, 0).sum(axis=1), np.minimum(weights, 0).sum(axis=1)
    return m.bias + 127 * up - 128 * down, m.bias - 128 * up + 127 * down


def _padded(weights: np.ndarray, unit: int) -> np.ndarray:
    """-> int64, zeros added to whole units of inputs"""
    return np.pad(weights.astype(np.int64), ((0, 0), (0, -weights.shape[1] % unit)))


def _order(rows: int, together: int) -> np.ndarray:
    """The rows of every group, one after the other.

    >>> _order(5, 2)
    array([0, 1, 2, 3, 3, 4])
    >>> _order(1, 4)
    array([0, 0, 0, 0])
    """
    first = np.minimum(np.arange(0, rows, together), max(rows - together, 0))
    return np.minimum(first[:, None] + np.arange(together), rows - 1).reshape(-1)
