"""Operators that compute the same for every input become constants, where those who read them can read a constant."""

from dataclasses import replace

from mcuprune.graph import Graph, Op
from mcuprune.ranges import Reach
from mcuprune.rewrite import readers

READ_CONSTANTS = {"add", "mul", "concatenation"}


def apply(graph: Graph, reach: Reach) -> Graph:
    known = {i for op in graph.ops for i in op.outputs if i in reach and (reach[i][0] == reach[i][1]).all()}
    folded: set[int] = set()

    def takes_constants(op: Op) -> bool:
        """Or goes as well."""
        return folded.issuperset(op.outputs) or (op.kind in READ_CONSTANTS and known.isdisjoint(op.outputs))

    for op in reversed(graph.ops):
        foldable = known.issuperset(op.outputs) and not set(op.outputs) & set(graph.outputs)
        if foldable and all(takes_constants(reader) for i in op.outputs for reader in readers(graph, i)):
            folded.update(op.outputs)
    if not folded:
        return graph
    tensors = list(graph.tensors)
    for i in folded:
        tensors[i] = replace(tensors[i], data=reach[i][0].reshape(tensors[i].shape))
    left = tuple(op for op in graph.ops if not folded.intersection(op.outputs))
    return replace(graph, tensors=tuple(tensors), ops=left)
