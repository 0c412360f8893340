"""LEAKY_RELU: x where it is positive, alpha * x where it is negative, each with a multiplier of its own."""

import numpy as np
import tflite

from mcuprune import fixed, lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape

CODE = "LEAKY_RELU"
ABOUT = "any alpha, any scales and zero points; a lookup table"


def read(options: tflite.LeakyReluOptions) -> dict[str, object]:
    return {"alpha": float(options.Alpha())}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    x = lookup.EVERY_INT8.astype(np.int32) - source.z
    rise, fall = np.float32(source.s), np.float32(source.s) * np.float32(op.attrs["alpha"])  # float32, as TFLite's
    positive = fixed.requantize(x, *fixed.quantize_multiplier(float(rise / np.float32(target.s))), target.z)
    negative = fixed.requantize(x, *fixed.quantize_multiplier(float(fall / np.float32(target.s))), target.z)
    return np.where(x >= 0, positive, negative)


reference, lower = lookup.by_table(table)
