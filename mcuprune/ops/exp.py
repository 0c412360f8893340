"""EXP, as a table."""

from math import log

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape, unsupported

CODE = "EXP"
ABOUT = "any scales and zero points that fit; a lookup table"
LARGEST = 2.0**30  # of a result in steps of the output's scale


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    if source.s * (127 - source.z) > log(target.s * LARGEST):
        why = (
            f"has output scale {target.s:.6g}, in which exp({source.s * (127 - source.z):.4g}) overflows TFLite's int32"
        )
        raise unsupported(op, why, "calibrate the quantizer with real samples")


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    return lookup.real_function(lookup.libm("expf"), graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]])


reference, lower = lookup.by_table(table)
