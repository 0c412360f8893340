"""LOGISTIC and TANH of int16: between 256 points of the logistic function, 1/24 apart.

TFLite's kernels (integer_ops/logistic.h, tanh.h) bring an input to 3 * 4096 steps a unit, look up the logistic
function of its magnitude, or of twice the magnitude for tanh, and mirror the result where the input was negative.
"""

from math import log2

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import unsupported

UNIT = 3 * 4096  # steps of an input
POINTS = 24  # of the table, a unit
MOST = 65_535  # that an input may be multiplied by in 32 bits


def _logistic(places: np.ndarray) -> np.ndarray:
    return 65536 / (1 + np.exp(-places / POINTS))


def _table() -> np.ndarray:
    """Each point is higher by half of what a straight line is too low in the middle behind it; the last is all but 1.

    Q16, int64 [256]
    """
    i = np.arange(255)
    too_low = _logistic(i + 0.5) - (_logistic(i) + _logistic(i + 1)) / 2
    return np.append(np.rint(_logistic(i) + too_low / 2), 65535).astype(np.int64)


TABLE = _table()  # Firmware: mcup_curve_s16.h


def check(graph: Graph, op: Op) -> None:
    target = graph.tensors[op.outputs[0]]
    if target.s != 2.0**-15:
        why = f"has output scale {target.s:.6g}, TFLite's kernel demands 1/32768"
        raise unsupported(op, why, "quantize the model with the TFLite converter")
    if rescale(graph, op)[0] > MOST:
        why = f"has input scale {graph.tensors[op.inputs[0]].s:.6g}, which overflows in TFLite's kernel"
        raise unsupported(op, why, "calibrate the quantizer with real samples")


def rescale(graph: Graph, op: Op) -> tuple[int, int]:
    """(multiplier, shift to the right) of an input: 3 for scales of 2^-12, and 6 for tanh's of 2^-11."""
    scale = graph.tensors[op.inputs[0]].s
    power = log2(scale)
    if abs(power - round(power)) < 1e-3 and round(power) + 12 in ((0, 1) if op.kind == "tanh" else (0,)):
        return 3 << round(power) + 12, 0
    real, shift = scale * UNIT, 0
    while real <= 32767 / 2 and shift <= 30:
        real, shift = 2 * real, shift + 1
    return int(real), shift


def logistic(to_unit: tuple[int, int], x: np.ndarray) -> np.ndarray:
    """int16 -> int16, same shape"""
    scaled = _scaled(to_unit, x)
    y = _between(np.abs(scaled), 9, 0x7FFF << 10)
    return (np.where(scaled >= 0, y + 512, (1 << 25) - y + 511) >> 10).astype(np.int16)


def tanh(to_unit: tuple[int, int], x: np.ndarray) -> np.ndarray:
    """int16 -> int16, same shape"""
    scaled = _scaled(to_unit, x)
    y = _between(np.abs(scaled), 8, 0xFFFF << 8) - (1 << 23)
    return (np.where(scaled >= 0, y + 128, 127 - y) >> 8).astype(np.int16)


def _scaled(to_unit: tuple[int, int], x: np.ndarray) -> np.ndarray:
    multiplier, shift = to_unit
    return (x.astype(np.int64) * multiplier + ((1 << shift) >> 1)) >> shift


def _between(x: np.ndarray, bits: int, most: int) -> np.ndarray:
    """The logistic function in Q(16 + bits), of x with so many bits between two points; `most` beyond the last."""
    place = np.minimum(x >> bits, 254)
    low, high = TABLE[place], TABLE[place + 1]
    return np.where(x >> bits >= 255, most, (low << bits) + (x & ((1 << bits) - 1)) * (high - low))


def lower(graph: Graph, op: Op) -> Layer:
    size = graph.results(op)[0].count
    multiplier, shift = rescale(graph, op)
    fields: dict[str, Field] = {"size": size, "multiplier": multiplier, "shift": shift}
    call = Call(f"mcup_{op.kind}_s16", "mcup_curve_s16_t", fields, work={"one": size})
    return Layer(op, (call,), in_place=(0,), summary=f"{size:,} elements")
