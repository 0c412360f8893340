"""Logistic function and tanh of 16-bit fixed point numbers, as TFLite's integer LSTM computes them.

They are what gemmlowp makes of its templates for int16 (fixedpoint.h): exp by a polynomial of degree four between
-1/4 and 0 and a factor for each bit above, then 1 / (1 + exp) by three steps of Newton and Raphson.  Every product is
rounded, so the last bits are noise, but the same noise everywhere.  Firmware: mcup_sigmoid.h.

A number Qn is an int16 with n bits before the point: real = raw / 2^(15 - n).
"""

from functools import cache

import numpy as np

from mcuprune.fixed import rounding_divide_by_pot

ONE = 32767  # what Q0 has for 1
EXP_OF_EIGHTH, THIRD = 28918, 10923  # exp(-1/8) and 1/3, Q0
FACTORS = (25520, 19875, 12055, 4435, 600, 11, 0)  # exp(-2^k) for k = -2..4, Q0
RECIPROCAL = (23130, -15420)  # 48/17 and -32/17, Q2: the line that Newton and Raphson begin with


@cache
def logistic() -> np.ndarray:
    """The table of 1 / (1 + exp(-x)): int16 [65536], entry uint16(x) of x in Q3 answers in Q0."""
    x = _every_int16()
    positive = _saturated(2 * _reciprocal(_exp(-np.abs(x), 3)))
    return np.where(x == 0, 1 << 14, np.where(x > 0, positive, ONE - positive)).astype(np.int16)


@cache
def tanh(integer_bits: int) -> np.ndarray:
    """The table of tanh(x): int16 [65536], entry uint16(x) of x in Qinteger_bits answers in Q0.  integer_bits: 0..6"""
    x = _every_int16()
    negative = _saturated(4 * (_reciprocal(_exp(-np.abs(x), integer_bits + 1)) - (1 << 13)))
    return np.where(x == 0, 0, np.where(x < 0, -negative, negative)).astype(np.int16)


def apply(table: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The table's answers, in the shape of x.  x: int16 values"""
    return table[x.astype(np.int16).view(np.uint16)]


def _exp(x: np.ndarray, integer_bits: int) -> np.ndarray:
    """exp(x) in Q0 of x <= 0 in Qinteger_bits."""
    quarter = 1 << (13 - integer_bits)
    low = (x & (quarter - 1)) - quarter
    y = (low << integer_bits) + (1 << 12)  # around -1/8
    y2 = _product(y, y)
    y3, y4 = _product(y2, y), _product(y2, y2)
    tail = rounding_divide_by_pot(_product(rounding_divide_by_pot(y4, 2) + y3, THIRD) + y2, 1)
    result = _saturated(EXP_OF_EIGHTH + _product(y + tail, EXP_OF_EIGHTH))
    rest = low - x
    for k, factor in enumerate(FACTORS[: integer_bits + 2]):
        result = np.where(rest & (quarter << k), _product(result, factor), result)
    if integer_bits > 5:
        result = np.where(x < -(1 << (20 - integer_bits)), 0, result)  # below -32
    return np.where(x == 0, ONE, result)


def _reciprocal(x: np.ndarray) -> np.ndarray:
    """2 / (1 + x) in Q2 of x in Q0."""
    half = (x + ONE + 1) >> 1
    y = RECIPROCAL[0] + _product(half, RECIPROCAL[1])
    for _ in range(3):
        y = y + _saturated(4 * _product(y, (1 << 13) - _product(half, y)))
    return y


def _product(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    """a * b / 2^15, halves up."""
    return (a * b + (1 << 14)) >> 15


def _saturated(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -(1 << 15), ONE)


def _every_int16() -> np.ndarray:
    """In the order of a table.  int64 [65536]"""
    return np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int64)
