"""CONCATENATION: one strided copy per operand."""

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import ACTIVATIONS, check_shape, operands, sample_shape, samples, unsupported

CODE = "CONCATENATION"
ABOUT = "any axis, any number of operands, constants too; all of one scale and zero point, as TFLite demands"
WIDE = True


def read(options: tflite.ConcatenationOptions) -> dict[str, object]:
    return {
        "axis": options.Axis(),
        "fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()],
    }


def check(graph: Graph, op: Op) -> None:
    if op.attrs["fused_activation_function"] != "NONE":
        why = f"has the fused activation {op.attrs['fused_activation_function']}"
        raise unsupported(op, why, "make the activation a layer of its own")
    target = graph.tensors[op.outputs[0]]
    for operand in operands(graph, op):
        if (operand.dtype, operand.s, operand.z) != (target.dtype, target.s, target.z):
            why = f"joins {operand.name} ({operand.s:.6g}, {operand.z}) into another scale ({target.s:.6g}, {target.z})"
            raise unsupported(op, why, "quantize the model with the TFLite converter, which puts a QUANTIZE between")
    along = axis(graph, op)
    shapes = [operand.shape for operand in operands(graph, op)]
    before, after = shapes[0][:along], shapes[0][along + 1 :]
    if any((shape[:along], shape[along + 1 :]) != (before, after) for shape in shapes):
        raise unsupported(op, f"joins operands that differ in more than axis {along}", "convert the model again")
    check_shape(graph, op, (*before, sum(shape[along] for shape in shapes), *after))


def axis(graph: Graph, op: Op) -> int:
    return int(op.attrs["axis"]) % len(graph.tensors[op.outputs[0]].shape)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    target = graph.tensors[op.outputs[0]]
    parts = [samples(tensor, x) for tensor, x in zip(operands(graph, op), inputs, strict=True)]
    n = max(map(len, parts))
    parts = [np.broadcast_to(part, (n, *part.shape[1:])) for part in parts]
    return [np.concatenate(parts, axis(graph, op) + 1).reshape(n, *sample_shape(target))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    target, along = graph.tensors[op.outputs[0]], axis(graph, op)
    target_steps, calls, place = strides.steps(target.shape), [], 0
    for position, operand in enumerate(operands(graph, op)):
        steps, offset = strides.steps(operand.shape), place * target_steps[along]
        calls.append(strides.copy(position, operand.shape, steps, target_steps, target_offset=offset, item=target.item))
        place += operand.shape[along]
    return Layer(op, tuple(calls), summary=f"{len(calls)} operands along axis {along}")
