"""Two QUANTIZEs in a row are one, where the scale between them has made no difference to any of the 256 values."""

from dataclasses import replace

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.lookup import apply as look_up
from mcuprune.ops.quantize import table
from mcuprune.ranges import Reach


def apply(graph: Graph, reach: Reach) -> Graph:
    writers = {op.outputs[0]: op for op in graph.ops if op.kind == "quantize"}
    ops = tuple(_direct(graph, op, writers.get(op.inputs[0])) for op in graph.ops)
    return graph if all(a is b for a, b in zip(ops, graph.ops, strict=True)) else replace(graph, ops=ops)


def _direct(graph: Graph, op: Op, first: Op | None) -> Op:
    if op.kind != "quantize" or first is None:
        return op
    direct = replace(op, inputs=first.inputs)
    return direct if np.array_equal(table(graph, direct), look_up(table(graph, op), table(graph, first))) else op
