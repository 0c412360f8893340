"""Operators that compute the same for every input become constants, where those who read them can read a constant."""

from dataclasses import replace

from mcuprune.graph import Graph
from mcuprune.ranges import ranges
from mcuprune.rewrite import readers

READ_CONSTANTS = {"add", "mul", "concatenation"}


def apply(graph: Graph) -> Graph:
    reach = ranges(graph)
    written = {i for op in graph.ops for i in op.outputs} - set(graph.outputs)
    known = {i for i in written if i in reach and (reach[i][0] == reach[i][1]).all()}
    folded: set[int] = set()
    for op in reversed(graph.ops):
        if known.issuperset(op.outputs) and all(
            reader.kind in READ_CONSTANTS or folded.issuperset(reader.outputs)
            for i in op.outputs
            for reader in readers(graph, i)
        ):
            folded.update(op.outputs)
    if not folded:
        return graph
    tensors = list(graph.tensors)
    for i in folded:
        tensors[i] = replace(tensors[i], data=reach[i][0].reshape(tensors[i].shape))
    left = tuple(op for op in graph.ops if not folded.intersection(op.outputs))
    return replace(graph, tensors=tuple(tensors), ops=left)
