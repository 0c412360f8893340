"""Networks of tests/models.py as 16x8: activations of int16 on the same scales, 256 times finer."""

from dataclasses import replace

import numpy as np

from mcuprune.graph import Graph, Tensor
from mcuprune.ops import OPS

MATRICES = ("conv_2d", "depthwise_conv_2d", "fully_connected")
FIXED = ("softmax", "logistic", "tanh")  # whose outputs have the scale that TFLite demands


def possible(graph: Graph) -> bool:
    """Whether every operator knows int16."""
    return all(getattr(OPS[op.kind], "WIDE", False) for op in graph.ops)


def widened(graph: Graph, biases: str = "int64") -> Graph:
    """biases: their type"""
    weights = {op.inputs[1] for op in graph.ops if op.kind in MATRICES}
    fixed = {op.outputs[0] for op in graph.ops if op.kind in FIXED}

    def tensor(i: int, old: Tensor) -> Tensor:
        if i in weights or not len(old.scale):
            return old
        dtype = biases if old.dtype == "int32" else "int16"
        data = None if old.data is None else old.data.astype(dtype) * 256
        scale = np.array([2.0**-15], np.float32) if i in fixed else old.scale / np.float32(256)
        return replace(old, dtype=dtype, data=data, scale=scale, zero_point=np.zeros_like(old.zero_point))

    tensors = tuple(tensor(i, old) for i, old in enumerate(graph.tensors))
    ops = [replace(op, attrs={**op.attrs, "pot_scale_int16": False}) if op.kind == "add" else op for op in graph.ops]
    return replace(graph, tensors=tensors, ops=tuple(ops))
