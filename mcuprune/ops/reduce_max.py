"""REDUCE_MAX, and REDUCE_MIN: the largest or the smallest byte over some dimensions."""

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Layer
from mcuprune.operand import sample_shape, samples, unsupported
from mcuprune.ops import mean
from mcuprune.ops.mean import read

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "REDUCE_MAX"
ABOUT = "any constant axes of up to 4 dimensions, keep_dims or not; output of the input's scale"


def check(graph: Graph, op: Op) -> None:
    mean.check(graph, op)
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    if (source.s, source.z) != (target.s, target.z):
        why = f"reads scale ({source.s:.6g}, {source.z}) and writes another ({target.s:.6g}, {target.z})"
        raise unsupported(op, why, "quantize the model with the TFLite converter")


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    x = samples(graph.tensors[op.inputs[0]], inputs[0])
    over = tuple(axis + 1 for axis in mean.axes(graph, op))
    y = x.max(over) if op.kind == "reduce_max" else x.min(over)
    return [y.reshape(len(x), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    fields, work = mean.loop_fields(graph, op), mean.reduction_work(graph, op)
    call = Call(f"mcup_{op.kind}_s8", "mcup_reduce_t", fields, work=work)
    summary = f"{list(graph.tensors[op.inputs[0]].shape)} over {mean.axes(graph, op)}"
    return Layer(op, (call,), in_place=(0,), summary=summary)
