"""Operators whose outputs nobody reads go."""

from dataclasses import replace

from mcuprune.graph import Graph
from mcuprune.ranges import Reach

WIDE = True


def apply(graph: Graph, reach: Reach) -> Graph:
    needed, left = set(graph.outputs), []
    for op in reversed(graph.ops):
        if needed.intersection(op.outputs):
            needed.update(op.inputs)
            left.append(op)
    return graph if len(left) == len(graph.ops) else replace(graph, ops=tuple(left[::-1]))
