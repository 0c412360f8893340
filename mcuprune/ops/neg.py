"""NEG and its kin, for which TFLite has no int8 kernel: converters compute them in float32, between a DEQUANTIZE and a
QUANTIZE.  The reader takes the three for one operator, and all three together are a table."""

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape, unsupported

CODE = "NEG"
ABOUT = "where the converter left it in float32 between int8; a lookup table"
LARGEST = 2.0**30  # of a result in steps of the output's scale
FUNCTIONS: dict[str, np.ufunc] = {"neg": np.negative, "square": np.square}


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    if not op.attrs.get("float"):
        why = "has no int8 kernel among TFLite's reference kernels, which say what is right"
        raise unsupported(op, why, "convert the model with TensorFlow's converter, which leaves it in float32")
    target = graph.tensors[op.outputs[0]]
    if (largest := np.abs(_steps(graph, op)).max()) > LARGEST:
        why = f"has output scale {target.s:.6g}, in which {largest * target.s:.4g} overflows TFLite's int32"
        raise unsupported(op, why, "calibrate the quantizer with real samples")


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    steps = _steps(graph, op)
    rounded = np.trunc(steps + np.copysign(0.5, steps))
    return np.clip(rounded + graph.tensors[op.outputs[0]].z, -128, 127).astype(np.int8)


def _steps(graph: Graph, op: Op) -> np.ndarray:
    """What the function answers to every int8, in steps of the output's scale.  Computed as float32, float64 [256]"""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    real = np.float32(source.s) * (lookup.EVERY_INT8.astype(np.int32) - source.z).astype(np.float32)
    return (FUNCTIONS[op.kind](real) / np.float32(target.s)).astype(np.float64)


reference, lower = lookup.by_table(table)
