"""Layers computed together, strip by strip: where the tensors between them are what RAM is short of.

A strip is some lines of the last layer's output.  Of every tensor before it, it sees some lines; those that are not
there yet are computed, and those that the next strip sees again are moved to where its lines begin.  So nothing is
computed twice, and of a tensor between two layers there are never more than a few lines:

    in strips of 4 lines    conv: 0..5 -> conv: 0..4 -> add: 0..4
                            conv: 5..9 -> conv: 4..8 -> add: 4..8    the second one sees lines 3..9 of the first
                            ...

A strip of an operator is an operator: on an image of fewer lines, with padding above only in the first strip, and below
only in the last.  So every kernel will do that can compute all of them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from mcuprune import pool
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Chain, Field, Layer, Strip
from mcuprune.ops import conv_2d
from mcuprune.strides import copy
from mcuprune.window import Axis, axis

WINDOWS = {"conv_2d": conv_2d, "depthwise_conv_2d": conv_2d, "max_pool_2d": pool, "average_pool_2d": pool}
POINTWISE = frozenset(
    "abs add elu exp gelu hard_swish leaky_relu log logistic maximum minimum mul prelu quantize relu relu6 relu_0_to_1 "
    "relu_n1_to_1 sqrt squared_difference sub tanh".split()
)
ALIGNMENT = 4  # bytes: kernels may read words where a tensor begins

Lines = tuple[int, int]  # first, end; the same twice are none
Lower = Callable[[Graph, Op], Sequence[Layer]]  # all ways to compute an operator


@dataclass(frozen=True)
class Schedule:
    """Which lines the operators of a chain compute in every strip, and which they see."""

    ops: tuple[Op, ...]
    lines: int  # of the last operator's output in a strip
    made: tuple[tuple[Lines, ...], ...]  # [operators][strips]
    seen: tuple[tuple[Lines, ...], ...]  # [operators][strips], of each input that is not a constant
    front: dict[int, tuple[int, ...]]  # tensor between operators -> [strips] the first line that is there

    def maker(self, tensor: int) -> int:
        return next(i for i, op in enumerate(self.ops) if tensor in op.outputs)

    def kept(self, tensor: int, strip: int) -> Lines:
        """The lines that are moved to the front behind a strip."""
        fronts, (_, end) = self.front[tensor], self.made[self.maker(tensor)][strip]
        begin = fronts[strip + 1] if strip + 1 < len(fronts) else end
        return (begin, end) if fronts[strip] < begin < end else (end, end)

    def height(self, tensor: int) -> int:
        """The most lines of a tensor that are there at once."""
        ends = (end for _, end in self.made[self.maker(tensor)])
        return max(end - begin for end, begin in zip(ends, self.front[tensor], strict=True))


def suit(graph: Graph, ops: Sequence[Op]) -> bool:
    """Whether operators can be computed together in strips."""
    return all(_suits(graph, op) for op in ops) and _is_closed(graph, ops)


def schedule(graph: Graph, ops: Sequence[Op], lines: int) -> Schedule | None:
    """Strips of so many lines, of operators that suit; None where it cannot be so many."""
    height = graph.results(ops[-1])[0].shape[1]
    strips = range(-(-height // lines))
    made: dict[int, list[Lines]] = {}
    seen: dict[int, list[Lines]] = {}
    front: dict[int, tuple[int, ...]] = {}
    for i in reversed(range(len(ops))):
        readers = [seen[j] for j in range(i + 1, len(ops)) if ops[i].outputs[0] in ops[j].inputs]
        if readers:
            ends = list(accumulate((max(each[k][1] for each in readers) for k in strips), max))
            least = [min((a for a, b in (each[k] for each in readers) if a < b), default=ends[-1]) for k in strips]
            begins = list(accumulate(reversed(least), min))[::-1]
            front[ops[i].outputs[0]] = tuple(begins)
        else:
            ends, begins = [min((k + 1) * lines, height) for k in strips], [0 for _ in strips]
        made[i] = [(min(max(a, b), end), end) for a, b, end in zip([0, *ends[:-1]], begins, ends, strict=True)]
        y = _down(graph, ops[i])
        seen[i] = [_seen(y, own) for own in made[i]]
    order = range(len(ops))
    found = Schedule(
        tuple(ops), lines, tuple(tuple(made[i]) for i in order), tuple(tuple(seen[i]) for i in order), front
    )
    return found if len(strips) > 1 and _is_sound(found) else None


def chain(graph: Graph, when: Schedule) -> Chain:
    """All calls in their order, and where they read and write."""
    line = {t: graph.tensors[t].size // graph.tensors[t].shape[1] for op in when.ops for t in _images(graph, op)}

    def place(tensor: int, at: int, strip: int) -> tuple[int, int]:
        first = when.front[tensor][strip] if tensor in when.front else 0
        return tensor, (at - first) * line[tensor] if tensor in line else 0

    strips = []
    for k in range(len(when.made[0])):
        for i, op in enumerate(when.ops):
            (begin, end), (top, _) = when.made[i][k], when.seen[i][k]
            if begin < end:
                sources = tuple(place(t, top, k) for t in op.inputs[: _operands(op)])
                strips.append(Strip(i, sources, place(op.outputs[0], begin, k)))
        for tensor in when.front:
            begin, end = when.kept(tensor, k)
            if begin < end:
                strips.append(Strip(when.maker(tensor), (place(tensor, begin, k),), (tensor, 0)))
    rooms = {tensor: when.height(tensor) * line[tensor] for tensor in when.front}
    return Chain(when.lines, tuple(strips), rooms, _overlaps(graph, when, line))


def layers(graph: Graph, when: Schedule, lower: Lower) -> list[list[Layer]]:
    """All ways to compute each operator of a chain by one kernel; there may be none."""
    own = chain(graph, when)
    return [_ways(graph, when, number, own, lower) for number in range(len(when.ops))]


def _ways(graph: Graph, when: Schedule, number: int, own: Chain, lower: Lower) -> list[Layer]:
    """Those of one of the operators."""
    op = when.ops[number]
    lines = zip(when.made[number], when.seen[number], strict=True)
    strips = [cut(graph, op, made, seen) if made[0] < made[1] else None for made, seen in lines]
    kinds = {kind(strip, op): strip for strip in strips if strip}
    kernels = [_by_kernel(lower(strip, strip.ops[0])) for strip in kinds.values()]
    moves, whole = _moves(graph, when, number), lower(graph, op)[0]
    found = []
    for kernel, model in kernels[0].items():
        shared = [_shared(of[kernel].calls[0], model.calls[0]) for of in kernels if kernel in of]
        calls = dict(zip(kinds, shared, strict=False))
        if len(calls) == len(kinds) and None not in shared:
            pairs = zip(strips, moves, strict=True)
            order = [call for strip, move in pairs for call in (strip and calls[kind(strip, op)], move) if call]
            found.append(
                replace(whole, calls=tuple(order), encoded=model.encoded, in_place=(), overlap=None, chain=own)
            )
    return found


def cut(graph: Graph, op: Op, made: Lines, seen: Lines) -> Graph:
    """The operator that computes some lines from those that they see, alone in a graph."""
    tensors = list(graph.tensors)
    for tensor, (begin, end) in [*((t, seen) for t in op.inputs if t in _images(graph, op)), (op.outputs[0], made)]:
        _, _, *rest = tensors[tensor].shape
        tensors[tensor] = replace(tensors[tensor], shape=(1, end - begin, *rest), kept=None)
    attrs = dict(op.attrs)
    if op.kind in WINDOWS:
        y, x = WINDOWS[op.kind].axes(graph, op)
        top, bottom = _reach(y, made)
        attrs["padding"] = ((max(-top, 0), max(bottom - y.inputs, 0)), (x.before, x.after))
    own = replace(op, attrs=attrs)
    inputs = tuple(t for t in dict.fromkeys(op.inputs) if t in _images(graph, op))
    return Graph(graph.name, tuple(tensors), (own,), inputs, op.outputs)


def kind(strip: Graph, op: Op) -> tuple:
    """What tells strips of an operator apart."""
    return *(strip.tensors[t].shape for t in (op.inputs[0], *op.outputs)), strip.ops[0].attrs.get("padding")


def _by_kernel(found: Iterable[Layer]) -> dict[tuple, Layer]:
    """Layers of one call by what it is; the same kernel may be there several times, with more or less scratch."""
    named: dict[tuple, Layer] = {}
    for layer in found:
        if len(layer.calls) == 1:
            kernel = (layer.calls[0].function, layer.encoded.encoding if layer.encoded else None)
            named[*kernel, sum(key[:2] == kernel for key in named)] = layer
    return named


def _shared(call: Call, model: Call) -> Call | None:
    """The call with the arrays of another one; None where they differ."""

    def share(fields: dict[str, Field], known: dict[str, Field]) -> dict[str, Field] | None:
        found: dict[str, Field] = {}
        for name, value in fields.items():
            other = known[name]
            if isinstance(value, dict) and isinstance(other, dict):
                inner = share(value, other)
                if inner is None:
                    return None
                value = inner
            elif isinstance(value, Array) and isinstance(other, Array):
                if not np.array_equal(value.values, other.values):
                    return None
                value = other
            found[name] = value
        return found

    fields = share(call.fields, model.fields)
    return None if fields is None else replace(call, fields=fields)


def _moves(graph: Graph, when: Schedule, maker: int) -> list[Call | None]:
    """The call behind each strip that moves lines of an operator's output to the front."""
    tensor = when.ops[maker].outputs[0]
    if tensor not in when.front:
        return [None] * len(when.made[maker])
    shape = graph.tensors[tensor].shape
    sizes = [
        (end - begin) * shape[2] * shape[3] for begin, end in (when.kept(tensor, k) for k in range(len(when.made[0])))
    ]
    calls = {size: copy(0, (size,), (1,), (1,)) for size in sizes if size}
    return [calls.get(size) for size in sizes]


def _suits(graph: Graph, op: Op) -> bool:
    """Whether lines of the output depend on lines of images, and those begin where words do."""
    tensors = [graph.tensors[t] for t in _images(graph, op)]
    images = all(len(t.shape) == 4 and t.shape[0] == 1 and t.shape[2] * t.shape[3] % ALIGNMENT == 0 for t in tensors)
    if not images or len(op.outputs) > 1 or any(t.dtype != "int8" for t in tensors):
        return False
    if op.kind in WINDOWS:
        return not graph.tensors[op.inputs[0]].constant
    constants = [graph.tensors[t] for t in op.inputs if t not in _images(graph, op)]
    small = all(len(t.shape) < 3 or t.shape[-3] == 1 for t in constants)  # the same for every line
    return op.kind in POINTWISE and small and len({t.shape for t in tensors}) == 1


def _is_closed(graph: Graph, ops: Sequence[Op]) -> bool:
    """Whether nobody else reads what lies between the operators, and what the last one computes depends on it."""
    between = {op.outputs[0] for op in ops[:-1]}
    own = set(map(id, ops))
    read = {t for op in ops for t in op.inputs}
    others = {t for op in graph.ops if id(op) not in own for t in op.inputs} | set(graph.outputs)
    return between <= read and not between & others and bool(between & set(ops[-1].inputs))


def _is_sound(when: Schedule) -> bool:
    """Whether every strip sees something, and lines are moved to where none of them lies."""
    for made, seen in zip(when.made, when.seen, strict=True):
        if any(own[0] < own[1] and lines[0] >= lines[1] for own, lines in zip(made, seen, strict=True)):
            return False
    for tensor, fronts in when.front.items():
        for k in range(len(fronts)):
            begin, end = when.kept(tensor, k)
            if begin < end and end - begin > begin - fronts[k]:
                return False
    return True


def _overlaps(graph: Graph, when: Schedule, line: dict[int, int]) -> dict[int, tuple[int, bool]]:
    """How the output may lie over an image that the chain reads: (least distance, whether no other)."""
    last, found = when.ops[-1], {}
    size = line[last.outputs[0]]
    for tensor in line.keys() - when.front.keys() - {last.outputs[0]}:
        readers = [i for i, op in enumerate(when.ops) if tensor in op.inputs]
        distance, waiting = 0, 1 << 40  # the first byte that later strips see
        for k in reversed(range(len(when.made[0]))):
            distance = max(distance, when.made[-1][k][1] * size - waiting)
            begins = (when.seen[i][k][0] for i in readers if when.made[i][k][0] < when.made[i][k][1])
            waiting = min([waiting, *(begin * line[tensor] for begin in begins)])
        if tensor not in last.inputs:
            found[tensor] = (distance, False)
        elif distance == 0:
            found[tensor] = (0, True)
    return found


def _images(graph: Graph, op: Op) -> list[int]:
    """Every tensor of an operator that is computed."""
    return [t for t in dict.fromkeys((*op.inputs, *op.outputs)) if t >= 0 and not graph.tensors[t].constant]


def _operands(op: Op) -> int:
    """How many inputs a kernel is given."""
    return 1 if op.kind in WINDOWS else 2


def _down(graph: Graph, op: Op) -> Axis:
    """The way of a window down the image."""
    if op.kind in WINDOWS:
        return WINDOWS[op.kind].axes(graph, op)[0]
    return axis(graph.results(op)[0].shape[1], 1, 1, "VALID")


def _reach(y: Axis, made: Lines) -> Lines:
    """The lines that windows reach over, outside the image as well."""
    begin, end = made
    return begin * y.stride - y.before, (end - 1) * y.stride - y.before + (y.kernel - 1) * y.dilation + 1


def _seen(y: Axis, made: Lines) -> Lines:
    top, bottom = _reach(y, made)
    return (max(top, 0), min(bottom, y.inputs)) if made[0] < made[1] else (0, 0)
