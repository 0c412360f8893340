"""A fused activation that no output can reach goes: kernels then leave its pass over the outputs out."""

from dataclasses import replace

from mcuprune import operand
from mcuprune.graph import Graph, Op
from mcuprune.operand import output_range
from mcuprune.ranges import Reach, of

FUSED = "fused_activation_function"
CLAMPS = operand.FUSED[1:]  # all but NONE


def apply(graph: Graph, reach: Reach) -> Graph:
    ops = tuple(_unclamped(graph, op, reach) for op in graph.ops)
    return graph if all(a is b for a, b in zip(ops, graph.ops, strict=True)) else replace(graph, ops=ops)


def _unclamped(graph: Graph, op: Op, reach: Reach) -> Op:
    if op.attrs.get(FUSED, "NONE") not in CLAMPS:  # an LSTM's tanh is no clamp
        return op
    free = replace(op, attrs={**op.attrs, FUSED: "NONE"})
    ((least, most),) = of(graph, free, [reach.get(i) for i in op.inputs])
    low, high = output_range(graph, op)
    return free if low <= least.min() and most.max() <= high else op
