"""GELU: x times the share of a normal distribution that lies below x, or its approximation by tanh; a table."""

import numpy as np
import tflite

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape

CODE = "GELU"
ABOUT = "any scales and zero points, approximate or not; a lookup table"


def read(options: tflite.GeluOptions) -> dict[str, object]:
    return {"approximate": bool(options.Approximate())}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    function = approximation if op.attrs["approximate"] else gelu
    return lookup.real_function(function, graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]])


def gelu(x: np.ndarray) -> np.ndarray:
    """float32 -> float32"""
    half, root = np.float32(0.5), np.float32(0.7071067811865476)
    return half * x * (np.float32(1) + lookup.libm("erff")(x * root))


def approximation(x: np.ndarray) -> np.ndarray:
    """float32 -> float32"""
    half, root, cubic = np.float32(0.5), np.float32(0.7978845608028654), np.float32(0.044715)
    return half * x * (np.float32(1) + lookup.libm("tanhf")(root * (x + cubic * x * x * x)))


reference, lower = lookup.by_table(table)
