"""LOGISTIC: 1 / (1 + exp(-x)), onto the fixed scale of 1/256."""

import numpy as np

from mcuprune import curve16, lookup
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, unsupported, wide

CODE = "LOGISTIC"
ABOUT = "output scale 1/256, as TFLite demands; a lookup table"
WIDE = True


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    target = graph.tensors[op.outputs[0]]
    if wide(graph, op):
        curve16.check(graph, op)
    elif target.s != 1 / 256:
        why = f"has output scale {target.s:.6g}, TFLite's kernel demands 1/256"
        raise unsupported(op, why, "quantize the model with the TFLite converter")


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    return lookup.real_function(logistic, graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]])


def logistic(x: np.ndarray) -> np.ndarray:
    """float32 -> float32"""
    return np.float32(1) / (np.float32(1) + lookup.libm("expf")(-x))


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """[N, ...] -> [N, ...], same shape."""
    if wide(graph, op):
        return [curve16.logistic(curve16.rescale(graph, op), inputs[0])]
    return [lookup.apply(table(graph, op), inputs[0])]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return curve16.lower(graph, op) if wide(graph, op) else lookup.lower(graph, op, table(graph, op))
