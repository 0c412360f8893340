"""Which layers are computed in strips (mcuprune.strips): those whose tensors are too large for the arena that there is.

A layer is tight where its fastest way of all needs more RAM than there is.  What it costs to have it fit, in cycles, is
what a kernel of less scratch takes longer, or all there is where no kernel fits; the chain around it that saves most of
that is taken.  A chain has as few strips as RAM allows: every one costs calls, and what kernels prepare anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from mcuprune import strips
from mcuprune.graph import Graph
from mcuprune.layer import Layer
from mcuprune.menu import Candidate
from mcuprune.plan import needs, room_of_scratch

LONGEST = 6  # layers of a chain
NEVER = 1e12  # cycles of a layer that no kernel computes in the arena there is
CALL = 16  # bytes of code that a call takes

Choices = Sequence[Sequence[Candidate]]
Judge = Callable[[Layer], Candidate]


def relieve(
    graph: Graph, choices: Choices, room: Sequence[Sequence[int]], arena: int, lower: strips.Lower, judge: Judge
) -> Choices | None:
    """The candidates of every layer, those of a chain where that is cheaper; None where nothing makes a layer fit.

    room: bytes of the arena that each candidate needs; judge: makes a candidate of a layer.
    """
    waste = [_waste(each, needed, arena) for each, needed in zip(choices, room, strict=True)]
    found, taken = list(choices), set[int]()
    for step in sorted(range(len(choices)), key=lambda i: -waste[i]):
        if not waste[step]:
            continue
        best, gain = None, 0.0
        for first, last in _ranges(step, len(choices)):
            own = range(first, last + 1)
            if taken.isdisjoint(own) and (ways := _strips(graph, choices, first, last, arena, lower, judge)):
                extra = sum(_fastest(way) - _fastest(choices[i]) for i, way in zip(own, ways, strict=True))
                saved = sum(waste[i] for i in own) - extra
                if saved > gain:
                    best, gain = (own, ways), saved
        if best:
            for i, way in zip(*best, strict=True):
                found[i] = way
                taken.add(i)
                waste[i] = 0
        elif waste[step] > NEVER / 2:
            return None
    return found


def _strips(
    graph: Graph, choices: Choices, first: int, last: int, arena: int, lower: strips.Lower, judge: Judge
) -> list[list[Candidate]]:
    """The candidates of a chain with the strips that are best among those that fit; [] where there are none."""
    ops = graph.ops[first : last + 1]
    if not strips.suit(graph, ops):
        return []
    found: list[list[Candidate]] = []

    def cycles(ways: Choices) -> float:
        return sum(map(_fastest, ways))

    plain = [each[0].layer for each in choices]
    height = graph.results(ops[-1])[0].shape[1]
    for lines in sorted({-(-height // n) for n in range(2, height + 1)}, reverse=True):
        plan = strips.schedule(graph, ops, lines)
        if plan is None:
            continue
        chain = strips.chain(graph, plan)
        chained = [replace(layer, chain=chain) for layer in plain[first : last + 1]]
        left = (
            arena - needs(graph, [*plain[:first], *chained, *plain[last + 1 :]])[first] + room_of_scratch(plain[first])
        )
        if left < 0:
            continue
        ways = strips.layers(graph, plan, lower)
        every = [[judge(layer) for layer in way] for way in ways]
        fitting = [[c for c in way if room_of_scratch(c.layer) <= left] for way in every]
        if all(fitting) and (not found or cycles(fitting) < cycles(found)):
            found = [[replace(c, size=c.size + CALL * len(c.layer.calls)) for c in way] for way in fitting]
        if found and cycles(found) <= cycles(every):
            break  # more strips only cost more
    return found


def _waste(each: Sequence[Candidate], needed: Sequence[int], arena: int) -> float:
    """Cycles that a layer takes because its fastest kernel does not find room."""
    fitting = [c.cycles for c, n in zip(each, needed, strict=True) if n <= arena]
    return min(fitting, default=NEVER) - _fastest(each)


def _fastest(each: Sequence[Candidate]) -> float:
    return min(c.cycles for c in each)


def _ranges(step: int, count: int) -> Iterator[tuple[int, int]]:
    """(first, last) of chains that a layer may be a part of, short ones first."""
    for length in range(2, LONGEST + 1):
        for first in range(max(step - length + 1, 0), min(step, count - length) + 1):
            yield first, first + length - 1
