"""L2_NORMALIZATION: every vector along the last dimension, divided by its length."""

import numpy as np
import tflite

from mcuprune import fixed
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import ACTIVATIONS, check_shape, sample_shape, unsupported

CODE = "L2_NORMALIZATION"
ABOUT = "over the last dimension; output scale 1/128, zero point 0"
DEEPEST = 2**31 // 255**2  # squares that a 32-bit sum can hold
BITS = 7  # of the output behind the point


def read(options: tflite.L2NormOptions) -> dict[str, object]:
    return {"fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()]}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    if op.attrs["fused_activation_function"] != "NONE":
        why = f"has the fused activation {op.attrs['fused_activation_function']}"
        raise unsupported(op, why, "make the activation a layer of its own")
    target = graph.tensors[op.outputs[0]]
    if target.s != 1 / 128 or target.z != 0:
        why = f"has output scale {target.s:.6g} and zero point {target.z}, TFLite's kernel demands 1/128 and 0"
        raise unsupported(op, why, "quantize the model with the TFLite converter")
    if len(target.shape) > 4 or target.shape[-1] > DEEPEST:
        raise unsupported(op, f"normalizes {list(target.shape)}", f"use up to 4 dimensions, the last up to {DEEPEST}")


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ..., depth] -> int8 [N, ..., depth]"""
    x = inputs[0].astype(np.int32) - graph.tensors[op.inputs[0]].z
    squares, place = np.unique((x * x).sum(-1, keepdims=True), return_inverse=True)
    multiplier, shift = np.array([fixed.inverse_square_root(int(s)) for s in squares]).T
    place = place.reshape(*x.shape[:-1], 1)
    y = fixed.requantize(x, multiplier[place], shift[place] + BITS, 0)
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    source = graph.tensors[op.inputs[0]]
    depth = source.shape[-1]
    rows = source.count // depth
    fields: dict[str, Field] = {"rows": rows, "depth": depth, "offset": -source.z}
    call = Call(
        "mcup_l2_normalization_s8", "mcup_l2_normalization_t", fields, work={"row": rows, "element": source.count}
    )
    return Layer(op, (call,), in_place=(0,), summary=str(list(sample_shape(source))))
