"""TANH, onto the fixed scale of 1/128."""

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.ops import unsupported

CODE = "TANH"
ABOUT = "output scale 1/128 and zero point 0, as TFLite demands; a lookup table"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    target = graph.tensors[op.outputs[0]]
    if (target.s, target.z) != (1 / 128, 0):
        why = f"has output scale {target.s:.6g} and zero point {target.z}, TFLite's kernel demands 1/128 and 0"
        raise unsupported(op, why, "quantize the model with the TFLite converter")


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    return lookup.real_function(lookup.libm("tanhf"), graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]])


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...], same shape."""
    return [lookup.apply(table(graph, op), inputs[0])]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return lookup.lower(graph, op, table(graph, op))
