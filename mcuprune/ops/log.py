"""LOG, as a table; of what is not positive the least output."""

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape

CODE = "LOG"
ABOUT = "any scales and zero points, the least output of zero and below; a lookup table; ai-edge-litert verifies it"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    least = np.float32(target.s) * np.float32(-128 - target.z)

    def logarithm(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, lookup.libm("logf")(np.where(x > 0, x, np.float32(1))), least)

    return lookup.real_function(logarithm, source, target)


reference, lower = lookup.by_table(table)
