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
fit into the arena.  The arena is no larger than it has to be for nearly the same speed, or for the very same where size
or speed is the goal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from mcuprune import chains, cost, kernels, ops, order, strips
from mcuprune.board import Board
from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Function, Layer, leaves
from mcuprune.menu import Candidate, Menu, choose
from mcuprune.operand import wide
from mcuprune.plan import Wall, needs, plan, scratch_size

GOALS = ("size", "speed", "balanced")
UNKNOWN = 1e12  # cycles of a kernel that was never measured on a core: chosen where there is nothing else
ATTEMPTS = 12  # to find chains whose arena has no more gaps than there is room for
HALVINGS = 6  # in search of the least arena
NEARLY = 1.01  # times as many cycles, or bytes times cycles, may a choice have that needs less RAM


class Identity(NamedTuple):
    """What tells the candidates of a layer apart."""

    kernel: str | None
    encoding: str | None
    scratch: int | None  # bytes
    overlap: int | None  # bytes that the output may begin below the input, at least; None: they lie apart


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
    wall: Wall | None = None,
) -> list[Layer]:
    """Every operator of the graph, lowered, in the order that needs the least memory at once.

    goal: a name of GOALS, or the bytes that all constants and the code of kernels may take.  isas: sets of kernels to
    choose from, the board's when None.  arena: the bytes that it may take; where it cannot be so small, the least.
    wall: where RAM ends, and what it has behind it.
    """
    isas = isas or board.isas
    choices = [candidates(graph, op, board, isas) for op in graph.ops]
    leanest = [min(each, key=lambda c: scratch_size(c.layer)).layer for each in choices]
    choices = [choices[i] for i in order.best(graph, leanest)]
    graph = replace(graph, ops=tuple(each[0].layer.op for each in choices))
    functions = {"mcup_copy_s8"}.union(*(c.functions for each in choices for c in each))  # it is for strips
    code = {f: cost.code(f, board.cpu, isas) for f in functions}
    best = _best(graph, choices, code, goal, arena, wall)
    enough_for_all = wall is None and max(map(max, _room(graph, choices)), default=0) <= (arena or 0)
    if arena is None or graph.loops or enough_for_all:
        return best

    def worth(layers: Sequence[Layer]) -> tuple[bool, int, float]:
        functions = {f for layer in layers for call in layer.calls for f in call.functions}
        size, cycles = sum(map(constant_bytes, layers)), sum(_cycles(layer, board.cpu) for layer in layers)
        return _excess(graph, layers, arena, wall) > 0, *_worth(goal, size, sum(code[f] for f in functions), cycles)

    _, size, rest = worth(_best(graph, choices, code, goal, None))
    enough = False, size, NEARLY * rest
    if worth(best) <= enough:
        return best
    for chained in _in_strips(graph, board, isas, choices, code, goal, arena, wall):
        if not worth(chained)[0]:
            best = min(best, chained, key=worth)
        if worth(best) <= enough:
            break
    return best


def _worth(goal: str | int, constants: int, code: int, cycles: float) -> tuple[int, float]:
    """(bytes that count before all, what counts then) of a choice, of which less is better."""
    if isinstance(goal, int):
        return max(constants + code - goal, 0), cycles
    if goal == "size":
        return constants, cycles
    return 0, (constants + code) * cycles if goal == "balanced" else cycles


def least_arena(graph: Graph, board: Board) -> int:
    """Bytes of an arena, to within a few %, that no slower kernels and no strips make smaller."""
    low, high = 0, plan(graph, layers(graph, board, "speed", arena=0)).size
    for _ in range(HALVINGS):
        middle = (low + high) // 2
        size = plan(graph, layers(graph, board, "speed", arena=middle)).size
        low, high = (low, size) if size <= middle else (middle, high)
    return high


def _in_strips(
    graph: Graph,
    board: Board,
    isas: Sequence[str],
    choices: Sequence[Sequence[Candidate]],
    code: dict[str, int],
    goal: str | int,
    arena: int,
    wall: Wall | None,
) -> Iterator[list[Layer]]:
    """Choices with chains in them for less and less RAM: what is alive at once may fit, but not without gaps."""
    known: dict[tuple, list[Layer]] = {}

    def lower(part: Graph, op: Op) -> list[Layer]:
        key = (op.name, part is graph or strips.kind(part, op))
        if key not in known:
            known[key] = [c.layer for c in candidates(part, op, board, isas)]
        return known[key]

    def judge(layer: Layer) -> Candidate:
        return Candidate(layer, constant_bytes(layer), _cycles(layer, board.cpu))

    room = _room(graph, choices)
    for attempt in range(ATTEMPTS):
        relieved = chains.relieve(graph, choices, room, arena - attempt * arena // (2 * ATTEMPTS), lower, judge)
        if relieved is None:
            break
        yield _best(graph, relieved, code, goal, arena, wall)


def _best(
    graph: Graph,
    choices: Sequence[Sequence[Candidate]],
    code: dict[str, int],
    goal: str | int,
    arena: int | None,
    wall: Wall | None = None,
) -> list[Layer]:
    """A candidate of every layer; code: bytes of every kernel."""
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
        return Menu(fitting, code)

    def at(step: int) -> list[Layer]:
        menu = within(steps[step])
        return menu.layers(choose(menu, goal))

    last = max((i for i, n in enumerate(steps) if arena is None or n <= arena), default=0)
    while last > 0 and arena is not None and (excess := _excess(graph, at(last), arena, wall)) > 0:
        lower = steps[last] - excess  # what is alive at once would fit, but not without gaps
        last = max((i for i, n in enumerate(steps[:last]) if n <= lower), default=0)
    return at(_least(within, steps[: last + 1], goal))


def _excess(graph: Graph, layers: Sequence[Layer], arena: int, wall: Wall | None) -> int:
    """Bytes of a plan that are over the limit, or over what is behind a wall."""
    placed = plan(graph, layers, wall)
    return max(placed.size - arena, placed.top - wall.end if wall else 0)


def _least(within, steps: Sequence[int], goal: str | int) -> int:
    """The first step that is nearly as good as the last one."""

    def worth(step: int) -> tuple[int, float]:
        menu = within(steps[step])
        chosen = choose(menu, goal)
        size, cycles = menu.totals(chosen)
        constants = menu.constants(chosen)
        return _worth(goal, constants, size - constants, cycles)

    low, high = 0, len(steps) - 1
    size, rest = worth(high)
    if isinstance(goal, int) and size > 0:  # over the limit, though other kernels, of less RAM, may not be
        return min(range(len(steps)), key=worth)
    enough = size, rest * (1 if goal in ("size", "speed") else NEARLY)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if worth(middle) <= enough else (middle + 1, high)
    return high


def recorded(
    graph: Graph,
    board: Board,
    kernels_used: Sequence[Identity],
    isas: Sequence[str] | None = None,
    chained: Mapping[int, tuple[int, int]] | None = None,
) -> list[Layer]:
    """The choice that a report tells of.

    kernels_used: the identity of every layer; chained: first layer of a chain -> how many layers, lines of a strip.
    """

    def lower(part: Graph, op: Op) -> list[Layer]:
        return [candidate.layer for candidate in candidates(part, op, board, isas)]

    ways = [lower(graph, op) for op in graph.ops]
    for first, (count, lines) in (chained or {}).items():
        schedule = strips.schedule(graph, graph.ops[first : first + count], lines)
        assert schedule is not None, f"{graph.ops[first].name} begins no chain of {count} layers"
        ways[first : first + count] = strips.layers(graph, schedule, lower)
    return [
        next((layer for layer in each if identity(layer) == used), each[0])
        for each, used in zip(ways, kernels_used, strict=True)
    ]


def strip_cycles(graph: Graph, layers: Sequence[Layer], board: Board, isas: Sequence[str] | None = None) -> float:
    """Predicted cycles that layers of a chain take longer than the fastest kernels for each as a whole."""
    whole = (min(c.cycles for c in candidates(graph, layer.op, board, isas)) for layer in layers)
    return sum(_cycles(layer, board.cpu) for layer in layers) - sum(whole)


def identity(layer: Layer) -> Identity:
    """What a report tells of a candidate, and finds it by.  A kernel that calls others is told with them."""
    kernel = " ".join(layer.calls[0].functions) if layer.calls else None
    encoding = layer.encoded.encoding if layer.encoded else None
    return Identity(kernel, encoding, scratch_size(layer), layer.overlap.distance if layer.overlap else None)


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
    arrays = (f for call in layer.calls for _, f in leaves(call.fields) if isinstance(f, Array | Function))
    return sum({id(array): array.size for array in arrays}.values())  # strips share theirs


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
