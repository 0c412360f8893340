"""Where a network does the same several times: operators in a row that look like those before them.

They look alike when they are of the same kind, with the same attributes, on tensors of the same shapes and scales.
Whether they do the same to the same is for mcuprune.loops to say.  Operators that only take neighbouring bytes out of
another tensor are left out: whoever reads what they write can as well read where it came from, its view.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.operand import sample_shape
from mcuprune.ops import OPS

LEAST = 3  # steps that are worth a loop
MOVERS = frozenset("expand_dims reshape slice split split_v squeeze strided_slice transpose unpack".split())
Views = Mapping[int, tuple[int, int]]  # tensor -> the tensor that its bytes lie in, and from which byte on


def repeats(graph: Graph, views: Views) -> Iterator[list[list[Op]]]:
    """Steps that look alike, [count][operators], those first that save most."""
    signs = {id(op): _sign(graph, op) for op in graph.ops if op.kind in OPS and op.outputs[0] not in views}
    often = Counter(signs.values())
    found = []
    for order in (graph.ops, _ordered(graph)):
        ops = [op for op in order if often[signs.get(id(op))] >= LEAST]
        found += [(row, ops) for row in rows([signs[id(op)] for op in ops])]
    for (start, period, count), ops in sorted(found, key=lambda each: -_saved(each[0])):
        yield [ops[i : i + period] for i in range(start, start + count * period, period)]


def rows(signs: Sequence[Any]) -> list[tuple[int, int, int]]:
    """(start, period, count) of what is repeated in a row, those first that save most.

    >>> rows("xabababy")[0]
    (1, 2, 3)
    """
    number = {sign: i for i, sign in enumerate(dict.fromkeys(signs))}
    numbers = np.array([number[sign] for sign in signs])
    found = []
    for period in range(1, len(signs) // LEAST + 1):
        same = np.concatenate([[False], numbers[period:] == numbers[:-period], [False]])
        edges = np.flatnonzero(same[1:] != same[:-1]).tolist()
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            for start in range(begin, min(begin + period, end)):
                found.append((start, period, (end - start) // period + 1))
    found = [(start, period, count) for start, period, count in found if count >= LEAST]
    return sorted(found, key=lambda row: (-_saved(row), row[1], row[0]))


def _saved(row: tuple[int, int, int]) -> int:
    """Operators that a loop would do without."""
    _, period, count = row
    return (count - 1) * period


def _ordered(graph: Graph) -> list[Op]:
    """The operators, each when it is wanted, and what takes longest to come first.

    A file may have what begins a step among other layers.
    """
    writer = {i: op for op in graph.ops for i in op.outputs}
    depth: dict[int, int] = {}
    for op in graph.ops:
        depth[id(op)] = 1 + max((depth[id(writer[i])] for i in op.inputs if i in writer), default=0)
    ordered: dict[int, Op] = {}
    wanted = [writer[i] for i in reversed(graph.outputs) if i in writer]
    while wanted:
        missing = [writer[i] for i in wanted[-1].inputs if i in writer and id(writer[i]) not in ordered]
        if missing:
            wanted.append(max(missing, key=lambda op: depth[id(op)]))
        else:
            op = wanted.pop()
            ordered[id(op)] = op
    return list(ordered.values())


def _sign(graph: Graph, op: Op) -> Any:
    """What operators of equal steps have in common: all but values, and which tensors they are."""

    def of(i: int) -> Any:
        if i < 0:
            return None
        tensor = graph.tensors[i]
        return tensor.shape, tensor.dtype, tensor.scale.tobytes(), tensor.zero_point.tobytes(), tensor.axis

    attrs = tuple(sorted((key, str(value)) for key, value in op.attrs.items()))
    return op.kind, attrs, tuple(map(of, op.inputs)), tuple(map(of, op.outputs))


def views(graph: Graph) -> Views:
    """What is written by operators that take neighbouring bytes out of another tensor."""
    found: dict[int, tuple[int, int]] = {}
    for op in graph.ops:
        activations = [i for i in op.inputs if i >= 0 and not graph.tensors[i].constant]
        if op.kind in MOVERS and len(activations) == 1:
            (source,) = activations
            came = moved(graph, op, {source: np.arange(graph.tensors[source].count)})
            if np.array_equal(came, came[0] + np.arange(len(came))):
                base, offset = found.get(source, (source, 0))
                found[op.outputs[0]] = base, offset + int(came[0])
    return found


def moved(graph: Graph, op: Op, numbers: Mapping[int, np.ndarray]) -> np.ndarray:
    """What an operator that moves bytes makes of numbers in their place.  numbers: int [count] of each activation"""
    operands: list[np.ndarray | None] = []
    for i in op.inputs:
        tensor = graph.tensors[i]
        operands.append(numbers[i].reshape(1, *sample_shape(tensor)) if i in numbers else tensor.data)
    return OPS[op.kind].reference(graph, op, operands)[0].reshape(-1)
