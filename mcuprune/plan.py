"""Memory planning: give every activation and every scratch a place in one arena.

What is alive at the same time lies apart, with one exception: an operator that is done with the first bytes of its
input before it writes over them may have its output begin so and so far below (`Layer.overlap`, `Layer.in_place`).
So two buffers say of their offsets only which differences are forbidden, and mcuprune.pack looks for the places.

Tensors that are one another under a new shape share a buffer.  The network's inputs and outputs live in the caller's
memory and take no room.

What does not fit into RAM may lie in a second region of memory.  Then the arena has a `Wall`: offsets from there on
are those of the second region, and no buffer may straddle it.  Buffers that overlap are on the same side of it, so that
nothing else has to know.

In a loop (graph.Loop) a state has one place, which is written before the first step and in each; it, what a loop reads
from before, and what it fills piece by piece keep theirs until the loop is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import lcm

from mcuprune import ends, pack
from mcuprune.graph import Graph
from mcuprune.layer import Chain, Layer, Overlap, Scratch, leaves, spans
from mcuprune.pack import ALIGNMENT, Buffer, Forbidden, Places, align
from mcuprune.report import PlanRow

FOREVER = 1 << 30  # the last use of the network's output


@dataclass(frozen=True)
class Wall:
    """Where the arena's part in RAM ends, and its part in a second region of memory begins."""

    at: int  # offset in the arena, a multiple of ALIGNMENT
    region: str  # 'ccm'
    size: int  # bytes that the arena may take there

    @property
    def end(self) -> int:
        return self.at + self.size


@dataclass(frozen=True)
class Plan:
    """Where everything lives.  place: tensor index -> the name of an end ('input': ends.names), or an arena offset."""

    size: int
    bound: int  # bytes that are alive at once, at most: no plan is smaller
    slots: tuple[PlanRow, ...]
    place: dict[int, str | int]
    scratch: dict[int, int]  # layer index -> offset of its scratch
    top: int  # the size, with what stays free below a wall: what a limit is for
    wall: Wall | None = None  # None where all is in RAM

    @property
    def beyond(self) -> int:
        """Bytes in the second region."""
        return self.size - self.wall.at if self.wall else 0


def plan(graph: Graph, layers: Sequence[Layer], wall: Wall | None = None) -> Plan:
    """The arena of a network whose layers are in execution order.

    wall: where RAM ends.  As little as possible lies behind it, but that may be more than there is room for.
    """
    place, buffers = wanted(graph, layers)
    bound = max(_alive(layers, buffers), default=0)
    offsets = pack.best(buffers, _forbidden(layers, buffers), bound, wall.at if wall else None)
    top = pack.top(buffers, offsets)
    if wall:
        offsets, wall = _joined(buffers, offsets, wall) if top > wall.at else (offsets, None)
    scratch: dict[int, int] = {}
    for buffer, offset in zip(buffers, offsets, strict=True):
        place |= dict.fromkeys((*buffer.tensors, *buffer.parts), offset)
        if not buffer.tensors:
            scratch |= dict.fromkeys(range(buffer.first, buffer.last + 1), offset)
    slots = (PlanRow(b.name, offset, b.size, b.first, b.last) for b, offset in zip(buffers, offsets, strict=True))
    return Plan(
        size=pack.top(buffers, offsets),
        bound=bound,
        slots=tuple(sorted(slots, key=lambda s: (s.first, s.offset))),
        place=place,
        scratch=scratch,
        top=top,
        wall=wall,
    )


def needs(graph: Graph, layers: Sequence[Layer]) -> list[int]:
    """Bytes of the arena that are alive while each layer runs: its operands, its scratch, and what waits."""
    return _alive(layers, wanted(graph, layers)[1])


def scratch_size(layer: Layer) -> int:
    """Bytes of scratch: calls run one after the other, so the largest need counts."""
    sizes = [f.size for call in layer.calls for _, f in leaves(call.fields) if isinstance(f, Scratch)]
    return max(sizes, default=0)


def room_of_scratch(layer: Layer) -> int:
    """Bytes of the arena that a layer's scratch takes."""
    return align(scratch_size(layer))


def wanted(graph: Graph, layers: Sequence[Layer]) -> tuple[dict[int, str | int], list[Buffer]]:
    """What lies in the caller's memory, by tensor, and all that wants room in the arena."""
    span = spans(layers)
    last_use = dict.fromkeys(graph.outputs, FOREVER)
    for layer, (_, last) in zip(layers, span, strict=True):
        for tensor in layer.op.inputs:
            last_use[tensor] = max(last_use.get(tensor, last), last)
    made_by: dict[int, int] = {}
    for i, layer in enumerate(layers):
        for tensor in layer.op.outputs:
            made_by.setdefault(tensor, i)
    rooms = {tensor: size for layer in layers if layer.chain for tensor, size in layer.chain.rooms.items()}

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
            makers = [made_by[t] for t in group if t in made_by]
            first, made = min(span[i][0] for i in makers), max(span[i][1] for i in makers)
            last = max(last_use.get(t, made) for t in group)
            first, last = _in_loops(graph, group, first, last)
            name = " = ".join(layers[i].op.name for i in makers)
            size = rooms.get(whole[0], graph.tensors[whole[0]].size)
            found.append(Buffer(name, size, first, last, whole, parts))
    for first, last in sorted(set(span)):
        sizes = {layer.op.name: scratch_size(layer) for layer in layers[first : last + 1]}
        if size := max(sizes.values()):
            users = ", ".join(name for name, own in sizes.items() if own)
            found.append(Buffer(f"scratch of {users}", size, first, last))
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
        if layer.alias or layer.chain or len(layer.op.outputs) > 1 or layer.op.outputs[0] not in lies:
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
    for first, last in sorted(set(spans(layers))):
        chain, output = layers[first].chain, layers[last].op.outputs[0]
        if chain and output in lies:
            yield from _chain_overlaps(layers[first : last + 1], chain, buffers, lies, lies[output])


def _chain_overlaps(
    layers: Sequence[Layer], chain: Chain, buffers: Sequence[Buffer], lies: Mapping[int, int], output: int
) -> Iterator[tuple[int, int, int, bool]]:
    """The same of a chain."""
    read = {t for layer in layers for t in layer.op.inputs}
    for tensor, (distance, exactly) in chain.overlaps.items():
        others = {lies.get(t) for t in read - {tensor}}
        if (
            tensor in lies
            and lies[tensor] not in others
            and buffers[lies[tensor]].last == buffers[output].first + len(layers) - 1
        ):
            yield lies[tensor], output, distance, exactly


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
    """Bytes that are alive while each layer runs: in a chain, with the scratch of this layer."""
    tensors = [b for b in buffers if b.tensors]
    alive = [
        sum(b.room for b in tensors if b.first <= step <= b.last) + room_of_scratch(layer)
        for step, layer in enumerate(layers)
    ]
    saved: dict[int, int] = {}
    for source, target, distance, _ in _overlaps(layers, buffers):
        both = min(buffers[target].room - distance, buffers[source].room)
        step = buffers[target].first
        saved[step] = max(saved.get(step, 0), both)
    return [size - saved.get(first, 0) for size, (first, _) in zip(alive, spans(layers), strict=True)]


def _joined(buffers: Sequence[Buffer], offsets: Places, wall: Wall) -> tuple[Places, Wall]:
    """The same places, without what is free below the wall."""
    below = [offset + b.room for b, offset in zip(buffers, offsets, strict=True) if offset < wall.at]
    at = max(below, default=0)
    return [o if o < wall.at else o - wall.at + at for o in offsets], replace(wall, at=at)
