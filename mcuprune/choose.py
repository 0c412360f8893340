"""Choose an encoding and a kernel for every layer, by bytes of flash and of RAM, and by predicted cycles.

Every layer has a few candidates: each encoding with the operator's own kernel, the special kernels that suit it, and
those of them that also do with less scratch.  Bytes of flash are a candidate's constants, and, once for all layers
that call it, the code of a kernel.  A goal weighs the bytes of a whole network against its cycles:

    size        the fewest bytes of constants
    speed       the fewest cycles
    balanced    the knee between the two: the least product of bytes and cycles
    a limit     the fewest cycles within so many bytes, by Lagrange's method: minimise cycles + price * bytes, and
                search the lowest price at which the sum of bytes is within the limit

RAM is a matter of each layer on its own: a candidate may be used where its scratch and all that is alive beside it
fit into the arena.  The arena is no larger than it has to be for nearly the same speed, or the same where that is the
goal.
"""

from collections.abc import Sequence

from mcuprune import cost, kernels, ops, order
from mcuprune.board import Board
from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Function, Layer, leaves
from mcuprune.menu import DEAR, Candidate, Menu, choose
from mcuprune.operand import wide
from mcuprune.plan import needs, plan, scratch_size

GOALS = ("size", "speed", "balanced")
UNKNOWN = 1e12  # cycles of a kernel that was never measured on a core: chosen where there is nothing else
NEARLY = 1.01  # times as many cycles, or bytes times cycles, may a choice have that needs less RAM


def smallest(weights) -> str:
    """The name of the smallest encoding of a weight matrix.  weights: int8 [outputs, inputs].

    Where two are equally small the dense one wins: it is the fastest to read.
    """
    return min(ENCODINGS, key=lambda name: (ENCODINGS[name].size(weights), name != "dense"))


def layers(
    graph: Graph,
    board: Board,
    goal: str | int = "balanced",
    isas: Sequence[str] | None = None,
    arena: int | None = None,
) -> list[Layer]:
    """Every operator of the graph, lowered, in the order that needs the least memory at once.

    goal: a name of GOALS, or the bytes that all constants and the code of kernels may take.  isas: sets of kernels to
    choose from, the board's when None.  arena: the bytes that it may take; where it cannot be so small, the least.
    """
    isas = isas or board.isas
    choices = [candidates(graph, op, board, isas) for op in graph.ops]
    leanest = [min(each, key=lambda c: scratch_size(c.layer)).layer for each in choices]
    choices = [choices[i] for i in order.best(graph, leanest)]
    room = _room(graph, choices)
    if not room:
        return []
    least = max(map(min, room))
    steps = sorted({n for each in room for n in each if n >= least})  # bytes that an arena is worth having

    def within(limit: int) -> Menu:
        """The candidates that need no more RAM."""
        fitting = [
            [c for c, n in zip(each, needed, strict=True) if n <= limit]
            for each, needed in zip(choices, room, strict=True)
        ]
        return Menu(fitting, {f: cost.code(f, board.cpu, isas) for each in choices for c in each for f in c.functions})

    def at(step: int) -> list[Layer]:
        menu = within(steps[step])
        return menu.layers(choose(menu, goal))

    last = max((i for i, n in enumerate(steps) if arena is None or n <= arena), default=0)
    while last > 0 and arena is not None and plan(graph, at(last)).size > arena:
        last -= 1  # what is alive at once would fit, but not without gaps
    return at(_least(within, steps[: last + 1], goal))


def _least(within, steps: Sequence[int], goal: str | int) -> int:
    """The first step that is nearly as good as the last one."""

    def worth(step: int) -> float:
        menu = within(steps[step])
        chosen = choose(menu, goal)
        size, cycles = menu.totals(chosen)
        excess = max(size - goal, 0) * DEAR if isinstance(goal, int) else 0
        return {"size": menu.constants(chosen), "balanced": size * cycles}.get(str(goal), cycles + excess)

    low, high = 0, len(steps) - 1
    best = worth(high)
    if isinstance(goal, int) and best >= DEAR:  # over the limit, though other kernels, of less RAM, may not be
        return min(range(len(steps)), key=worth)
    enough = best * (1 if goal in ("size", "speed") else NEARLY)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if worth(middle) <= enough else (middle + 1, high)
    return high


def recorded(
    graph: Graph,
    board: Board,
    kernels_used: Sequence[tuple[str | None, str | None, int | None]],
    isas: Sequence[str] | None = None,
) -> list[Layer]:
    """The choice that a report tells of.  kernels_used: the identity of every layer."""
    found = []
    for op, used in zip(graph.ops, kernels_used, strict=True):
        layers = [candidate.layer for candidate in candidates(graph, op, board, isas)]
        found.append(next((layer for layer in layers if identity(layer) == used), layers[0]))
    return found


def identity(layer: Layer) -> tuple[str | None, str | None, int | None]:
    """(kernel, encoding, bytes of scratch) as a report names them.  A kernel that calls others is told with them."""
    kernel = " ".join(layer.calls[0].functions) if layer.calls else None
    return kernel, layer.encoded.encoding if layer.encoded else None, scratch_size(layer)


def candidates(graph: Graph, op: Op, board: Board, isas: Sequence[str] | None = None) -> list[Candidate]:
    """All ways to compute an operator on a board with these sets of kernels, the board's own when None."""
    isas = isas or board.isas
    module = ops.OPS[op.kind]
    if hasattr(module, "weights"):
        weights = module.weights(graph, op)
        encoded = [e.encode(weights) for e in ENCODINGS.values() if e.size(weights) < float("inf")]
        found = [module.lower(graph, op, e, isas) for e in encoded]
        if hasattr(module, "frugal"):
            found += [layer for e in encoded for layer in module.frugal(graph, op, e, isas)]
    else:
        found = [module.lower(graph, op)]
    special = [] if wide(graph, op) else kernels.KERNELS.values()
    for kernel in (k for k in special if op.kind == k.OP):
        if layer := kernel.lower(graph, op, isas):
            found.append(layer)
            found += kernel.frugal(graph, op, isas) if hasattr(kernel, "frugal") else []
    position = next((i for i, other in enumerate(graph.ops) if other is op), -1)
    loop = graph.loop_at(position)
    layers = [layer.repeated(loop.count) if loop else layer for layer in found if layer]
    return [Candidate(layer, constant_bytes(layer), _cycles(layer, board.cpu)) for layer in layers]


def constant_bytes(layer: Layer) -> int:
    """Bytes of a layer's arrays in flash."""
    return sum(f.size for call in layer.calls for _, f in leaves(call.fields) if isinstance(f, Array | Function))


def code_bytes(layers: Sequence[Layer], board: Board, isas: Sequence[str]) -> int:
    """Bytes of the kernels that layers call."""
    return sum(cost.code(f, board.cpu, isas) for f in {f for layer in layers for c in layer.calls for f in c.functions})


def _cycles(layer: Layer, cpu: str) -> float:
    predicted = cost.cycles(layer, cpu)
    return UNKNOWN if predicted is None else predicted


def _room(graph: Graph, choices: Sequence[Sequence[Candidate]]) -> list[list[int]]:
    """Bytes of the arena that are alive while a layer runs, of each candidate."""
    most = max(map(len, choices), default=0)
    found = [needs(graph, [each[min(k, len(each) - 1)].layer for each in choices]) for k in range(most)]
    return [[found[k][step] for k in range(len(each))] for step, each in enumerate(choices)]
