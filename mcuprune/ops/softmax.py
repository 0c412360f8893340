"""SOFTMAX over the last dimension, in the fixed point of gemmlowp that TFLite computes it with.

An input lies at most 255 steps below the largest of its row, so that a table holds every exponential there is; what
remains is a sum, its reciprocal by Newton's method, and a product.
"""

from math import floor

import numpy as np
import tflite

from mcuprune import fixed, softmax16
from mcuprune.fixed import rounding_divide_by_pot
from mcuprune.fixed import saturating_rounding_doubling_high_mul as high_mul
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Field, Layer
from mcuprune.operand import check_shape, sample_shape, unsupported, wide

CODE = "SOFTMAX"
ABOUT = "over the last dimension, of up to 511 elements; any beta; output scale 1/256, zero point -128"
WIDE = True
DEPTH = 511  # beyond, TFLite's sum of exponentials has more bits than its arithmetic can take off again
INTEGER_BITS = 5  # of a difference of inputs: exp(-32) is nothing
ONE = 2**31 - 1  # 1.0 in Q31

# exp(-1/4), exp(-1/2), exp(-1) .. exp(-16) in Q31
EXPONENTIALS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def read(options: tflite.SoftmaxOptions) -> dict[str, object]:
    return {"beta": float(options.Beta())}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    target = graph.tensors[op.outputs[0]]
    if wide(graph, op):
        return softmax16.check(graph, op)
    if abs(target.s * 256 - 1) > 0.001 or target.z != -128:
        why = f"has output scale {target.s:.6g} and zero point {target.z}, TFLite's kernel demands 1/256 and -128"
        raise unsupported(op, why, "quantize the model with the TFLite converter")
    if target.shape[-1] > DEPTH:
        why = f"is over {target.shape[-1]} elements, more than {DEPTH}, where TFLite's own arithmetic overflows"
        raise unsupported(op, why, "leave it out: the largest logit is the same class")
    if _real_multiplier(graph, op) <= 1:
        why = f"has input scale {graph.tensors[op.inputs[0]].s:.6g}, so small that TFLite's kernel gives up"
        raise unsupported(op, why, "calibrate the quantizer with real samples")


def _real_multiplier(graph: Graph, op: Op) -> float:
    """From a difference of inputs to its product with beta, in Q26."""
    return min(op.attrs["beta"] * graph.tensors[op.inputs[0]].s * 2 ** (31 - INTEGER_BITS), 2.0**31 - 1)


def table(graph: Graph, op: Op) -> np.ndarray:
    """exp(-d * input scale * beta) for an input d steps below the largest, without the zeros.  int64 [entries], Q31"""
    multiplier, shift = fixed.quantize_multiplier(_real_multiplier(graph, op))
    deepest = floor((2**INTEGER_BITS - 1) * 2 ** (31 - INTEGER_BITS) / 2**shift)
    below = np.arange(min(deepest, 255) + 1, dtype=np.int64)
    return np.trim_zeros(exp_on_negative_values(high_mul(-below << shift, multiplier)), "b")


def exp_on_negative_values(x: np.ndarray) -> np.ndarray:
    """x <= 0 in Q26 -> exp(x) in Q31.

    A Taylor polynomial around -1/8 in the quarter below zero, times a constant for every bit of what is left of x.
    """
    quarter = 1 << 24
    inside = (x & (quarter - 1)) - quarter
    t = (inside << INTEGER_BITS) + (1 << 28)
    t2 = high_mul(t, t)
    t3, t4 = high_mul(t2, t), high_mul(t2, t2)
    tail = rounding_divide_by_pot(high_mul(rounding_divide_by_pot(t4, 2) + t3, 715827883) + t2, 1)  # 1/3
    result = 1895147668 + high_mul(t + tail, 1895147668)  # exp(-1/8)
    for bit, constant in enumerate(EXPONENTIALS, 24):
        result = np.where((inside - x) >> bit & 1, high_mul(result, constant), result)
    return np.where(x == 0, ONE, result)


def reciprocal(x: np.ndarray) -> np.ndarray:
    """1 / (1 + x) for x in [0, 1), both Q31: Newton's method in Q29 for the reciprocal of (1 + x) / 2."""
    half = (x >> 1) + (1 << 30)
    guess = 1515870810 + high_mul(half, -1010580540)  # 48/17 - 32/17 * half
    for _ in range(3):
        guess = guess + 4 * high_mul(guess, (1 << 29) - high_mul(half, guess))
    return np.minimum(2 * guess, ONE)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """[N, ..., depth] -> [N, ..., depth]"""
    if wide(graph, op):
        return [softmax16.reference(graph, op, inputs[0])]
    exponential = np.zeros(256, np.int64)
    entries = table(graph, op)
    exponential[: len(entries)] = entries

    x = inputs[0].astype(np.int16)
    e = exponential[x.max(-1, keepdims=True) - x]
    total = rounding_divide_by_pot(e, 12).sum(-1, keepdims=True)
    bits = 32 - np.frexp(total.astype(np.float64))[1].astype(np.int64)  # leading zeros of the sum
    scale = reciprocal((total << bits) - (1 << 31))
    y = rounding_divide_by_pot(high_mul(scale, e), 35 - bits) - 128
    return [np.minimum(y, 127).astype(np.int8).reshape(len(x), *sample_shape(graph.tensors[op.outputs[0]]))]


def near(entries: int) -> float:
    """The share of elements that is to be expected so near to the largest that the table has them.

    What they hold decides; here any distance is taken to be as likely as another.
    """
    return min(entries / 256, 1.0)


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    if wide(graph, op):
        return softmax16.lower(graph, op)
    shape = graph.tensors[op.outputs[0]].shape
    exponential = table(graph, op)
    count = graph.tensors[op.outputs[0]].count
    fields: dict[str, Field] = {
        "rows": count // shape[-1],
        "depth": shape[-1],
        "exponential": Array("int32_t", exponential, 4 * len(exponential)),
        "entries": len(exponential),
    }
    work = {"row": count // shape[-1], "element": count, "near": count * near(len(exponential))}
    call = Call("mcup_softmax_s8", "mcup_softmax_t", fields, work=work)
    return Layer(op, (call,), in_place=(0,), summary=str(list(sample_shape(graph.tensors[op.outputs[0]]))))
