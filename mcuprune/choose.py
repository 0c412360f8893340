"""Choose an encoding and a kernel for every layer, by bytes of flash and predicted cycles.

Every layer has a few candidates: each encoding with the operator's own kernel, and the special kernels that suit it.
A goal weighs the bytes of a whole network against its cycles:

    size        the fewest bytes
    speed       the fewest cycles
    balanced    the knee between the two: the least product of bytes and cycles
    a limit     the fewest cycles within so many bytes, by Lagrange's method: minimise cycles + price * bytes over
                each layer on its own, and search the lowest price at which the sum of bytes is within the limit
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mcuprune import cost, kernels, ops
from mcuprune.board import Board
from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Layer, leaves

GOALS = ("size", "speed", "balanced")
UNKNOWN = 1e18  # cycles of a kernel that was never measured on a core: chosen where there is nothing else
DEAR = 1e12  # a price at which only bytes count


@dataclass(frozen=True)
class Candidate:
    """One way to compute a layer."""

    layer: Layer
    size: int  # bytes of constants in flash
    cycles: float


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
    functions: Collection[str] | None = None,
) -> list[Layer]:
    """Every operator of the graph, lowered.

    goal: a name of GOALS, or the bytes that all constants may take.  isas: sets of kernels to choose from, the board's
    when None.  functions: the only kernels to choose from, such as those whose code is linked already.
    """
    choices = [candidates(graph, op, board, isas) for op in graph.ops]
    if functions is not None:
        choices = [[c for c in each if _calls(c) <= set(functions)] for each in choices]
    return [candidate.layer for candidate in _choose(choices, goal)]


def _calls(candidate: Candidate) -> set[str]:
    return {call.function for call in candidate.layer.calls}


def recorded(
    graph: Graph,
    board: Board,
    kernels_used: Sequence[tuple[str | None, str | None]],
    isas: Sequence[str] | None = None,
) -> list[Layer]:
    """The choice that a report tells of.  kernels_used: (kernel, encoding) of every layer, None where it has none."""
    found = []
    for op, used in zip(graph.ops, kernels_used, strict=True):
        layers = [candidate.layer for candidate in candidates(graph, op, board, isas)]
        found.append(next((layer for layer in layers if identity(layer) == used), layers[0]))
    return found


def identity(layer: Layer) -> tuple[str | None, str | None]:
    """(kernel, encoding) as a report names them."""
    kernel = layer.calls[0].function if layer.calls else None
    return kernel, layer.encoded.encoding if layer.encoded else None


def candidates(graph: Graph, op: Op, board: Board, isas: Sequence[str] | None = None) -> list[Candidate]:
    """All ways to compute an operator on a board with these sets of kernels, the board's own when None."""
    isas = isas or board.isas
    module = ops.OPS[op.kind]
    if hasattr(module, "weights"):
        weights = module.weights(graph, op)
        fitting = [e for e in ENCODINGS.values() if e.size(weights) < float("inf")]
        found = [module.lower(graph, op, e.encode(weights), isas) for e in fitting]
    else:
        found = [module.lower(graph, op)]
    special = (k.lower(graph, op, isas) for k in kernels.KERNELS.values() if op.kind == k.OP)
    return [Candidate(layer, constant_bytes(layer), _cycles(layer, board.cpu)) for layer in [*found, *special] if layer]


def constant_bytes(layer: Layer) -> int:
    """Bytes of a layer's arrays in flash."""
    return sum(f.size for call in layer.calls for _, f in leaves(call.fields) if isinstance(f, Array))


def _cycles(layer: Layer, cpu: str) -> float:
    predicted = cost.cycles(layer, cpu)
    return UNKNOWN if predicted is None else predicted


def _choose(choices: Sequence[Sequence[Candidate]], goal: str | int) -> list[Candidate]:
    if goal == "size":
        return _at_price(choices, DEAR)
    if goal == "speed":
        return _at_price(choices, 0.0)
    if goal == "balanced":
        return _knee(choices)
    limit, low, high = int(goal), 0.0, DEAR
    if _size(_at_price(choices, low)) <= limit:
        return _at_price(choices, low)
    for _ in range(60):
        middle = (low * high) ** 0.5 if low else high / 1e6
        low, high = (low, middle) if _size(_at_price(choices, middle)) <= limit else (middle, high)
    return _at_price(choices, high)


def _knee(choices: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """The least product of bytes and cycles: on the curve of best choices, where a % of one costs a % of the other."""
    found = _at_price(choices, 0.0)
    for _ in range(8):
        price = sum(c.cycles for c in found) / max(_size(found), 1)
        found = _at_price(choices, price)
    return found


def _at_price(choices: Sequence[Sequence[Candidate]], price: float) -> list[Candidate]:
    """The best candidate of each layer when a byte costs `price` cycles."""

    def worth(c: Candidate) -> tuple[float, float, float]:
        return (c.size, c.cycles, 0) if price == DEAR else (c.cycles + price * c.size, c.size, c.cycles)

    return [min(each, key=worth) for each in choices]


def _size(found: Sequence[Candidate]) -> int:
    return sum(candidate.size for candidate in found)
