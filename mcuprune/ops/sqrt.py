"""SQRT, as a table; TFLite cuts off fractions of the output's scale instead of rounding."""

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, unsupported

CODE = "SQRT"
ABOUT = "input zero point -128, so that nothing is negative; any scales; a lookup table; ai-edge-litert verifies it"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    zero_point = graph.tensors[op.inputs[0]].z
    if zero_point != -128:
        why = f"has input zero point {zero_point}: below it inputs are negative, and have no root"
        raise unsupported(op, why, "clip the input at 0 (relu) before it is quantized")


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    steps = np.trunc(np.sqrt(lookup.reals(source)) / np.float32(target.s)).astype(np.float64)
    return np.clip(steps + target.z, -128, 127).astype(np.int8)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...], same shape."""
    return [lookup.apply(table(graph, op), inputs[0])]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return lookup.lower(graph, op, table(graph, op))
