"""ARG_MAX, and ARG_MIN: where along an axis the largest byte is, the first of equals."""

from math import prod

import numpy as np
import tflite

from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples

CODE = "ARG_MAX"
ABOUT = "any constant axis; an int32 or int64 output of the network"
INTEGERS = (2,)  # the output


def read(options: tflite.ArgMaxOptions | tflite.ArgMinOptions) -> dict[str, object]:
    return {"output_type": options.OutputType()}


def check(graph: Graph, op: Op) -> None:
    shape, along = graph.tensors[op.inputs[0]].shape, axis(graph, op)
    check_shape(graph, op, (*shape[:along], *shape[along + 1 :]))


def axis(graph: Graph, op: Op) -> int:
    return int(constant(graph, op, 1, "axis").reshape(-1)[0]) % len(graph.tensors[op.inputs[0]].shape)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int32 or int64 [N, ...]"""
    x, target = samples(graph.tensors[op.inputs[0]], inputs[0]), graph.tensors[op.outputs[0]]
    y = (np.argmax if op.kind == "arg_max" else np.argmin)(x, axis(graph, op) + 1)
    return [y.astype(target.dtype).reshape(len(y), *sample_shape(target))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape, along, target = graph.tensors[op.inputs[0]].shape, axis(graph, op), graph.tensors[op.outputs[0]]
    outer, inner = prod(shape[:along]), prod(shape[along + 1 :])
    fields: dict[str, Field] = {
        "outer": outer,
        "depth": shape[along],
        "inner": inner,
        "size": np.dtype(target.dtype).itemsize,
        "sign": 1 if op.kind == "arg_max" else -1,
    }
    outputs, depth = outer * inner, shape[along]
    work = {"outer": outer, "output": outputs, "input": outputs * (depth - 1)}
    call = Call("mcup_arg_max_s8", "mcup_arg_max_t", fields, work=work)
    return Layer(op, (call,), summary=f"{list(shape)} along axis {along}")
