"""Loops over tensors, with as few nested dimensions as will do.

An array is visited by steps: how many elements lie between neighbours along each dimension; 0 where it is broadcast.
Neighbouring dimensions that every array of a loop crosses in one stride are one dimension, so that most loops of a
network become flat.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from mcuprune import libc
from mcuprune.layer import Call, Field

COPY_RANK = 5  # of mcup_copy_t


def steps(shape: Sequence[int]) -> tuple[int, ...]:
    """The steps of a contiguous array.

    >>> steps((2, 3, 4))
    (12, 4, 1)
    """
    result, step = [], 1
    for n in reversed(shape):
        result.append(step)
        step *= n
    return tuple(reversed(result))


def broadcast_steps(shape: Sequence[int], to: Sequence[int]) -> tuple[int, ...]:
    """The steps of an array that is broadcast to a shape of the same or a higher rank.

    >>> broadcast_steps((3, 1), (2, 3, 4))
    (0, 1, 0)
    """
    padded = (1,) * (len(to) - len(shape)) + tuple(shape)
    return tuple(step if n > 1 else 0 for n, step in zip(padded, steps(padded), strict=True))


def collapse(dims: Sequence[int], *arrays: Sequence[int]) -> list[tuple[int, ...]]:
    """[dims, steps of each array] with dimensions of 1 dropped and those that can be crossed in one stride merged.

    >>> collapse((1, 4, 5, 8), (160, 40, 8, 1), (0, 0, 0, 1))
    [(20, 8), (8, 1), (0, 1)]
    """
    columns: list[tuple[int, ...]] = []
    for n, *step in zip(dims, *arrays, strict=True):
        if n == 1:
            continue
        if columns and all(outer == inner * n for outer, inner in zip(columns[-1][1:], step, strict=True)):
            n *= columns.pop()[0]
        columns.append((n, *step))
    return list(zip(*columns, strict=True)) or [()] * (1 + len(arrays))


def pad(values: Sequence[int], rank: int, filler: int) -> tuple[int, ...]:
    """values, preceded by as many fillers as make them `rank` values."""
    assert len(values) <= rank, (values, rank)
    return (filler,) * (rank - len(values)) + tuple(values)


def copy(
    position: int,
    dims: Sequence[int],
    source: Sequence[int],
    target: Sequence[int],
    *,
    source_offset: int = 0,
    target_offset: int = 0,
    item: int = 1,
) -> Call:
    """The call that copies a block from operand `position` to the output.  Steps and offsets in elements.

    item: bytes of an element, which are a dimension of the copy.
    """
    if item > 1:
        dims, (source, target) = (*dims, item), [(*(item * n for n in steps), 1) for steps in (source, target)]
        source_offset, target_offset = item * source_offset, item * target_offset
    dims, source, target = collapse(dims, source, target)
    fields: dict[str, Field] = {
        "dims": pad(dims, COPY_RANK, 1),
        "source_steps": pad(source, COPY_RANK, 0),
        "target_steps": pad(target, COPY_RANK, 0),
        "source_offset": source_offset,
        "target_offset": target_offset,
    }
    length = (dims or (1,))[-1]
    lines = prod(dims) // length
    work: dict[str, float] = {"line": lines, "element": lines * length}
    if source[-1:] == target[-1:] == (1,):
        at_words = aligned(dims[:-1], (source_offset, source[:-1]), (target_offset, target[:-1]))
        work = {"run": lines} | libc.copied(lines, length, at_words)
    return Call("mcup_copy_s8", "mcup_copy_t", fields, (position,), work)


def cut(
    position: int,
    shape: Sequence[int],
    first: Sequence[int],
    count: Sequence[int],
    by: Sequence[int] | None = None,
    item: int = 1,
) -> Call:
    """The call that copies x[first : first + count * by : by, ...] of operand `position` to the output."""
    source = steps(shape)
    offset = sum(f * step for f, step in zip(first, source, strict=True))
    strided = [b * step for b, step in zip(by or (1,) * len(shape), source, strict=True)]
    return copy(position, count, strided, steps(count), source_offset=offset, item=item)


def aligned(dims: Sequence[int], *arrays: tuple[int, Sequence[int]]) -> int:
    """How many elements of a loop lie at multiples of four bytes in all arrays.  arrays: (offset, steps), in bytes

    >>> aligned((2, 3), (0, (6, 2)), (0, (3, 1)))
    2
    """
    every = np.ones(tuple(dims), bool)
    for offset, steps in arrays:
        every &= sum(np.ix_(*map(np.multiply, map(np.arange, dims), steps)), np.array(offset)) % 4 == 0
    return int(np.count_nonzero(every))
