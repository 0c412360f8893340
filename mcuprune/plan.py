"""Memory planning: give every activation and every scratch a place in one arena.

What is alive at the same time lies apart, with one exception: an operator that is done with the first bytes of its
input before it writes over them may have its output begin so and so far below (`Layer.overlap`, `Layer.in_place`).
So two buffers say of their offsets only which differences are forbidden, and a buffer finds its place by going up to
the lowest offset that none forbids.  In the right order that gives the least arena there is; orders are tried, as far
as they promise anything, until the arena is as small as what is alive at once (`bound`) or PATIENCE is at its end.

Tensors that are one another under a new shape share a buffer.  The network's inputs and outputs live in the caller's
memory and take no room.

In a loop (graph.Loop) a state has one place, which is written before the first step and in each; it, what a loop reads
from before, and what it fills piece by piece keep theirs until the loop is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import lcm

from mcuprune import ends
from mcuprune.graph import Graph
from mcuprune.layer import Layer, Overlap, Scratch, leaves
from mcuprune.report import PlanRow

ALIGNMENT = 4  # bytes: scratch may hold words
FOREVER = 1 << 30  # the last use of the network's output
PATIENCE = 20_000  # buffers that are placed in search of a smaller arena

Places = list[int]  # offsets of buffers
Forbidden = Mapping[int, tuple[tuple[int, int], ...]]  # other buffer -> what the difference of offsets is not between


@dataclass(frozen=True)
class Plan:
    """Where everything lives.  place: tensor index -> the name of an end ('input': ends.names), or an arena offset."""

    size: int
    bound: int  # bytes that are alive at once, at most: no plan is smaller
    slots: tuple[PlanRow, ...]
    place: dict[int, str | int]
    scratch: dict[int, int]  # layer index -> offset of its scratch


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


def plan(graph: Graph, layers: Sequence[Layer]) -> Plan:
    """The arena of a network whose layers are in execution order."""
    place, buffers = wanted(graph, layers)
    bound = max(_alive(layers, buffers), default=0)
    offsets = _best(buffers, _forbidden(layers, buffers), bound)
    scratch: dict[int, int] = {}
    for buffer, offset in zip(buffers, offsets, strict=True):
        place |= dict.fromkeys((*buffer.tensors, *buffer.parts), offset)
        if not buffer.tensors:
            scratch[buffer.first] = offset
    slots = (PlanRow(b.name, offset, b.size, b.first, b.last) for b, offset in zip(buffers, offsets, strict=True))
    return Plan(
        size=_top(buffers, offsets),
        bound=bound,
        slots=tuple(sorted(slots, key=lambda s: (s.first, s.offset))),
        place=place,
        scratch=scratch,
    )


def needs(graph: Graph, layers: Sequence[Layer]) -> list[int]:
    """Bytes of the arena that are alive while each layer runs: its operands, its scratch, and what waits."""
    return _alive(layers, wanted(graph, layers)[1])


def scratch_size(layer: Layer) -> int:
    """Bytes of scratch: calls run one after the other, so the largest need counts."""
    sizes = [f.size for call in layer.calls for _, f in leaves(call.fields) if isinstance(f, Scratch)]
    return max(sizes, default=0)


def wanted(graph: Graph, layers: Sequence[Layer]) -> tuple[dict[int, str | int], list[Buffer]]:
    """What lies in the caller's memory, by tensor, and all that wants room in the arena."""
    last_use = dict.fromkeys(graph.outputs, FOREVER)
    for i, layer in enumerate(layers):
        for tensor in layer.op.inputs:
            last_use[tensor] = max(last_use.get(tensor, i), i)
    first_use = dict.fromkeys(graph.inputs, -1)
    for i, layer in enumerate(layers):
        for tensor in layer.op.outputs:
            first_use.setdefault(tensor, i)

    sources = dict(zip(graph.inputs, ends.names("input", graph.inputs), strict=True))
    targets = dict(zip(graph.outputs, ends.names("output", graph.outputs), strict=True))
    place: dict[int, str | int] = {}
    found: list[Buffer] = []
    for group in _shapes(graph, layers):
        if group[0] in sources:
            place |= dict.fromkeys(group, sources[group[0]])
        elif written := [i for i in group if i in targets]:
            place |= dict.fromkeys(group, targets[written[0]])
        else:
            whole = tuple(t for t in group if t not in graph.slots)
            parts = tuple(t for t in group if t in graph.slots)
            first = min(first_use[t] for t in group if t in first_use)
            last = max(last_use.get(t, first) for t in group)
            name = " = ".join(layers[first_use[t]].op.name for t in group if t in first_use)
            first, last = _in_loops(graph, group, first, last)
            found.append(Buffer(name, graph.tensors[whole[0]].size, first, last, whole, parts))
    for i, layer in enumerate(layers):
        if size := scratch_size(layer):
            found.append(Buffer(f"scratch of {layer.op.name}", size, i, i))
    return place, found


def _in_loops(graph: Graph, group: Sequence[int], first: int, last: int) -> tuple[int, int]:
    """The life of tensors that share memory, given their first and last use, with regard to loops.

    What has to outlast a step lives on behind the loop's last layer, so that nothing takes over its memory there.
    """
    for loop in graph.loops:
        if loop.moves().intersection(group) or first < loop.start <= last < loop.stop:
            first, last = min(first, loop.start), max(last, loop.stop)
    return first, last


def _shapes(graph: Graph, layers: Sequence[Layer]) -> list[list[int]]:
    """Groups of activations, in order of creation, that are the same bytes under other shapes."""
    group_of = {tensor: [tensor] for tensor in graph.inputs}
    for layer in layers:
        group = group_of.get(layer.op.inputs[0]) if layer.alias else None
        for slot in (i for i in (*layer.op.inputs, *layer.op.outputs) if i in graph.slots):
            base = graph.slots[slot].tensor
            group_of[slot] = group_of.setdefault(base, [base])
            group_of[slot] += [slot] * (slot not in group_of[slot])
        for output in (i for i in layer.op.outputs if i not in group_of):  # a state has its place already
            # an output is somebody's own: where the input or another output lies, the emitter copies it
            taken = output in graph.outputs and set(group or ()).intersection((*graph.inputs, *graph.outputs))
            if group is None or taken:
                group_of[output] = [output]
            else:
                group.append(output)
                group_of[output] = group
    return list({id(g): g for g in group_of.values()}.values())


def overlaps(layers: Sequence[Layer], lies: Mapping[int, int]) -> Iterator[tuple[int, int, int, int, bool]]:
    """(layer, buffers of an input and of its output, bytes that the output must begin below the input at least,
    whether it must be exactly so many), if nobody reads the input later.  lies: tensor -> buffer"""
    for step, layer in enumerate(layers):
        if layer.alias or len(layer.op.outputs) > 1 or layer.op.outputs[0] not in lies:
            continue
        output = lies[layer.op.outputs[0]]
        for position, tensor in enumerate(layer.op.inputs):
            others = (t for p, t in enumerate(layer.op.inputs) if p != position and p not in layer.in_place)
            if tensor not in lies or lies[tensor] in {lies.get(t) for t in others}:
                continue
            if position == 0 and layer.overlap:
                yield step, lies[tensor], output, *aligned(layer.overlap)
            if position in layer.in_place:
                yield step, lies[tensor], output, 0, True


def _overlaps(layers: Sequence[Layer], buffers: Sequence[Buffer]) -> Iterator[tuple[int, int, int, bool]]:
    """Those of inputs that nobody reads later: (input, output, bytes, exactly), as above."""
    lies = {tensor: i for i, buffer in enumerate(buffers) for tensor in buffer.tensors}
    for step, source, target, distance, exactly in overlaps(layers, lies):
        in_part = set(buffers[source].parts).intersection(layers[step].op.inputs)  # read beside the whole
        if buffers[source].last == step == buffers[target].first and not in_part:
            yield source, target, distance, exactly


def aligned(overlap: Overlap) -> tuple[int, bool]:
    """The least distance that keeps words aligned, and whether not every larger one is allowed."""
    step = lcm(overlap.step, ALIGNMENT)
    start = next(d for d in count(overlap.distance, overlap.step) if d % ALIGNMENT == 0)
    return start, step > ALIGNMENT


def _forbidden(layers: Sequence[Layer], buffers: Sequence[Buffer]) -> Sequence[Forbidden]:
    """Of each buffer: its offset less another one's must not lie between these."""
    found: list[dict[int, tuple[tuple[int, int], ...]]] = [
        {j: ((-a.room, b.room),) for j, b in enumerate(buffers) if j != i and a.meets(b)} for i, a in enumerate(buffers)
    ]
    for source, target, distance, exactly in _overlaps(layers, buffers):
        (low, high), *more = found[target][source]
        if distance >= -low:
            continue
        gaps = ((low, -distance), (-distance, high), *more) if exactly else ((-distance, high), *more)
        found[target][source] = gaps
        found[source][target] = tuple((-high, -low) for low, high in gaps)
    return found


def _alive(layers: Sequence[Layer], buffers: Sequence[Buffer]) -> list[int]:
    """Bytes that are alive while each layer runs."""
    alive = [sum(b.room for b in buffers if b.first <= step <= b.last) for step in range(len(layers))]
    saved: dict[int, int] = {}
    for source, target, distance, _ in _overlaps(layers, buffers):
        both = min(buffers[target].room - distance, buffers[source].room)
        step = buffers[target].first
        saved[step] = max(saved.get(step, 0), both)
    return [size - saved.get(step, 0) for step, size in enumerate(alive)]


def _best(buffers: Sequence[Buffer], forbidden: Sequence[Forbidden], bound: int) -> Places:
    """The offsets with the lowest top that are found: by orders that often do, and from these on by raising what is
    on top to the front of its order."""
    indices = range(len(buffers))
    starts = (
        sorted(indices, key=lambda i: (-buffers[i].room, buffers[i].first)),
        sorted(indices, key=lambda i: (buffers[i].first - buffers[i].last, -buffers[i].room)),
        sorted(indices, key=lambda i: (buffers[i].first, -buffers[i].room)),
        sorted(indices, key=lambda i: (-buffers[i].last, -buffers[i].room)),
    )
    found: Places = []
    patience = PATIENCE
    for order in starts:
        seen: set[tuple[int, ...]] = set()
        while tuple(order) not in seen:
            seen.add(tuple(order))
            offsets = _place(buffers, forbidden, order)
            patience -= len(order)
            if not found or _top(buffers, offsets) < _top(buffers, found):
                found = offsets
            if _top(buffers, found) <= bound or patience < 0:
                return found
            highest = max(order, key=lambda i: offsets[i] + buffers[i].room)
            at = order.index(highest)
            order = [highest, *order[:at], *order[at + 1 :]]
    return _exact(buffers, forbidden, bound, found, patience)


def _place(buffers: Sequence[Buffer], forbidden: Sequence[Forbidden], order: Sequence[int]) -> Places:
    """Every buffer in turn at the lowest offset that those before it allow."""
    offsets: Places = [-1] * len(buffers)
    for i in order:
        offsets[i] = _lowest(forbidden[i], offsets)
    return offsets


def _lowest(forbidden: Forbidden, offsets: Places, offset: int = 0) -> int:
    """The lowest offset, from one on, that no placed buffer forbids; one that is not placed is at -1."""
    placed = ((offsets[j], gaps) for j, gaps in forbidden.items() if offsets[j] >= 0)
    intervals = ((at + low, at + high) for at, gaps in placed for low, high in gaps)
    for low, high in sorted(intervals):
        if low < offset < high:
            offset = high
    return offset


def _exact(
    buffers: Sequence[Buffer], forbidden: Sequence[Forbidden], bound: int, found: Places, patience: int
) -> Places:
    """All orders of ascending offsets, in one of which the least arena is, or as many as patience lasts for."""
    best, least = found, _top(buffers, found)
    offsets: Places = [-1] * len(buffers)

    def search(left: frozenset[int], floor: int) -> None:
        nonlocal best, least, patience
        if not left:
            best, least = list(offsets), _top(buffers, offsets)
            return
        ready = sorted((_lowest(forbidden[i], offsets, floor), -buffers[i].room, i) for i in left)
        if any(offset + buffers[i].room >= least for offset, _, i in ready):
            return
        for offset, _, i in ready:
            patience -= 1
            if patience < 0 or least <= bound:
                return
            offsets[i] = offset
            search(left - {i}, offset)
            offsets[i] = -1

    search(frozenset(range(len(buffers))), 0)
    return best


def _top(buffers: Sequence[Buffer], offsets: Places) -> int:
    return max((offset + b.room for b, offset in zip(buffers, offsets, strict=True)), default=0)


def align(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
