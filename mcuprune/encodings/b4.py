"""B4: five bytes for a block of four neighbours, of which some are not zero.  For layers pruned in blocks.

    weights   0 0 0 0  5 0 -3 1  0 0 0
    stream    05 05 00 fd 01            delta (1..255, from the block before, at first from -1), four values

Blocks start at multiples of four; the last one of a row that is no multiple of four reaches back, and has zeros for
what it shares with the one before.  A gap of more than 63 blocks is bridged by blocks of zeros.
"""

from math import inf

import numpy as np

from mcuprune.encodings import LONGEST_ROW, _gaps
from mcuprune.layer import Encoded

BLOCK = 4  # weights
LONGEST = 63  # blocks


def encode(weights: np.ndarray) -> Encoded:
    rows, inputs = weights.shape
    blocks = _blocks(weights)
    row, gap, bridges = _gaps(blocks.any(axis=2), LONGEST)
    counts = _counts(row, bridges, rows)
    if inputs < BLOCK or 5 * counts.max(initial=0) > LONGEST_ROW:
        raise ValueError(f"rows of {inputs} inputs, {5 * counts.max(initial=0)} bytes: more or less than B4 can hold")
    last = np.cumsum(bridges + 1) - 1  # where the block of each gap stands, behind its bridges
    gaps = np.full(len(gap) + bridges.sum(), LONGEST, np.int64)
    gaps[last] = gap - bridges * LONGEST
    of_row = np.repeat(np.arange(rows), counts)
    block = _along_rows(gaps, of_row, counts) - 1
    place = np.minimum(BLOCK * block, inputs - BLOCK)
    first = np.diff(of_row, prepend=-1) != 0
    delta = place - np.where(first, -1, np.concatenate([[0], place[:-1]]))
    stream = np.concatenate([delta[:, None].astype(np.uint8), blocks[of_row, block].view(np.uint8)], axis=1)
    return Encoded("b4", (rows, inputs), stream.reshape(-1), 5 * counts, BLOCK * len(delta), len(delta), pair_bytes=5)


def decode(encoded: Encoded) -> np.ndarray:
    delta, values = encoded.stream.reshape(-1, 5)[:, 0], encoded.stream.reshape(-1, 5)[:, 1:].view(np.int8)
    counts = encoded.row_bytes // 5
    row = np.repeat(np.arange(encoded.shape[0]), counts)
    place = _along_rows(delta.astype(np.int64), row, counts) - 1
    weights = np.zeros(encoded.shape, np.int8)
    entry, column = np.nonzero(values)
    weights[row[entry], place[entry] + column] = values[entry, column]
    return weights


def size(weights: np.ndarray) -> float:
    row, _, bridges = _gaps(_blocks(weights).any(axis=2), LONGEST)
    row_bytes = 5 * _counts(row, bridges, len(weights))
    fits = weights.shape[1] >= BLOCK and row_bytes.max(initial=0) <= LONGEST_ROW
    return int(row_bytes.sum()) if fits else inf


def _blocks(weights: np.ndarray) -> np.ndarray:
    """int8 [rows, inputs] -> [rows, blocks, 4]; zeros before what only the last block of a row has"""
    rows, inputs = weights.shape
    whole = inputs // BLOCK * BLOCK
    end = np.pad(weights[:, whole:], ((0, 0), (-(inputs - whole) % BLOCK, 0)))
    return np.concatenate([weights[:, :whole], end], axis=1).reshape(rows, -1, BLOCK)


def _counts(row: np.ndarray, bridges: np.ndarray, rows: int) -> np.ndarray:
    """Blocks of every row, bridges included.  -> int64 [rows]"""
    return np.bincount(row, bridges + 1, minlength=rows).astype(np.int64)


def _along_rows(steps: np.ndarray, row: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The sum of the steps of each row up to every entry."""
    reached = np.cumsum(steps)
    return reached - np.concatenate([[0], reached])[np.cumsum(counts) - counts][row]
