"""SOFTMAX of int16, as TFLite computes it (reference/softmax.h, SoftmaxInt16): two curves of 512 straight pieces.

An input's distance from the largest of its row, in 65535ths of ten, gives exp from one table; the sum of a row's
exponentials, moved into [1, 2), gives its reciprocal from the other.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from mcuprune import fixed
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Field, Layer
from mcuprune.operand import sample_shape, unsupported

PIECES = 512
DEEPEST = 10.0  # exp(-10) is nothing
DEPTH = 1 << 16  # exponentials of up to 1 in Q15 that 31 bits can sum up


def check(graph: Graph, op: Op) -> None:
    target = graph.tensors[op.outputs[0]]
    if abs(target.s * 2**15 - 1) > 0.001:
        why = f"has output scale {target.s:.6g}, TFLite's kernel demands 1/32768"
        raise unsupported(op, why, "quantize the model with the TFLite converter")
    if target.shape[-1] >= DEPTH:
        raise unsupported(op, f"is over {target.shape[-1]} elements, more than {DEPTH - 1}", "leave it out")


@cache
def exponential() -> np.ndarray:
    """exp(x) in Q15 at 513 places from x = -10 to 0.  int64"""
    return _table(np.exp, -DEEPEST, 0.0)


@cache
def reciprocal() -> np.ndarray:
    """1 / (1 + x) in Q15 at 513 places from x = 0 to 1.  int64"""
    return _table(lambda x: 1 / (1 + x), 0.0, 1.0)


def _table(function: Callable[[np.ndarray], np.ndarray], first: float, last: float) -> np.ndarray:
    """A curve in Q15: each piece begins lower by half of what it would be too high in its middle."""
    step = (last - first) / PIECES
    x = first + step * np.arange(PIECES + 1)
    value = np.trunc(function(x) * 32768 + 0.5)
    middle = np.trunc(function(x[:-1] + step / 2) * 32768 + 0.5)
    error = np.trunc((function(x[1:]) * 32768 + value[:-1]) / 2 + 0.5) - middle
    value[:-1] -= np.trunc(error / 2 + np.copysign(0.5, error))
    return np.clip(value, -32768, 32767).astype(np.int64)


def _at(table: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A curve at an int16 that stands for its range."""
    place = 256 + (x >> 7)
    return table[place] + (((table[place + 1] - table[place]) * (x & 127) + 64) >> 7)


def multiplier(graph: Graph, op: Op) -> tuple[int, int]:
    """(multiplier, shift) from a difference of inputs to 65535ths of ten."""
    return fixed.quantize_multiplier(graph.tensors[op.inputs[0]].s * op.attrs["beta"] / (DEEPEST / 65535))


def reference(graph: Graph, op: Op, x: np.ndarray) -> np.ndarray:
    """int16 [N, ..., depth] -> int16 [N, *sample_shape]"""
    x = x.astype(np.int64)
    below = fixed.multiply_by_quantized_multiplier(x - x.max(-1, keepdims=True), *multiplier(graph, op))
    e = _at(exponential(), np.clip(below + 32767, -32768, 32767))
    total = e.sum(-1, keepdims=True)
    bits = np.frexp(total.astype(np.float64))[1].astype(np.int64)  # of the sum
    near_one = ((total << (31 - bits)) + (1 << 13)) >> 14  # in [1, 2) of Q16
    scale = _at(reciprocal(), np.clip(near_one - (1 << 16) - (1 << 15), -32768, 32767))
    y = (e * scale + (1 << (bits - 2))) >> (bits - 1)
    return np.clip(y, 0, 32767).astype(np.int16).reshape(len(x), *sample_shape(graph.tensors[op.outputs[0]]))


def lower(graph: Graph, op: Op) -> Layer:
    target = graph.tensors[op.outputs[0]]
    depth, (to_table, shift) = target.shape[-1], multiplier(graph, op)
    fields: dict[str, Field] = {
        "rows": target.count // depth,
        "depth": depth,
        "exponential": Array("int16_t", exponential(), 2 * (PIECES + 1)),
        "reciprocal": Array("int16_t", reciprocal(), 2 * (PIECES + 1)),
        "multiplier": to_table,
        "shift": -shift,
    }
    work = {"row": target.count // depth, "element": target.count}
    call = Call("mcup_softmax_s16", "mcup_softmax_s16_t", fields, work=work)
    return Layer(op, (call,), in_place=(0,), summary=str(list(sample_shape(target))))
