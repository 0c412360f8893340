"""What layers take on an emulated core: instructions, estimated cycles and stack."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

import arm
import draw
import numpy as np
from layers import Random

from mcuprune import choose
from mcuprune.board import Board
from mcuprune.graph import Graph, Tensor
from mcuprune.layer import Layer
from mcuprune.operand import sample_shape
from mcuprune.plan import scratch_size

STACK_CASES = 6  # layers that a kernel's stack is measured in
STACK_LIMIT = 480  # bytes that a kernel may take of it


def measure(cases: Sequence[tuple[Graph, Layer]], board: Board) -> list[tuple[int, int]]:
    """(instructions, estimated cycles) of layers in QEMU, on random inputs; a layer without calls takes none."""
    random = np.random.default_rng(0)
    counts = [(0, 0)] * len(cases)
    shares = [_share(graph, layer, board) for graph, layer in cases]
    for part in _programs(shares):
        inputs = [random_operands(random, *cases[i]) for i in part]
        results = arm.measure_all([(*cases[i], arrays) for i, arrays in zip(part, inputs, strict=True)], board, 4)
        for i, (_, instructions, cycles) in zip(part, results, strict=True):
            counts[i] = instructions, cycles
    return counts


def random_operands(random: Random, graph: Graph, layer: Layer) -> list[np.ndarray]:
    """A sample of each activation that a layer reads."""
    return [random.integers(-128, 128, (1, *sample_shape(t)), np.int8) for t in _read(graph, layer)]


def stacks(board: Board, rounds: int = 300) -> dict[str, int]:
    """Bytes of stack that kernels take, of those that so many random layers run: {kernel: at most}."""
    random, seen, cases = np.random.default_rng(0), Counter[str](), []
    for graph in islice(draw.at_random(random), rounds):
        for candidate in choose.candidates(graph, graph.ops[0], board):
            functions = {call.function for call in candidate.layer.calls}
            if functions and min(seen[f] for f in functions) < STACK_CASES:
                seen.update(functions)
                cases.append((graph, candidate.layer))
    found: dict[str, int] = {}
    for part in _programs([_share(graph, layer, board) for graph, layer in cases]):
        inputs = [random_operands(random, *cases[i]) for i in part]
        used = arm.stacks([(*cases[i], arrays) for i, arrays in zip(part, inputs, strict=True)], board)
        for i, size in zip(part, used, strict=True):
            for call in cases[i][1].calls:
                found[call.function] = max(found.get(call.function, 0), size)
    return found


def _share(graph: Graph, layer: Layer, board: Board) -> float:
    """Of a machine that a layer takes; its activations are there up to four times (tests/arm.py)."""
    if not layer.calls:
        return 0.0
    activations = sum(t.size for t in (*_read(graph, layer), *graph.results(layer.op)))
    ram = 4 * (activations + scratch_size(layer))
    return max(2 * choose.constant_bytes(layer) / board.machine.flash.size, ram / board.machine.ram.size)


def _programs(shares: Sequence[float]) -> Iterator[list[int]]:
    """Indices of the layers that are called, as many in a program as one machine holds."""
    part: list[int] = []
    for i, share in enumerate(shares):
        if part and sum(shares[k] for k in part) + share > 1:
            yield part
            part = []
        if share:
            part.append(i)
    if part:
        yield part


def _read(graph: Graph, layer: Layer) -> list[Tensor]:
    """The activations that a layer reads."""
    indices = dict.fromkeys(i for i in layer.op.inputs if i >= 0)
    return [graph.tensors[i] for i in indices if not graph.tensors[i].constant]
