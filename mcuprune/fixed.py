"""Fixed-point arithmetic of the TFLite specification, vectorised.

A real multiplier is a Q31 integer and a power of two; a product is rounded twice, first to 32 bits (half up), then by
the remaining right shift (half away from zero).  Every operator's integer reference is made of these few functions,
and so is the C (firmware/include/mcup_math.h).  Shifts have TFLite's sign: positive is to the left.
"""

from math import floor, frexp

import numpy as np


def round_half_away(x: float) -> int:
    """C's round(): halves go away from zero, where Python's go to the even neighbour.

    >>> round_half_away(2.5), round_half_away(-2.5)
    (3, -3)
    """
    return floor(abs(x) + 0.5) * (1 if x >= 0 else -1)


def quantize_multiplier(real: float) -> tuple[int, int]:
    """real >= 0 -> (multiplier, shift) with real = multiplier / 2^31 * 2^shift, multiplier 0 or in [2^30, 2^31).

    >>> quantize_multiplier(0.75)
    (1610612736, 0)
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = frexp(real)
    multiplier = round_half_away(fraction * 2**31)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift < -31:  # smaller than any product can show
        return 0, 0
    if shift > 30:
        return 2**31 - 1, 30
    return multiplier, shift


def quantize_multipliers(reals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float64 [n] -> multipliers and shifts, int64 [n] each."""
    pairs = [quantize_multiplier(float(real)) for real in reals]
    return np.array([m for m, _ in pairs], np.int64), np.array([s for _, s in pairs], np.int64)


def wrap_int32(x: np.ndarray) -> np.ndarray:
    """int64 -> the int32 that is left of it on a machine with 32-bit registers."""
    return np.asarray(x).astype(np.int64).astype(np.int32)


def saturating_rounding_doubling_high_mul(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    """round(a * b / 2^31), halves up; a, b: int32 values.  Saturates for a = b = -2^31.  -> int64"""
    product = np.asarray(a, np.int64) * b
    product += 1 << 30
    product >>= 31
    return np.minimum(product, 2**31 - 1)


def rounding_divide_by_pot(x: np.ndarray, exponent: np.ndarray | int) -> np.ndarray:
    """round(x / 2^exponent), halves away from zero; exponent in 0..31.  -> int64"""
    x = np.asarray(x, np.int64)
    half = (np.int64(1) << np.asarray(exponent, np.int64)) >> 1
    result = (x >> 63) * np.minimum(half, 1)  # -1 where x < 0 and there is something to round, else 0
    result += x
    result += half
    result >>= exponent
    return result


def multiply_by_quantized_multiplier(
    x: np.ndarray, multiplier: np.ndarray | int, shift: np.ndarray | int
) -> np.ndarray:
    """x * multiplier / 2^31 * 2^shift with TFLite's two roundings.  x: int32 values; the rest broadcasts.  -> int64

    >>> int(multiply_by_quantized_multiplier(np.array(1000), *quantize_multiplier(0.0125)))
    13
    """
    shift = np.asarray(shift, np.int64)
    x = np.asarray(x, np.int64)
    if np.any(shift > 0):
        x = wrap_int32(x << np.maximum(shift, 0))
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(x, multiplier), np.maximum(-shift, 0))


def inverse_square_root(x: int) -> tuple[int, int]:
    """x >= 0 -> (multiplier, shift) of 1 / sqrt(x), shift to the left; 0 is taken for 1.

    Five steps of Newton's method in Q28, for x moved into [1/4, 1) by two bits at a time.

    >>> multiplier, shift = inverse_square_root(100)
    >>> round(multiplier / 2**31 * 2.0**shift, 6)
    0.1
    """
    if x <= 1:
        return 2**31 - 1, 0
    shift = -11
    while x >= 2**29:
        x, shift = x // 4, shift - 1
    pairs = (31 - x.bit_length()) // 2 - 1
    x, shift = x << 2 * pairs, shift + pairs
    half = ((x >> 1) + 1) >> 1
    root = 1 << 28
    for _ in range(5):
        cube = _saturated(_high_mul(_high_mul(root, root), root) << 6)
        root = _saturated((_high_mul(root, 3 << 27) - _high_mul(half, cube)) << 3)
    root = _high_mul(root, 1518500250)  # sqrt(1/2)
    return root << max(shift, 0), min(shift, 0)


def _high_mul(a: int, b: int) -> int:
    """round(a * b / 2^31), halves up"""
    return (a * b + (1 << 30)) >> 31


def _saturated(x: int) -> int:
    return max(-(2**31), min(x, 2**31 - 1))


def quantize(real: float, scale: float, zero_point: int) -> int:
    """real -> its integer, computed in float32 as TFLite does; not clamped."""
    return zero_point + round_half_away(float(np.float32(real) / np.float32(scale)))


def multiply_by_short_multiplier(x: np.ndarray, multiplier: np.ndarray | int, shift: np.ndarray | int) -> np.ndarray:
    """x * multiplier / 2^15 / 2^(shift - 15), halves up, its lower 32 bits.  x: below 2^47; -> int64

    What TFLite does with sums of 64 bits; multiplier and shift are those of short_multiplier.
    """
    half = np.int64(1) << (np.asarray(shift, np.int64) - 1)
    return wrap_int32((np.asarray(x, np.int64) * multiplier + half) >> shift).astype(np.int64)


def short_multiplier(multiplier: int, shift: int) -> tuple[int, int]:
    """What quantize_multiplier gives, in 15 bits, and the shift to the right of a product with it.

    >>> short_multiplier(*quantize_multiplier(0.75))
    (24576, 15)
    """
    return min((multiplier + (1 << 15)) >> 16, 0x7FFF), 15 - shift


def activation_range(activation: str, scale: float, zero_point: int, dtype: str = "int8") -> tuple[int, int]:
    """The integers that a fused activation leaves of an output with this scale and zero point.

    >>> activation_range("RELU6", 0.1, -128)
    (-128, -68)
    """
    bounds = {
        "NONE": (None, None),
        "RELU": (0.0, None),
        "RELU6": (0.0, 6.0),
        "RELU_N1_TO_1": (-1.0, 1.0),
        "RELU_0_TO_1": (0.0, 1.0),
    }
    low, high = bounds[activation]
    all_of = np.iinfo(dtype)
    least = all_of.min if low is None else max(all_of.min, quantize(low, scale, zero_point))
    most = all_of.max if high is None else min(all_of.max, quantize(high, scale, zero_point))
    return int(least), int(most)


def requantize(
    acc: np.ndarray,
    multiplier: np.ndarray | int,
    shift: np.ndarray | int,
    zero_point: int,
    least: int | None = None,
    most: int | None = None,
    dtype: str = "int8",
) -> np.ndarray:
    """The end of most kernels: int32 accumulators -> outputs, scaled, shifted to the zero point, clamped."""
    scaled = multiply_by_quantized_multiplier(acc, multiplier, shift)
    scaled += zero_point
    all_of = np.iinfo(dtype)
    least, most = all_of.min if least is None else least, all_of.max if most is None else most
    return np.clip(scaled, least, most, out=scaled).astype(dtype)
