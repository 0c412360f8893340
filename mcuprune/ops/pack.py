"""PACK: operands of one shape side by side along a new axis, a strided copy each."""

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, operands, sample_shape, samples, unsupported

CODE = "PACK"
ABOUT = "any axis, any number of operands, constants too; all of one scale and zero point, as TFLite demands"


def read(options: tflite.PackOptions) -> dict[str, object]:
    return {"values_count": options.ValuesCount(), "axis": options.Axis()}


def check(graph: Graph, op: Op) -> None:
    first, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    for operand in operands(graph, op):
        if (operand.dtype, operand.shape) != ("int8", first.shape):
            raise unsupported(op, f"packs {operand.name}, {operand.dtype} {list(operand.shape)}", "convert it again")
        if (operand.s, operand.z) != (target.s, target.z):
            why = f"packs {operand.name} ({operand.s:.6g}, {operand.z}) into another scale ({target.s:.6g}, {target.z})"
            raise unsupported(op, why, "quantize the model with the TFLite converter, which puts a QUANTIZE between")
    along = axis(graph, op)
    check_shape(graph, op, (*first.shape[:along], len(op.inputs), *first.shape[along:]))
    if len(first.shape) > strides.COPY_RANK:
        raise unsupported(op, f"packs {len(first.shape)} dimensions", "merge neighbouring dimensions with a RESHAPE")


def axis(graph: Graph, op: Op) -> int:
    return int(op.attrs["axis"]) % len(graph.tensors[op.outputs[0]].shape)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    packed = [samples(tensor, x) for tensor, x in zip(operands(graph, op), inputs, strict=True)]
    y = np.stack(np.broadcast_arrays(*packed), axis(graph, op) + 1)
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape, along = graph.tensors[op.inputs[0]].shape, axis(graph, op)
    target = strides.steps(graph.tensors[op.outputs[0]].shape)
    to, source = (*target[:along], *target[along + 1 :]), strides.steps(shape)
    calls = [strides.copy(i, shape, source, to, target_offset=i * target[along]) for i in range(len(op.inputs))]
    return Layer(op, tuple(calls), summary=f"{len(calls)} operands along a new axis {along}")
