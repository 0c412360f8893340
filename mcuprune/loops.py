"""Networks that do the same again and again, rolled up: a recurrent layer that was unrolled becomes a loop.

    roll(graph)      finds repetitions; each becomes one operator of the kind 'loop', which no lossless pass looks into
    spread(graph)    puts the operators of one step in its place: Graph.loops says how often they run, and on what

Steps are alike if their operators are, with their constants by value and all their scales.  What a step reads of the
step before is a state.  What it reads of the rest of the network is the same in each step, or its piece of a tensor,
one behind the other; what the rest reads of it is what the last step leaves, or all steps side by side.  Everything
else stays as it is.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mcuprune.graph import Graph, Loop, Op, Slot, Tensor
from mcuprune.operand import sample_shape
from mcuprune.ops import OPS

KIND = "loop"
LEAST = 3  # steps that are worth a loop
MOVERS = frozenset("expand_dims reshape slice split split_v squeeze strided_slice transpose unpack".split())
GATHERERS = ("concatenation", "pack")
Views = Mapping[int, tuple[int, int]]  # tensor -> the tensor that its bytes lie in, from which byte on


def roll(graph: Graph) -> Graph:
    """The graph with a loop for every repetition, or itself where there is none."""
    while (rolled := _rolled(graph)) is not None:
        graph = rolled
    return graph


def _rolled(graph: Graph) -> Graph | None:
    """The longest repetition of a graph made a loop."""
    views = _views(graph)
    signs = {id(op): _sign(graph, op) for op in graph.ops if op.outputs[0] not in views and op.kind != KIND}
    often = Counter(signs.values())
    repeated = [op for op in graph.ops if often[signs.get(id(op))] >= LEAST]
    for start, period, count in _repetitions([signs[id(op)] for op in repeated]):
        places = range(start, start + count * period, period)
        found = _Loop(graph, views, [repeated[i : i + period] for i in places]).graph()
        if found:
            return found
    return None


def _repetitions(signs: Sequence[Any]) -> list[tuple[int, int, int]]:
    """(start, period, count) of sequences that are repeated at once, those first that save most.

    >>> _repetitions("xabababy")[0]
    (1, 2, 3)
    """
    number = {sign: i for i, sign in enumerate(dict.fromkeys(signs))}
    numbers, found = np.array([number[sign] for sign in signs]), []
    for period in range(1, len(signs) // LEAST + 1):
        same = np.concatenate([[False], numbers[period:] == numbers[:-period], [False]])
        edges = np.flatnonzero(same[1:] != same[:-1])
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            for start in range(begin, min(begin + period, end)):
                count = (int(end) - start) // period + 1
                if count >= LEAST:
                    found.append((int(start), period, count))
    return sorted(found, key=lambda f: (-(f[2] - 1) * f[1], f[1], f[0]))


def _sign(graph: Graph, op: Op) -> Any:
    """What operators of equal steps have in common: all but values, and which tensors they are."""

    def of(i: int) -> Any:
        if i < 0:
            return None
        tensor = graph.tensors[i]
        return tensor.shape, tensor.dtype, tensor.scale.tobytes(), tensor.zero_point.tobytes(), tensor.axis

    attrs = tuple(sorted((key, str(value)) for key, value in op.attrs.items()))
    return op.kind, attrs, tuple(map(of, op.inputs)), tuple(map(of, op.outputs))


# --- tensors that lie in others ----------------------------------------------------------------------------------


def _views(graph: Graph) -> Views:
    """What operators write that only take neighbouring bytes out of another tensor."""
    views: dict[int, tuple[int, int]] = {}
    for op in graph.ops:
        activations = [i for i in op.inputs if i >= 0 and not graph.tensors[i].constant]
        if op.kind in MOVERS and len(activations) == 1:
            (source,) = activations
            came = _moved(graph, op, {source: np.arange(graph.tensors[source].count)})
            if np.array_equal(came, came[0] + np.arange(len(came))):
                base, offset = views.get(source, (source, 0))
                views[op.outputs[0]] = base, offset + int(came[0])
    return views


def _moved(graph: Graph, op: Op, numbers: Mapping[int, np.ndarray]) -> np.ndarray:
    """An operator that moves bytes, run on numbers in their place."""
    operands: list[np.ndarray | None] = []
    for i in op.inputs:
        tensor = graph.tensors[i]
        operands.append(numbers[i].reshape(1, *sample_shape(tensor)) if i in numbers else tensor.data)
    return OPS[op.kind].reference(graph, op, operands)[0].reshape(-1)


# --- one loop ----------------------------------------------------------------------------------------------------


class _NotAlike(Exception):
    """The steps are not the same after all."""


class _Loop:
    """Steps that look alike, on their way to an operator.  steps: [count][period]"""

    def __init__(self, graph: Graph, views: Views, steps: Sequence[Sequence[Op]]) -> None:
        self.steps, self.views, self.source = steps, views, graph
        self.tensors = list(graph.tensors)
        self.made = {op.outputs[0]: (i, k) for i, step in enumerate(steps) for k, op in enumerate(step)}
        self.slots: dict[int, Slot] = {}
        self.begins: dict[int, int] = {}  # position in a step -> what its state is before the first step

    def graph(self) -> Graph | None:
        """The graph with the loop as one operator, None where the steps depend on one another in other ways."""
        try:
            body = [self._operator(k) for k in range(len(self.steps[0]))]
            gathered = self._gathered()
            body += [self._gatherer(op, order) for op, order in gathered]
        except _NotAlike:
            return None
        return self._placed(body, [op for op, _ in gathered])

    def _operator(self, k: int) -> Op:
        """Of all steps' k-th operator one, which writes the tensor of the last step."""
        operands = zip(*(step[k].inputs for step in self.steps), strict=True)
        inputs = tuple(self._operand(k, tensors) for tensors in operands)
        return replace(self.steps[-1][k], name=self.steps[0][k].name, inputs=inputs)

    def _operand(self, k: int, tensors: Sequence[int]) -> int:
        """The tensor that stands for what operator k reads in each step."""
        if len(set(tensors)) == 1 or self._equal(tensors):
            return tensors[-1]
        bases, offsets = zip(*(self.views.get(i, (i, 0)) for i in tensors), strict=True)
        makers = [self.made.get(base) for base in bases]
        if makers[-1] is None:
            strides = set(np.diff(offsets).tolist())
            if len({*bases}) > 1 or len(strides) > 1 or self.tensors[bases[0]].constant:
                raise _NotAlike
            return self._slot(tensors[-1], Slot(bases[0], offsets[0], strides.pop()))
        where = {(i - maker[0], maker[1]) for i, maker in enumerate(makers) if i and maker}
        if len(where) > 1 or None in makers[1:] or len({*offsets[1:]}) > 1:
            raise _NotAlike
        ((ago, maker),) = where
        made = self.steps[-1][maker].outputs[0]
        if ago == 1 and k < maker and makers[0] is None:
            self._begin(maker, tensors, made)
            before = self.steps[-2][maker].outputs[0]
        elif ago == 0 and makers[0] == (0, maker) and offsets[0] == offsets[-1]:
            before = made
        else:
            raise _NotAlike
        return made if tensors[-1] == before else self._slot(tensors[-1], Slot(made, offsets[-1], 0))

    def _begin(self, maker: int, tensors: Sequence[int], made: int) -> None:
        """What a state is before the first step has to be the whole of it."""
        first, state = self.tensors[tensors[0]], self.tensors[made]
        same = (first.shape, first.scale.tobytes(), first.zero_point.tobytes()) == (
            (state.shape, state.scale.tobytes(), state.zero_point.tobytes())
        )
        if not same or self.begins.setdefault(maker, tensors[0]) != tensors[0]:
            raise _NotAlike

    def _equal(self, tensors: Sequence[int]) -> bool:
        """Whether they are constants of the same values."""
        if min(tensors) < 0:
            return False
        data = [self.tensors[i].data for i in tensors]
        return data[0] is not None and all(d is not None and np.array_equal(d, data[0]) for d in data)

    def _slot(self, like: int, slot: Slot) -> int:
        """A new tensor at a place in another one."""
        self.tensors.append(replace(self.tensors[like], data=None))
        self.slots[len(self.tensors) - 1] = slot
        return len(self.tensors) - 1

    # --- what others read of it

    def _outside(self) -> Iterator[Op]:
        """Operators beside the steps, less those that are only views."""
        steps = {id(op) for step in self.steps for op in step}
        return (op for op in self.source.ops if id(op) not in steps and op.outputs[0] not in self.views)

    def _maker(self, tensor: int) -> tuple[int, int] | None:
        """(step, position in it) of the operator that made a tensor, or what the tensor lies in."""
        return self.made.get(self.views.get(tensor, (tensor, 0))[0])

    def _gathered(self) -> list[tuple[Op, list[int]]]:
        """The operators that put the outputs of all steps side by side, and the operands in the order of the steps.

        Whoever else reads must do with the last step.
        """
        found = []
        for op in self._outside():
            makers = [self._maker(i) for i in op.inputs]
            if op.kind in GATHERERS and None not in makers and len({k for _, k in filter(None, makers)}) == 1:
                step_of = [maker[0] for maker in makers if maker]
                if sorted(step_of) == list(range(len(self.steps))):
                    found.append((op, [op.inputs[step_of.index(i)] for i in range(len(self.steps))]))
                    continue
            if any(maker and maker[0] < len(self.steps) - 1 for maker in makers):
                raise _NotAlike
        for maker in map(self._maker, self.source.outputs):
            if maker and maker[0] < len(self.steps) - 1:
                raise _NotAlike
        return found

    def _gatherer(self, op: Op, order: Sequence[int]) -> Op:
        """The operator with one operand, which it puts where the step's turn is."""
        sizes = {self.tensors[i].count for i in order}
        whole = {self.views.get(i, (i, 0))[1] for i in order} == {0}
        made = self.steps[-1][self._maker(order[-1])[1]].outputs[0]  # type: ignore[index]
        if len(sizes) > 1 or not whole or sizes != {self.tensors[made].count}:
            raise _NotAlike
        (size,) = sizes
        came = _moved(self.source, op, {i: step * size + np.arange(size) for step, i in enumerate(order)})
        offsets = [int(np.flatnonzero(came == step * size)[0]) for step in range(len(order))]
        strides = set(np.diff(offsets).tolist())
        target = self.tensors[op.outputs[0]]
        if len(strides) > 1 or not all(
            np.array_equal(came[offset : offset + size], step * size + np.arange(size))
            for step, offset in enumerate(offsets)
        ):
            raise _NotAlike
        shape = self.tensors[order[-1]].shape
        if op.kind == "pack":
            axis = op.attrs["axis"] % len(target.shape)
            shape = (*shape[:axis], 1, *shape[axis:])
        slot = Slot(op.outputs[0], offsets[0], strides.pop())
        read = made if order[-1] == made else self._slot(order[-1], Slot(made, 0, 0))
        self.tensors.append(replace(target, shape=shape))
        self.slots[len(self.tensors) - 1] = slot
        return replace(op, inputs=(read,), outputs=(len(self.tensors) - 1,))

    # --- its place in the graph

    def _placed(self, body: Sequence[Op], gathered: Sequence[Op]) -> Graph | None:
        """What the steps need goes before them; what they have in between and do not need comes after."""
        own = {id(op) for step in self.steps for op in step} | {id(op) for op in gathered}
        written = {*self.made, *(op.outputs[0] for op in gathered)}
        last = max(i for i, op in enumerate(self.source.ops) if op is self.steps[-1][-1])
        before: list[Op] = []
        after: list[Op] = []
        late = set(written)
        for position, op in enumerate(self.source.ops):
            if id(op) in own:
                continue
            if position > last or late.intersection(op.inputs):
                after.append(op)
                late.update(op.outputs)
            else:
                before.append(op)
        states = {self.steps[-1][k].outputs[0]: begin for k, begin in self.begins.items()}
        read = {i for op in body for i in op.inputs} | {slot.tensor for slot in self.slots.values()} | {*states.values()}
        inputs = tuple(sorted(i for i in read - written - set(self.slots) if i >= 0 and not self.tensors[i].constant))
        if late.intersection(inputs):
            return None
        kept = {op.outputs[0] for op in (*self.steps[-1], *gathered)}
        after = [op for op in after if not (written - kept).intersection(op.inputs)]  # views of earlier steps
        wanted = {i for op in after for i in op.inputs} | set(self.source.outputs)
        outputs = tuple(sorted(kept & wanted)) or tuple(sorted(kept))[-1:]
        names = [[op.outputs[0] for op in step] + [-1] * len(gathered) for step in self.steps]
        attrs = {
            "inputs": inputs,
            "states": tuple(states.items()),
            "body": tuple(body),
            "count": len(self.steps),
            "slots": self.slots,
            "written": tuple(map(tuple, names)),
        }
        loop = Op(KIND, body[0].name, inputs, outputs, attrs)
        ops = _needed((*before, loop, *after), self.source.outputs)
        return replace(self.source, tensors=tuple(self.tensors), ops=ops)


def _needed(ops: Sequence[Op], outputs: Sequence[int]) -> tuple[Op, ...]:
    """Those that somebody reads: slices were made for each step."""
    wanted, left = set(outputs), []
    for op in reversed(ops):
        if wanted.intersection(op.outputs):
            wanted.update(op.inputs)
            left.append(op)
    return tuple(left[::-1])


# --- back to a list of operators ---------------------------------------------------------------------------------


def spread(graph: Graph) -> Graph:
    """The graph with the operators of each loop in a row, those in front that give states their first values."""
    ops: list[Op] = []
    loops: list[Loop] = []
    for op in graph.ops:
        if op.kind != KIND:
            ops.append(op)
            continue
        now = dict(zip(op.attrs["inputs"], op.inputs, strict=True))  # lossless passes may have put others there
        body = [replace(inner, inputs=tuple(now.get(i, i) for i in inner.inputs)) for inner in op.attrs["body"]]
        writer = {inner.outputs[0]: inner.name for inner in body}
        attrs = {"axis": 0, "fused_activation_function": "NONE"}
        for state, begin in op.attrs["states"]:
            ops.append(Op("concatenation", f"{writer[state]}_start", (now.get(begin, begin),), (state,), attrs))
        slots = {i: replace(slot, tensor=now.get(slot.tensor, slot.tensor)) for i, slot in op.attrs["slots"].items()}
        loops.append(Loop(len(ops), len(ops) + len(body), op.attrs["count"], slots, op.attrs["written"]))
        ops += body
    return replace(graph, ops=tuple(ops), loops=tuple(loops)) if loops else graph
