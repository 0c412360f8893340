"""Operators that change no byte go: a QUANTIZE to the same scale, a product with one, a clamp that nothing reaches.

It is seen by trying: all 256 values, or for operators that only move bytes, the places that they come from.
"""

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.lookup import EVERY_INT8
from mcuprune.operand import sample_shape
from mcuprune.ops import OPS
from mcuprune.ranges import LAYOUT, LOOKUPS, Range, Reach
from mcuprune.rewrite import without

WIDE = True


def apply(graph: Graph, reach: Reach) -> Graph:
    for op in graph.ops:
        source = _unchanged(graph, op, reach)
        if source is not None and not (source in graph.inputs and op.outputs[0] in graph.outputs):
            return apply(without(graph, op, source), reach)
    return graph


def _unchanged(graph: Graph, op: Op, reach: Reach) -> int | None:
    """The operand that the output equals in every byte, in shape and in what bytes stand for."""
    sources = [i for i in op.inputs if i >= 0 and not graph.tensors[i].constant]
    if len(sources) != 1 or len(op.outputs) != 1:
        return None
    source, target = graph.tensors[sources[0]], graph.results(op)[0]
    if source.shape != target.shape or (source.s, source.z) != (target.s, target.z):
        return None
    same = moves_nothing(graph, op) if op.kind in LAYOUT else _maps_to_itself(graph, op, reach.get(sources[0]))
    return sources[0] if same else None


def moves_nothing(graph: Graph, op: Op) -> bool:
    """Whether an operator of LAYOUT with one activation only gives the same bytes a new shape."""
    source = graph.operand(op, 0)
    if source.constant or source.count != graph.results(op)[0].count:
        return False
    places = np.arange(source.count)
    operands = [places.reshape(1, *sample_shape(source)), *(graph.tensors[i].data for i in op.inputs[1:])]
    return np.array_equal(OPS[op.kind].reference(graph, op, operands)[0].reshape(-1), places)


def _maps_to_itself(graph: Graph, op: Op, reach: Range | None) -> bool:
    """Whether a function of single bytes gives back every value that there can be."""
    if reach is None or op.kind not in LOOKUPS | {"add", "mul"}:
        return False
    values = EVERY_INT8[(reach[0].min() <= EVERY_INT8) & (reach[1].max() >= EVERY_INT8)]
    shape = (len(values), *sample_shape(graph.results(op)[0]))
    x = np.ascontiguousarray(np.broadcast_to(values.reshape(-1, *[1] * (len(shape) - 1)), shape))
    operands = [x if data is None else data for data in (graph.tensors[i].data for i in op.inputs)]
    return np.array_equal(OPS[op.kind].reference(graph, op, operands)[0], x)
