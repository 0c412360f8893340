"""Weight formats: one file each, with encode, decode and size; the kernel that reads it carries the same name.

`encode(weights)` takes int8 [rows, inputs] and gives an Encoded, `decode` is its inverse, and `size(weights)` is the
exact number of bytes without building them: infinite where the format cannot hold a matrix.

Sparse formats are lists of entries, a row after the other: (delta, value), where delta is the distance from the
previous entry of the row, the first one's from -1.  A gap too long for the format is bridged by entries of value 0,
and so is every row's length made even, because kernels read two entries at a time.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import numpy as np

LONGEST_ROW = 65535  # bytes: what mcup_row_t counts


def entries(weights: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The entries of a matrix, with bridges and even rows.  weights: int8 [rows, inputs]; longest: the largest delta.

    -> delta int64 [n], value int8 [n], entries of each row int64 [rows]

    >>> entries(np.array([[0, 7, 0, 0, 5, 0, 2]], np.int8), longest=2)
    (array([2, 2, 1, 2]), array([7, 0, 5, 2], dtype=int8), array([4]))
    """
    row, gap, bridges = _gaps(weights, longest)
    last = np.cumsum(bridges + 1) - 1  # where the entry of each non-zero stands, behind its bridges
    delta = np.full(len(gap) + bridges.sum(), longest, np.int64)
    value = np.zeros(len(delta), np.int8)
    delta[last] = gap - bridges * longest
    value[last] = weights[weights != 0]
    counts = np.bincount(row, bridges + 1, minlength=len(weights)).astype(np.int64)
    odd_ends = np.cumsum(counts)[counts % 2 == 1]
    return np.insert(delta, odd_ends, 0), np.insert(value, odd_ends, 0), counts + counts % 2


def row_counts(weights: np.ndarray, longest: int) -> np.ndarray:
    """How many entries each row has, without building them.  -> int64 [rows]"""
    row, _, bridges = _gaps(weights, longest)
    counts = np.bincount(row, bridges + 1, minlength=len(weights)).astype(np.int64)
    return counts + counts % 2


def from_entries(shape: tuple[int, int], delta: np.ndarray, value: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The inverse of entries.  -> int8, of this shape"""
    row = np.repeat(np.arange(shape[0]), counts)
    reached = np.cumsum(delta)
    before = np.concatenate([[0], reached])[np.cumsum(counts) - counts]  # what earlier rows have added
    column = reached - before[row] - 1
    weights = np.zeros(shape, np.int8)
    weights[row[value != 0], column[value != 0]] = value[value != 0]
    return weights


def _gaps(weights: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of each non-zero, its distance from the one before, and how many bridges that takes."""
    row, column = np.nonzero(weights)
    first = np.diff(row, prepend=-1) != 0
    gap = np.where(first, column + 1, np.diff(column, prepend=0))
    return row, gap, (gap - 1) // longest


ENCODINGS: Mapping[str, ModuleType] = {m.name: import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)}
