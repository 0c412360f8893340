"""LOG_SOFTMAX over the last dimension: of every input its distance from the largest, less the logarithm of a sum.

The exponentials come from a table, as in SOFTMAX; the logarithm is computed in gemmlowp's fixed point as TFLite has it
(log_softmax.h, common.h): a power of two taken off, what is left near sqrt(sqrt(1/2)), and a quotient of polynomials.
"""

from math import floor

import numpy as np

from mcuprune import fixed
from mcuprune.fixed import rounding_divide_by_pot
from mcuprune.fixed import saturating_rounding_doubling_high_mul as high_mul
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Field, Layer
from mcuprune.operand import check_shape, sample_shape, unsupported
from mcuprune.ops import softmax
from mcuprune.ops.softmax import INTEGER_BITS, ONE, exp_on_negative_values, reciprocal

CODE = "LOG_SOFTMAX"
ABOUT = "over the last dimension, of up to 4095 elements; output scale 1/16, zero point 127"
DEPTH = 4095  # exponentials of up to 1 in Q19 that 31 bits can sum up
SUM_BITS = 12  # of the sum, before the point
FINEST = 2.0 ** (INTEGER_BITS - 31)  # what a difference is counted in: no input scale is less
DEEPEST = 16 << (31 - INTEGER_BITS)  # from where an output is -128 whatever the sum

# Q31
LOG_2, SQRT_HALF, FOURTH_ROOT_HALF = 1488522236, 1518500250, 1805811301
NUMERATOR, DENOMINATOR = 117049297, (1057819769, 127690142, 638450708)


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    check_shape(graph, op, source.shape)
    if target.s != 1 / 16 or target.z != 127:
        why = f"has output scale {target.s:.6g} and zero point {target.z}, TFLite's kernel demands 1/16 and 127"
        raise unsupported(op, why, "quantize the model with the TFLite converter")
    if target.shape[-1] > DEPTH:
        why = f"is over {target.shape[-1]} elements, more than {DEPTH}, where TFLite's own arithmetic overflows"
        raise unsupported(op, why, "leave it out: the largest logit is the same class")
    if source.s <= FINEST:
        why = f"has input scale {source.s:.6g}, of which TFLite's kernel makes nothing"
        raise unsupported(op, why, "calibrate the quantizer with real samples")


def multiplier(graph: Graph, op: Op) -> tuple[int, int]:
    """(multiplier, shift) from a difference of inputs to Q26."""
    return fixed.quantize_multiplier(min(graph.tensors[op.inputs[0]].s / FINEST, 2.0**31 - 1))


def distances(graph: Graph, op: Op) -> np.ndarray:
    """What lies d steps below the largest input, for every d whose output may be more than -128.  Q26, <= 0"""
    to_q26, shift = multiplier(graph, op)
    radius = floor((2**INTEGER_BITS - 1) / FINEST / 2**shift)
    below = high_mul(-np.arange(min(radius, 255) + 1, dtype=np.int64) << shift, to_q26)
    return below[below > -DEEPEST]


def table(graph: Graph, op: Op) -> np.ndarray:
    """The exponential of each distance, int64, Q19."""
    return rounding_divide_by_pot(exp_on_negative_values(distances(graph, op)), SUM_BITS)


def logarithm(x: np.ndarray) -> np.ndarray:
    """log(x) in Q26 of x >= 1 in Q19, int64.

    With x = 2^n r and r nearest to the fourth root of 1/2, of which n may have a quarter more or less:
    log(x) = n log(2) + log(r).
    """
    bits = np.frexp(x.astype(np.float64))[1].astype(np.int64)  # of x
    high = np.minimum(2 * high_mul(x << (31 - bits), SQRT_HALF), ONE)
    half_bits = np.frexp(high_mul(x, SQRT_HALF).astype(np.float64))[1].astype(np.int64)
    low = np.minimum(x << (31 - half_bits), ONE)
    r = np.minimum(high, low)
    quarter = 1 << 23  # in Q25
    n = np.maximum(((bits - 20) << 25) + quarter, ((half_bits - 19) << 25) - quarter)

    middle = rounding_divide_by_pot(r + FOURTH_ROOT_HALF, 1)
    q = 2 * (r - FOURTH_ROOT_HALF)
    square = high_mul(q, q)
    numerator = high_mul(q, r) + high_mul(high_mul(q, square), NUMERATOR)
    one, two, three = DENOMINATOR
    denominator = high_mul(middle, one + q + high_mul(square, two)) + high_mul(q, three)
    quotient = high_mul(rounding_divide_by_pot(numerator, 6), reciprocal(denominator))
    return 2 * (high_mul(n, LOG_2) + quotient)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ..., depth] -> int8 [N, ..., depth]"""
    exponential, distance = np.zeros(256, np.int64), np.full(256, -DEEPEST, np.int64)
    entries = table(graph, op)
    exponential[: len(entries)], distance[: len(entries)] = entries, distances(graph, op)

    x = inputs[0].astype(np.int16)
    d = x.max(-1, keepdims=True) - x
    log_sum = logarithm(exponential[d].sum(-1, keepdims=True))
    y = rounding_divide_by_pot(distance[d] - log_sum, 22) + 127
    return [np.clip(y, -128, 127).astype(np.int8).reshape(len(x), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    target = graph.tensors[op.outputs[0]]
    exponential, (to_q26, shift) = table(graph, op), multiplier(graph, op)
    rows = target.count // target.shape[-1]
    fields: dict[str, Field] = {
        "rows": rows,
        "depth": target.shape[-1],
        "exponential": Array("int32_t", exponential, 4 * len(exponential)),
        "entries": len(exponential),
        "multiplier": to_q26,
        "shift": shift,
    }
    work = {"row": rows, "element": target.count, "near": target.count * softmax.near(len(exponential))}
    call = Call("mcup_log_softmax_s8", "mcup_log_softmax_t", fields, work=work)
    return Layer(op, (call,), in_place=(0,), summary=str(list(sample_shape(target))))
