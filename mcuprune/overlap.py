"""How far an operator's output may lie over its input: what a kernel has read when it writes.

A kernel goes through its output in steps; in each it reads some of the input, and writes some of the output when that
is done.  A byte of output may lie over a byte of input that no step reads any more.  With the lowest byte that each
step reads, and the end of what it writes,

    distance = the most, over all steps, of    end of what it writes - lowest byte that any later step reads

bytes must lie between the start of the output and that of the input, the output below.  Portable kernels, which run on
the host in the same arena, take a pixel at a time; so of two orders the larger distance counts.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune.window import Axis

NOTHING = 1 << 40  # the lowest byte that is read where none is

Order = tuple[np.ndarray, np.ndarray]  # int64 [steps], twice: lowest byte read, end of what is written


def distance(order: Order, apart: bool = True) -> int:
    """apart: whether a step has read all when it begins to write; if not, all but its last byte counts at once."""
    lowest, end = order
    later = np.minimum.accumulate(lowest[::-1])[::-1]
    needed = int((end[:-1] - later[1:]).max(initial=0))
    return needed if apart else max(needed, int((end - 1 - later).max(initial=0)))


def pixels(y: Axis, x: Axis, channels: int, rows: int) -> Order:
    """A pixel of output after the other, line by line.  channels: of the input, rows: of the output"""
    lowest = _lowest(y)[:, None] * x.inputs + _lowest(x)
    seen = (_lowest(y) < NOTHING)[:, None] & (_lowest(x) < NOTHING)
    lowest = np.where(seen, lowest * channels, NOTHING).reshape(-1)
    return lowest, rows * (np.arange(len(lowest)) + 1)


def groups(single: Order, starts: Sequence[int], sizes: Sequence[int]) -> Order:
    """The same pixels, so many at a time."""
    lowest, end = single
    ranges = list(zip(starts, sizes, strict=True))
    return np.array([lowest[a : a + n].min() for a, n in ranges]), np.array([end[a + n - 1] for a, n in ranges])


def strips(y: Axis, x: Axis, channels: int, rows: int, lefts: Sequence[int], wide: int, tall: int) -> Order:
    """Strips of the image, `wide` pixels of output from each of lefts on, from top to bottom, `tall` lines at a time.

    Lines of input that the step before has read are kept.
    """
    lowest, end = [], []
    for left in lefts:
        column = max(left * x.stride - x.before, 0)
        for top in range(0, y.outputs, tall):
            line = top * y.stride - y.before + (max(y.kernel - y.stride, 0) if top else 0)
            lowest.append((max(line, 0) * x.inputs + column) * channels if line < y.inputs else NOTHING)
            last = min(top + tall, y.outputs) - 1
            end.append((last * x.outputs + left + wide) * rows)
    return np.array(lowest), np.array(end)


def _lowest(along: Axis) -> np.ndarray:
    """The first place inside the image that each window sees, NOTHING where it sees none."""
    places = np.arange(along.outputs)[:, None] * along.stride - along.before + np.arange(along.kernel) * along.dilation
    return np.where((places >= 0) & (places < along.inputs), places, NOTHING).min(axis=1)
