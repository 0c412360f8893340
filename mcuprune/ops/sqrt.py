"""SQRT, as a table; TFLite cuts off fractions of the output's scale instead of rounding."""

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.ops.rsqrt import check, read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "SQRT"
ABOUT = "input zero point -128, so that nothing is negative; any scales; a lookup table; ai-edge-litert verifies it"


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    steps = np.trunc(np.sqrt(lookup.reals(source)) / np.float32(target.s)).astype(np.float64)
    return np.clip(steps + target.z, -128, 127).astype(np.int8)


reference, lower = lookup.by_table(table)
