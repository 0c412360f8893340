"""GATHER with constant indices: slices along an axis in another order, some of them perhaps twice."""

from math import prod

import numpy as np
import tflite

from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Field, Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported

CODE = "GATHER"
ABOUT = "constant indices, any axis, no batch_dims"


def read(options: tflite.GatherOptions) -> dict[str, object]:
    return {"axis": options.Axis(), "batch_dims": options.BatchDims()}


def check(graph: Graph, op: Op) -> None:
    index, along, shape = constant(graph, op, 1, "indices"), axis(graph, op), graph.tensors[op.inputs[0]].shape
    if op.attrs["batch_dims"]:
        raise unsupported(op, f"has batch_dims {op.attrs['batch_dims']}", "gather from one batch")
    if graph.tensors[op.inputs[0]].constant or index.min(initial=0) < 0 or index.max(initial=0) >= shape[along]:
        raise unsupported(
            op, f"takes places of axis {along}, of {shape[along]}, that are not there", "convert it again"
        )
    check_shape(graph, op, (*shape[:along], *index.shape, *shape[along + 1 :]))


def axis(graph: Graph, op: Op) -> int:
    return int(op.attrs["axis"]) % len(graph.tensors[op.inputs[0]].shape)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    y = samples(graph.tensors[op.inputs[0]], inputs[0]).take(constant(graph, op, 1, "indices"), axis(graph, op) + 1)
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape, along = graph.tensors[op.inputs[0]].shape, axis(graph, op)
    index = constant(graph, op, 1, "indices").reshape(-1)
    outer, inner = prod(shape[:along]), prod(shape[along + 1 :])
    fields: dict[str, Field] = {
        "index": Array("int32_t", index, 4 * len(index)),
        "outer": outer,
        "count": len(index),
        "inner": inner,
        "step": shape[along] * inner,
    }
    slices = outer * len(index)
    call = Call(
        "mcup_gather_s8", "mcup_gather_t", fields, work={"outer": outer, "slice": slices, "byte": slices * inner}
    )
    return Layer(op, (call,), summary=f"{len(index)} of {shape[along]} along axis {along}")
