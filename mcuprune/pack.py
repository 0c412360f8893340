"""The search of places: every buffer at an offset of its own, so that the highest end is as low as possible.

Two buffers say of their offsets which differences are forbidden, and a buffer finds its place by going up to the lowest
offset that none forbids.  In the right order that gives the least arena there is.  In orders that often do well,
buffers are moved to other places at random, and a move that makes nothing worse is kept, until the arena is as small as
what is alive at once (`bound`) or PATIENCE is at its end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random

ALIGNMENT = 4  # bytes: scratch may hold words
PATIENCE = 25_000  # buffers that are placed in search of a smaller arena, from each order to begin with

Places = list[int]  # offsets of buffers
Placed = tuple[int, Places]  # the top, and the offsets that have it
Forbidden = Mapping[int, tuple[tuple[int, int], ...]]  # other buffer -> what the difference of offsets is not between


@dataclass(frozen=True)
class Buffer:
    """Memory that is wanted from layer `first` to layer `last`."""

    name: str
    size: int  # bytes
    first: int
    last: int
    tensors: tuple[int, ...] = ()  # that lie in it; none in scratch
    parts: tuple[int, ...] = ()  # that lie somewhere in it: the slots of loops

    @cached_property
    def room(self) -> int:
        """Bytes that nothing else can have."""
        return align(self.size)

    def meets(self, other: "Buffer") -> bool:
        return self.first <= other.last and other.first <= self.last


def best(buffers: Sequence[Buffer], forbidden: Sequence[Forbidden], bound: int, wall: int | None = None) -> Places:
    """The offsets with the lowest top that are found.

    forbidden: of each buffer; bound: bytes that no top is below; wall: an offset that no buffer straddles.
    """
    indices = range(len(buffers))
    starts = (
        sorted(indices, key=lambda i: (-buffers[i].room, buffers[i].first)),
        sorted(indices, key=lambda i: (buffers[i].first - buffers[i].last, -buffers[i].room)),
        sorted(indices, key=lambda i: (buffers[i].first, -buffers[i].room)),
        sorted(indices, key=lambda i: (-buffers[i].last, -buffers[i].room)),
    )
    gaps = [[(j, low, high) for j, each in others.items() for low, high in each] for others in forbidden]
    fixed: Places = []
    if wall is not None:  # it is one more buffer, the last, of no size and with a place
        gaps = [[*each, (len(buffers), -b.room, 0)] for b, each in zip(buffers, gaps, strict=True)]
        fixed = [wall]

    @cache  # few buffers have few orders, and come back to them again and again
    def place(order: tuple[int, ...]) -> Placed:
        """Every buffer in turn at the lowest offset that those before it, and what is fixed, allow."""
        offsets: Places = [*[-1] * len(buffers), *fixed]
        for i in order:
            offsets[i] = _lowest(gaps[i], offsets)
        offsets = offsets[: len(buffers)]
        return top(buffers, offsets), offsets

    random = Random(0)  # the same in every run
    _, offsets = min((_improved(order, place, bound, random) for order in starts), key=lambda found: found[0])
    return offsets


def _improved(order: list[int], place: Callable[[tuple[int, ...]], Placed], bound: int, random: Random) -> Placed:
    """What an order gives, and others that it becomes when buffers are moved in it."""
    found = place(tuple(order))
    for _ in range(PATIENCE // max(len(order), 1)):
        if found[0] <= bound:
            break
        other = list(order)
        other.insert(random.randrange(len(order)), other.pop(random.randrange(len(order))))
        placed = place(tuple(other))
        if placed[0] <= found[0]:
            order, found = other, placed
    return found


def _lowest(gaps: Sequence[tuple[int, int, int]], offsets: Places) -> int:
    """The lowest offset that no placed buffer forbids; one that is not placed is at -1.

    gaps: (other buffer, what the difference of offsets is not between)
    """
    lowest = 0
    for low, high in sorted([(offsets[j] + low, offsets[j] + high) for j, low, high in gaps if offsets[j] >= 0]):
        if low < lowest < high:
            lowest = high
    return lowest


def top(buffers: Sequence[Buffer], offsets: Places) -> int:
    """Bytes that all buffers take together."""
    return max((offset + b.room for b, offset in zip(buffers, offsets, strict=True)), default=0)


def align(offset: int) -> int:
    """The next offset that is good for words."""
    return -(-offset // ALIGNMENT) * ALIGNMENT
