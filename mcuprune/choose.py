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
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mcuprune import cost, kernels, ops
from mcuprune.board import Board
from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Layer, leaves
from mcuprune.plan import needs, plan, scratch_size

GOALS = ("size", "speed", "balanced")
UNKNOWN = 1e12  # cycles of a kernel that was never measured on a core: chosen where there is nothing else
DEAR = 1e13  # cycles for a byte: a price at which only bytes count
CHEAP = 1e-6  # and one at which they only decide between equals
MOST = 11  # kernels of which all combinations are tried
NEARLY = 1.01  # times as many cycles, or bytes times cycles, may a choice have that needs less RAM


@dataclass(frozen=True)
class Candidate:
    """One way to compute a layer."""

    layer: Layer
    size: int  # bytes of constants in flash
    cycles: float

    @property
    def functions(self) -> frozenset[str]:
        return frozenset(call.function for call in self.layer.calls)


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
    """Every operator of the graph, lowered.

    goal: a name of GOALS, or the bytes that all constants and the code of kernels may take.  isas: sets of kernels to
    choose from, the board's when None.  arena: the bytes that it may take; where it cannot be so small, the least.
    """
    isas = isas or board.isas
    choices = [candidates(graph, op, board, isas) for op in graph.ops]
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
        return menu.layers(_choose(menu, goal))

    last = max((i for i, n in enumerate(steps) if arena is None or n <= arena), default=0)
    while last > 0 and arena is not None and plan(graph, at(last)).size > arena:
        last -= 1  # what is alive at once would fit, but not without gaps
    return at(_least(within, steps[: last + 1], goal))


def _least(within, steps: Sequence[int], goal: str | int) -> int:
    """The first step that is nearly as good as the last one."""

    def worth(step: int) -> float:
        menu = within(steps[step])
        chosen = _choose(menu, goal)
        size, cycles = menu.totals(chosen)
        excess = max(size - goal, 0) * DEAR if isinstance(goal, int) else 0
        return {"size": menu.constants(chosen), "balanced": size * cycles}.get(str(goal), cycles + excess)

    low, high = 0, len(steps) - 1
    enough = worth(high) * (1 if goal in ("size", "speed") else NEARLY)
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
    """(kernel, encoding, bytes of scratch) as a report names them."""
    kernel = layer.calls[0].function if layer.calls else None
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
    for kernel in (k for k in kernels.KERNELS.values() if op.kind == k.OP):
        if layer := kernel.lower(graph, op, isas):
            found.append(layer)
            found += kernel.frugal(graph, op, isas) if hasattr(kernel, "frugal") else []
    return [Candidate(layer, constant_bytes(layer), _cycles(layer, board.cpu)) for layer in found if layer]


def constant_bytes(layer: Layer) -> int:
    """Bytes of a layer's arrays in flash."""
    return sum(f.size for call in layer.calls for _, f in leaves(call.fields) if isinstance(f, Array))


def code_bytes(layers: Sequence[Layer], board: Board, isas: Sequence[str]) -> int:
    """Bytes of the kernels that layers call."""
    return sum(cost.code(f, board.cpu, isas) for f in {call.function for layer in layers for call in layer.calls})


def _cycles(layer: Layer, cpu: str) -> float:
    predicted = cost.cycles(layer, cpu)
    return UNKNOWN if predicted is None else predicted


def _room(graph: Graph, choices: Sequence[Sequence[Candidate]]) -> list[list[int]]:
    """Bytes of the arena that are alive while a layer runs, of each candidate."""
    most = max(map(len, choices), default=0)
    found = [needs(graph, [each[min(k, len(each) - 1)].layer for each in choices]) for k in range(most)]
    return [[found[k][step] for k in range(len(each))] for step, each in enumerate(choices)]


@dataclass(frozen=True, eq=False)
class Menu:
    """The candidates of every layer as arrays [layers, most candidates], inf where there is none.

    code: bytes of every kernel.  What is chosen is an array of indices, one for each layer.
    """

    candidates: Sequence[Sequence[Candidate]]
    code: dict[str, int]

    def _array(self, value) -> np.ndarray:
        array = np.full((len(self.candidates), max(map(len, self.candidates))), np.inf)
        for row, each in zip(array, self.candidates, strict=True):
            row[: len(each)] = [value(candidate) for candidate in each]
        return array

    @cached_property
    def cycles(self) -> np.ndarray:
        return self._array(lambda c: c.cycles)

    @cached_property
    def size(self) -> np.ndarray:
        return self._array(lambda c: c.size)

    @cached_property
    def bundles(self) -> list[frozenset[str]]:
        """Kernels that are called together; most often it is one."""
        return sorted({c.functions for each in self.candidates for c in each}, key=sorted)

    @cached_property
    def bundle(self) -> np.ndarray:
        """The bundle of each candidate."""
        number = {bundle: i for i, bundle in enumerate(self.bundles)}
        return self._array(lambda c: number[c.functions])

    @cached_property
    def families(self) -> list[list[str]]:
        """Kernels among which layers choose: sets that have nothing to do with one another."""
        families: list[set[str]] = []
        for each in self.candidates:
            family = set().union(*(c.functions for c in each))
            touched = [f for f in families if f & family]
            families = [f for f in families if not f & family] + [family.union(*touched)]
        return [sorted(family) for family in families if family]

    def layers(self, chosen: np.ndarray) -> list[Layer]:
        return [each[i].layer for each, i in zip(self.candidates, chosen, strict=True)]

    def functions(self, chosen: np.ndarray) -> frozenset[str]:
        return frozenset().union(*(each[i].functions for each, i in zip(self.candidates, chosen, strict=True)))

    def constants(self, chosen: np.ndarray) -> int:
        """Their bytes."""
        return int(self.size[np.arange(len(chosen)), chosen].sum())

    def totals(self, chosen: np.ndarray) -> tuple[int, float]:
        """(bytes of flash, cycles)"""
        code = sum(self.code[f] for f in self.functions(chosen))
        return self.constants(chosen) + code, float(self.cycles[np.arange(len(chosen)), chosen].sum())

    def costs(self, price: float) -> np.ndarray:
        """[layers, most candidates] when a byte costs `price` cycles"""
        return self.cycles + price * self.size


def _choose(menu: Menu, goal: str | int) -> np.ndarray:
    if goal == "size":
        return _with(menu, menu.costs(DEAR), frozenset(menu.code))
    if goal == "speed":
        return _at_price(menu, CHEAP)
    if goal == "balanced":
        return _knee(menu)
    return _within(menu, int(goal))


def _knee(menu: Menu) -> np.ndarray:
    """The least product of bytes and cycles: on the curve of best choices, where a % of one costs a % of the other."""
    found = _at_price(menu, CHEAP)
    for _ in range(8):
        size, cycles = menu.totals(found)
        found = _at_price(menu, cycles / max(size, 1))
    return found


def _within(menu: Menu, limit: int) -> np.ndarray:
    """The fewest cycles in so many bytes: kernels that are best at some price, and of constants what they have room
    for."""
    found, smaller = [], _search(lambda price: _at_price(menu, price), menu, limit)
    for functions in {menu.functions(chosen) for chosen in smaller}:
        found += _search(lambda price, own=functions: _with(menu, menu.costs(price), own), menu, limit)

    def worth(chosen: np.ndarray) -> tuple[int, float]:
        size, cycles = menu.totals(chosen)
        return max(size - limit, 0), cycles

    return min([*found, *smaller], key=worth)


def _search(at, menu: Menu, limit: int) -> list[np.ndarray]:
    """The choices at prices around the lowest one that keeps bytes within the limit."""
    low, high = CHEAP, DEAR
    found = [at(low), at(high)]
    if menu.totals(found[0])[0] <= limit:
        return found[:1]
    while high > 1.01 * low and menu.totals(found[-1])[0] != limit:
        middle = (low * high) ** 0.5
        found.append(at(middle))
        low, high = (low, middle) if menu.totals(found[-1])[0] <= limit else (middle, high)
    return found


def _at_price(menu: Menu, price: float) -> np.ndarray:
    """The best choice when a byte costs `price` cycles."""
    costs = menu.costs(price)
    of_bundle = np.array([np.where(menu.bundle == i, costs, np.inf).min(axis=1) for i in range(len(menu.bundles))])
    kept: set[str] = set()
    for family in menu.families:
        kept |= _best_of(family, menu, of_bundle, price)
    return _with(menu, costs, frozenset(kept))


def _best_of(family: Sequence[str], menu: Menu, of_bundle: np.ndarray, price: float) -> set[str]:
    """The kernels of a family that are best together.  of_bundle: costs with the code left out, [bundles, layers]"""
    if len(family) == 1:
        return set(family)
    own = [i for i, bundle in enumerate(menu.bundles) if bundle & set(family)]
    costs = of_bundle[own][:, np.isfinite(of_bundle[own]).any(axis=0)]
    code = price * np.array([menu.code[f] for f in family])
    needs = np.array([[f in menu.bundles[i] for f in family] for i in own])
    kept = _promising(needs, costs, code)
    sets = (np.arange(1 << len(kept))[:, None] >> np.arange(len(kept))) & 1 == 1
    has = np.zeros((len(sets), len(family)), bool)
    has[:, kept] = sets
    able = ~(needs[None] & ~has[:, None]).any(axis=2)  # [sets, bundles]
    paid = np.zeros(len(sets))
    for layer in costs.T:
        paid += np.where(able, layer, np.inf).min(axis=1)
    return {family[i] for i in np.flatnonzero(has[(paid + has @ code).argmin()])}


def _promising(needs: np.ndarray, costs: np.ndarray, code: np.ndarray) -> list[int]:
    """Kernels without those that another one beats in every layer, and MOST of them at most.

    needs: bool [bundles, kernels]; costs: [bundles, layers]
    """
    alone = {int(row.argmax()): i for i, row in enumerate(needs) if row.sum() == 1}
    kept = list(range(len(code)))
    for i, at in alone.items():
        if needs[:, i].sum() > 1:
            continue
        for j, other in alone.items():
            if j != i and j in kept and code[j] <= code[i] and (costs[other] <= costs[at]).all():
                kept.remove(i)
                break
    if len(kept) > MOST:
        best = {int(i) for i in np.flatnonzero(needs[costs.argmin(axis=0)].any(axis=0))}
        kept = sorted(kept, key=lambda i: (i not in best, code[i]))[:MOST]
    return kept


def _with(menu: Menu, costs: np.ndarray, functions: frozenset[str]) -> np.ndarray:
    """The best candidate of each layer among those that call only these kernels."""
    outside = [i for i, bundle in enumerate(menu.bundles) if not bundle <= functions]
    return np.where(np.isin(menu.bundle, outside), np.inf, costs).argmin(axis=1)
