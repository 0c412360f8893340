"""QUANTIZE from one scale and zero point, or one width, to another.

Converters put it where two layers meet that were calibrated differently, before a CONCATENATION for example.
"""

import numpy as np

from mcuprune import fixed, lookup
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import check_shape, unsupported

CODE = "QUANTIZE"
ABOUT = "int8 to int8, a lookup table; int16 to int16 or int8; float32 or uint8 to int8, float32 to int16 at the input"
WIDE = True


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    check_shape(graph, op, source.shape)
    if source.item < target.item:
        why = "widens int8 to int16, for which TFLite has no reference kernel"
        raise unsupported(op, why, "convert the whole model with one of the two types of activations")


def multiplier(graph: Graph, op: Op) -> tuple[int, int]:
    return fixed.quantize_multiplier(graph.tensors[op.inputs[0]].s / graph.tensors[op.outputs[0]].s)


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    return _requantized(graph, op, lookup.EVERY_INT8)


def _requantized(graph: Graph, op: Op, x: np.ndarray) -> np.ndarray:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    return fixed.requantize(x.astype(np.int32) - source.z, *multiplier(graph, op), target.z, dtype=target.dtype)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """[N, ...] -> [N, ...], same shape."""
    if _bytes(graph, op):
        return [lookup.apply(table(graph, op), inputs[0])]
    return [_requantized(graph, op, inputs[0])]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    if _bytes(graph, op):
        return lookup.lower(graph, op, table(graph, op))
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    to_target, shift = multiplier(graph, op)
    fields: dict[str, Field] = {
        "size": target.count,
        "multiplier": to_target,
        "shift": -shift,
        "zero_point": target.z,
    }
    function = "mcup_quantize_s16_s8" if target.dtype == "int8" else "mcup_quantize_s16"
    call = Call(function, "mcup_quantize_t", fields, work={"one": target.count})
    return Layer(op, (call,), in_place=(0,), summary=f"{target.count:,} elements, {source.dtype} to {target.dtype}")


def _bytes(graph: Graph, op: Op) -> bool:
    return graph.tensors[op.inputs[0]].dtype == graph.tensors[op.outputs[0]].dtype == "int8"
