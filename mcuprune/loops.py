"""Networks that do the same again and again, rolled up: a recurrent layer that was unrolled becomes a loop.

    roll(graph)      makes one operator of the kind 'loop' of each repetition; no lossless pass looks into it
    spread(graph)    puts the operators of one step in its place: Graph.loops says how often they run, and on what

Steps are alike if their operators are, with their constants by value.  What a step reads of the step before is a
state.  What it reads of the rest of the network is the same for all, or its piece of a tensor, one behind the other;
what the rest reads of it is what the last step leaves, or all steps side by side.  What is otherwise stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcuprune import naming
from mcuprune.graph import Graph, Loop, Op, Slot, Tensor
from mcuprune.repeats import Views, moved, repeats, views

KIND = "loop"
GATHERERS = ("concatenation", "pack")


@dataclass(frozen=True, eq=False)
class Steps:
    """What an operator of the kind 'loop' does."""

    body: tuple[Op, ...]  # of one step; it writes what the last step has written
    count: int
    states: Mapping[int, int]  # what is written for the next step -> what it is before the first
    slots: Mapping[int, Slot]
    written: tuple[tuple[int, ...], ...]  # see graph.Loop
    inputs: tuple[int, ...]  # of the operator, as body, states and slots name them


def roll(graph: Graph) -> Graph:
    """The graph with a loop for every repetition, or itself where there is none."""
    known = views(graph)
    for steps in repeats(graph, known):
        try:
            return roll(_Builder(graph, known, steps).graph())
        except _NotAlike:
            continue
    return graph


def spread(graph: Graph) -> Graph:
    """The graph with the operators of each loop in a row, and before them those that fill its states."""
    ops: list[Op] = []
    loops: list[Loop] = []
    inside = (inner for op in graph.ops if op.kind == KIND for inner in op.attrs["steps"].body)
    used = {op.name.lower() for op in (*graph.ops, *inside)}
    for op in graph.ops:
        if op.kind != KIND:
            ops.append(op)
            continue
        steps: Steps = op.attrs["steps"]
        now = dict(zip(steps.inputs, op.inputs, strict=True))  # lossless passes may have put others there
        writer = {inner.outputs[0]: inner.name for inner in steps.body}
        attrs = {"axis": 0, "fused_activation_function": "NONE"}
        for state, begin in steps.states.items():
            name = naming.unique(f"{writer[state]}_start", used)
            ops.append(Op("concatenation", name, (now.get(begin, begin),), (state,), attrs))
        slots = {i: replace(slot, tensor=now.get(slot.tensor, slot.tensor)) for i, slot in steps.slots.items()}
        loops.append(Loop(len(ops), len(ops) + len(steps.body), steps.count, slots, steps.written))
        ops += [replace(inner, inputs=tuple(now.get(i, i) for i in inner.inputs)) for inner in steps.body]
    return replace(graph, ops=tuple(ops), loops=tuple(loops)) if loops else graph


class _NotAlike(Exception):
    """The steps are not the same after all."""


def _demand(alike: bool) -> None:
    if not alike:
        raise _NotAlike


def _progression(numbers: Sequence[int]) -> tuple[int, int]:
    """(first, difference) of numbers that are the same distance apart."""
    differences = set(np.diff(numbers).tolist())
    _demand(len(differences) == 1)
    return numbers[0], differences.pop()


class _Builder:
    """Steps that look alike, on their way to an operator.  steps: [count][operators]"""

    def __init__(self, source: Graph, known: Views, steps: Sequence[Sequence[Op]]) -> None:
        self.source, self.known, self.steps = source, known, steps
        self.tensors = list(source.tensors)
        self.made = {op.outputs[0]: (i, k) for i, step in enumerate(steps) for k, op in enumerate(step)}
        self.last = [op.outputs[0] for op in steps[-1]]
        self.slots: dict[int, Slot] = {}
        self.states: dict[int, int] = {}

    def graph(self) -> Graph:
        """The graph with the loop as one operator.  Raises _NotAlike where steps depend on one another otherwise."""
        body = [self._operator(k) for k in range(len(self.last))]
        gathered = list(self._gathered())
        body += [self._gatherer(*which) for which in gathered]
        return self._placed(body, [op for op, _, _ in gathered])

    def _operator(self, k: int) -> Op:
        """Of all steps' k-th operator one."""
        operands = zip(*(step[k].inputs for step in self.steps), strict=True)
        inputs = tuple(self._operand(k, tensors) for tensors in operands)
        return replace(self.steps[-1][k], name=self.steps[0][k].name, inputs=inputs)

    def _operand(self, k: int, tensors: Sequence[int]) -> int:
        """The tensor that stands for what the k-th operator reads, of each step one."""
        if len(set(tensors)) == 1 or self._equal_constants(tensors):
            return tensors[-1]
        places = [self._place(i) for i in tensors]
        makers = [self.made.get(base) for base, _ in places]
        if makers[-1] is None:
            _demand(len({base for base, _ in places}) == 1 and not self.tensors[places[0][0]].constant)
            return self._slot(self.tensors[tensors[-1]], places[0][0], *_progression([at for _, at in places]))
        later = [(i - maker[0], maker[1], places[i][1]) for i, maker in enumerate(makers) if i and maker]
        _demand(len(later) == len(tensors) - 1 and len(set(later)) == 1)
        ago, maker, offset = later[0]
        if ago:  # the state has one place: it must have been read before it is overwritten
            _demand(ago == 1 and k < maker and makers[0] is None)
            self._begin(self.last[maker], tensors[0])
        else:
            _demand(makers[0] == (0, maker) and places[0][1] == offset)
        written = self.steps[-1 - ago][maker].outputs[0]
        return self.last[maker] if tensors[-1] == written else self._inside(tensors[-1], self.last[maker], offset)

    def _begin(self, state: int, first: int) -> None:
        """What is there before the first step is the whole of the state."""
        a, b = self.tensors[state], self.tensors[first]
        _demand((a.shape, a.s, a.z) == (b.shape, b.s, b.z) and self.states.setdefault(state, first) == first)

    def _equal_constants(self, tensors: Sequence[int]) -> bool:
        data = [self.tensors[i].data if i >= 0 else None for i in tensors]
        return data[0] is not None and all(d is not None and np.array_equal(d, data[0]) for d in data)

    def _place(self, tensor: int) -> tuple[int, int]:
        """The tensor that one lies in, and from which byte on."""
        return self.known.get(tensor, (tensor, 0))

    def _slot(self, like: Tensor, base: int, offset: int, stride: int) -> int:
        """A new tensor at a place in another one."""
        self.tensors.append(replace(like, data=None))
        self.slots[len(self.tensors) - 1] = Slot(base, offset, stride)
        return len(self.tensors) - 1

    def _inside(self, like: int, base: int, offset: int) -> int:
        return self._slot(self.tensors[like], base, offset, 0)

    # --- what others read of it

    def _gathered(self) -> Iterator[tuple[Op, int, list[int]]]:
        """The operators that put the outputs of all steps side by side: (operator, which output, operands by step).

        Whoever else reads must do with the last step.
        """
        steps = {id(op) for step in self.steps for op in step}
        count = len(self.steps)
        for op in self.source.ops:
            if id(op) in steps or op.outputs[0] in self.known:
                continue
            makers = [maker for maker in map(self._maker, op.inputs) if maker]
            of_step = {i: tensor for (i, _), tensor in zip(makers, op.inputs, strict=False)}
            if op.kind in GATHERERS and len(op.inputs) == len(makers) == len(of_step) == count:
                _demand(len({k for _, k in makers}) == 1)
                yield op, makers[0][1], [of_step[i] for i in range(count)]
            else:
                _demand(all(i == count - 1 for i, _ in makers))
        _demand(all(maker is None or maker[0] == count - 1 for maker in map(self._maker, self.source.outputs)))

    def _maker(self, tensor: int) -> tuple[int, int] | None:
        """(step, position in it) of the operator that made a tensor, or what the tensor lies in."""
        return self.made.get(self._place(tensor)[0])

    def _gatherer(self, op: Op, k: int, operands: Sequence[int]) -> Op:
        """The operator with one operand, which it puts where it is the step's turn."""
        size = self.tensors[self.last[k]].count
        _demand(all(self.tensors[i].count == size for i in operands))
        numbers = {i: np.arange(step * size, (step + 1) * size) for step, i in enumerate(operands)}
        came = moved(self.source, op, numbers)
        begins = [int(np.flatnonzero(came == each[0])[0]) for each in numbers.values()]
        _demand(all(np.array_equal(came[at : at + size], numbers[i]) for at, i in zip(begins, operands, strict=True)))
        shape, target = self.tensors[operands[-1]].shape, self.tensors[op.outputs[0]]
        if op.kind == "pack":
            axis = op.attrs["axis"] % len(target.shape)
            shape = (*shape[:axis], 1, *shape[axis:])
        read = self.last[k] if operands[-1] == self.last[k] else self._inside(operands[-1], self.last[k], 0)
        piece = self._slot(replace(target, shape=shape), op.outputs[0], *_progression(begins))
        return replace(op, inputs=(read,), outputs=(piece,))

    # --- its place in the graph

    def _placed(self, body: Sequence[Op], gathered: Sequence[Op]) -> Graph:
        """What the steps need goes before them, what they have in between and do not need comes after."""
        wholes = [op.outputs[0] for op in gathered]
        own = {*self.made, *wholes}
        read = {i for op in body for i in op.inputs} | {slot.tensor for slot in self.slots.values()}
        read = (read | {*self.states.values()}) - own - self.slots.keys()
        inputs = tuple(sorted(i for i in read if i >= 0 and not self.tensors[i].constant))
        before: list[Op] = []
        after: list[Op] = []
        late, rest = set(own), set(own)
        for op in self.source.ops:
            rest.discard(op.outputs[0])
            if op.outputs[0] in own:
                continue
            if rest and not late.intersection(op.inputs):
                before.append(op)
            else:
                after.append(op)
                late.update(op.outputs)
        _demand(bool(inputs) and not late.intersection(inputs))
        names = [[op.outputs[0] for op in step] + [-1] * len(wholes) for step in self.steps]
        steps = Steps(tuple(body), len(names), self.states, self.slots, tuple(map(tuple, names)), inputs)
        outputs = (*self.last, *wholes)
        loop = Op(KIND, body[0].name, inputs, outputs, {"steps": steps})
        ops = _needed((*before, loop, *after), self.source.outputs)
        return replace(self.source, tensors=tuple(self.tensors), ops=ops)


def _needed(ops: Sequence[Op], outputs: Sequence[int]) -> tuple[Op, ...]:
    """Those that somebody reads: nobody does what took the pieces of single steps."""
    wanted, left = set(outputs), []
    for op in reversed(ops):
        if wanted.intersection(op.outputs):
            wanted.update(op.inputs)
            left.append(op)
    return tuple(left[::-1])
