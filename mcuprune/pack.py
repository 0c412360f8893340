"""The search of places: every buffer at an offset of its own, so that the highest end is as low as possible.

Two buffers say of their offsets which differences are forbidden, and a buffer finds its place by going up to the lowest
offset that none forbids.  In the right order that gives the least arena there is.  In orders that often do well,
buffers are moved to other places at random, and a move that makes nothing worse is kept, until the arena is as small as
what is alive at once (`bound`) or PATIENCE is at its end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

ALIGNMENT = 4  # bytes: scratch may hold words
PATIENCE = 25_000  # buffers that are placed in search of a smaller arena, from each order to begin with

Places = list[int]  # offsets of buffers
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

    @property
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
    fixed: Places = []
    if wall is not None:  # it is one more buffer, the last, of no size and with a place
        forbidden = [{**gaps, len(buffers): ((-b.room, 0),)} for b, gaps in zip(buffers, forbidden, strict=True)]
        fixed = [wall]
    random = Random(0)  # the same in every run
    found = [_improved(order, buffers, forbidden, bound, fixed, random) for order in starts]
    return min(found, key=lambda offsets: top(buffers, offsets))


def _improved(
    order: list[int],
    buffers: Sequence[Buffer],
    forbidden: Sequence[Forbidden],
    bound: int,
    fixed: Places,
    random: Random,
) -> Places:
    """The offsets that an order gives, and others that it becomes when buffers are moved in it."""
    found = _place(buffers, forbidden, order, fixed)
    for _ in range(PATIENCE // max(len(buffers), 1)):
        if top(buffers, found) <= bound:
            break
        other = list(order)
        other.insert(random.randrange(len(order)), other.pop(random.randrange(len(order))))
        offsets = _place(buffers, forbidden, other, fixed)
        if top(buffers, offsets) <= top(buffers, found):
            order, found = other, offsets
    return found


def _place(buffers: Sequence[Buffer], forbidden: Sequence[Forbidden], order: Sequence[int], fixed: Places) -> Places:
    """Every buffer in turn at the lowest offset that those before it, and what is fixed, allow."""
    offsets: Places = [*[-1] * len(buffers), *fixed]
    for i in order:
        offsets[i] = _lowest(forbidden[i], offsets)
    return offsets[: len(buffers)]


def _lowest(forbidden: Forbidden, offsets: Places, offset: int = 0) -> int:
    """The lowest offset, from one on, that no placed buffer forbids; one that is not placed is at -1."""
    placed = ((offsets[j], gaps) for j, gaps in forbidden.items() if offsets[j] >= 0)
    intervals = ((at + low, at + high) for at, gaps in placed for low, high in gaps)
    for low, high in sorted(intervals):
        if low < offset < high:
            offset = high
    return offset


def top(buffers: Sequence[Buffer], offsets: Places) -> int:
    """Bytes that all buffers take together."""
    return max((offset + b.room for b, offset in zip(buffers, offsets, strict=True)), default=0)


def align(offset: int) -> int:
    """The next offset that is good for words."""
    return -(-offset // ALIGNMENT) * ALIGNMENT
