"""The order of operators that needs the least memory at once.

Any order in which operators come after those that they read gives the same outputs.  Where a network has branches,
the order decides how many bytes are alive at once (Liberis and Lane 2019, arXiv 1910.05110).  What is alive after some
operators are done does not depend on the order that they ran in; so of all orders of the same operators only the best
is followed, longer by one operator a turn.  While there are no more than WIDTH sets of done operators, the search is
exact; beyond, the WIDTH best go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mcuprune.graph import Graph
from mcuprune.layer import Layer
from mcuprune.pack import Buffer, align
from mcuprune.plan import needs, overlaps, scratch_size, wanted

WIDTH = 256


@dataclass(frozen=True)
class Step:
    """One operator.  Sets are integers: bit i is operator i."""

    after: int  # operators that it reads from
    touches: tuple[int, ...]  # buffers that it reads or writes
    scratch: int  # bytes
    shared: dict[int, int]  # input's buffer -> bytes of it that the output takes over, where nobody reads it later


@dataclass(frozen=True)
class Part:
    """Some operators in the best order of these."""

    done: int = 0
    order: tuple[int, ...] = ()
    peak: int = 0  # bytes that were alive at once
    alive: int = 0  # bytes that the others will read


def best(graph: Graph, layers: Sequence[Layer]) -> list[int]:
    """The order, as indices of layers, in which the fewest bytes are alive at once; of equals the present one.

    layers: one for each operator, with the scratch that it would have.
    """
    if graph.loops:  # the steps of a loop stay together
        return list(range(len(layers)))
    memory = wanted(graph, layers)[1]
    steps = _steps(layers, memory)
    users = [_bits(i for i, step in enumerate(steps) if at in step.touches) for at in range(len(memory))]

    def longer(part: Part, i: int) -> Part:
        """A part with one more operator."""
        step, done = steps[i], part.done | 1 << i
        new = sum(memory[at].room for at in step.touches if not users[at] & part.done)
        dying = [at for at in step.touches if not users[at] & ~done]
        shared = max((step.shared.get(at, 0) for at in dying), default=0)
        alive = part.alive + new
        peak = max(part.peak, alive + step.scratch - shared)
        return Part(done, (*part.order, i), peak, alive - sum(memory[at].room for at in dying))

    def alone(step: Step) -> int:
        """Bytes that an operator needs in any order."""
        return sum(memory[at].room for at in step.touches) + step.scratch - max(step.shared.values(), default=0)

    present, parts = max(needs(graph, layers), default=0), [Part()]
    if present == max(map(alone, steps), default=0):
        return list(range(len(steps)))
    for _ in steps:
        found: dict[int, Part] = {}
        for part in parts:
            for i, step in enumerate(steps):
                if step.after & ~part.done or part.done >> i & 1:
                    continue
                other = longer(part, i)
                if other.peak < present and (other.done not in found or other.peak < found[other.done].peak):
                    found[other.done] = other
        parts = sorted(found.values(), key=lambda part: (part.peak, part.alive))[:WIDTH]
    return list(parts[0].order) if parts else list(range(len(steps)))


def _steps(layers: Sequence[Layer], memory: Sequence[Buffer]) -> list[Step]:
    lies = {tensor: at for at, buffer in enumerate(memory) for tensor in buffer.tensors}
    writers = {tensor: i for i, layer in enumerate(layers) for tensor in layer.op.outputs}
    shared: list[dict[int, int]] = [{} for _ in layers]
    for i, source, target, distance, _ in overlaps(layers, lies):
        both = min(memory[target].room - distance, memory[source].room)
        shared[i][source] = max(shared[i].get(source, 0), both)
    return [
        Step(
            after=_bits(writers[tensor] for tensor in layer.op.inputs if tensor in writers),
            touches=tuple({lies[tensor]: None for tensor in (*layer.op.inputs, *layer.op.outputs) if tensor in lies}),
            scratch=align(scratch_size(layer)),
            shared=shared[i],
        )
        for i, layer in enumerate(layers)
    ]


def _bits(operators: Iterable[int]) -> int:
    return sum(1 << i for i in set(operators))
