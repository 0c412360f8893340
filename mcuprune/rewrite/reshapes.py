"""What gives the same bytes a new shape is a RESHAPE, and of several in a row the last one tells.

A TRANSPOSE that only moves dimensions of 1, a CONCATENATION of one tensor, SQUEEZE: in C they are nothing, and as
RESHAPEs the other passes see through them.
"""

from dataclasses import replace

import numpy as np

from mcuprune.graph import Graph, Op, Tensor
from mcuprune.ranges import LAYOUT, Reach
from mcuprune.rewrite.identities import moves_nothing

WIDE = True


def apply(graph: Graph, reach: Reach) -> Graph:
    tensors, ops = list(graph.tensors), []
    before: dict[int, int] = {}  # what a RESHAPE writes -> what it reads
    for op in graph.ops:
        if op.kind in LAYOUT and len(op.outputs) == 1 and moves_nothing(graph, op):
            source = before[op.outputs[0]] = before.get(op.inputs[0], op.inputs[0])
            if op.kind != "reshape" or source != op.inputs[0]:
                op = _reshape(op, source, graph.results(op)[0], tensors)
        ops.append(op)
    if all(new is old for new, old in zip(ops, graph.ops, strict=True)):
        return graph
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))


def _reshape(op: Op, source: int, target: Tensor, tensors: list[Tensor]) -> Op:
    shape = np.array(target.shape, np.int32)
    tensors.append(Tensor(f"{op.name}/shape", shape.shape, "int32", data=shape))
    return Op("reshape", op.name, (source, len(tensors) - 1), op.outputs)
