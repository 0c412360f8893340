"""HARD_SWISH: x * relu6(x + 3) / 6, in the 16-bit arithmetic of TFLite's reference kernel."""

import numpy as np

from mcuprune import fixed, lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape, unsupported

CODE = "HARD_SWISH"
ABOUT = "output scale not below 1/128 of the input's; a lookup table"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    if _multiplier(source.s, target.s)[1] > 0:
        why = f"has output scale {target.s:.6g}, less than 1/128 of the input's {source.s:.6g}"
        raise unsupported(op, why, "calibrate the quantizer with real samples")


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    x = (lookup.EVERY_INT8.astype(np.int64) - source.z) * 128
    multiplier, exponent = _multiplier(source.s, target.s)
    scaled = _high_mul(x, multiplier)  # x on the output's scale, still to be shifted right by -exponent

    # 0 at x = -3 and 2^15 at x = 3: saturated on the way, which is what makes it relu6
    multiplier, gate_exponent = _multiplier(source.s, 3 / 32768)
    gate = x
    if gate_exponent > 0:
        gate = _saturate(gate << (gate_exponent - 1))
    gate = _high_mul(gate, multiplier)
    if gate_exponent > 0:
        gate = _saturate(gate << 1)
    elif gate_exponent < 0:
        gate = _divide(gate, -gate_exponent)
    gate = (gate + (1 << 15)) >> 1

    product = gate * scaled
    product = np.abs(product) // (1 << 15) * np.sign(product)  # towards zero, as C divides
    return np.clip(_divide(product, -exponent) + target.z, -128, 127).astype(np.int8)


def _multiplier(source: float, target: float) -> tuple[int, int]:
    """Of (source / 128) / target, computed in float32, its multiplier in 16 bits."""
    real = np.float32(source) * np.float32(1 / 128) / np.float32(target)
    multiplier, exponent = fixed.quantize_multiplier(float(real))
    return min((multiplier + (1 << 15)) >> 16, 32767), exponent


def _high_mul(a: np.ndarray, b: int) -> np.ndarray:
    """round(a * b / 2^15), halves up; b < 2^15."""
    return (a * b + (1 << 14)) >> 15


def _divide(x: np.ndarray, exponent: int) -> np.ndarray:
    """round(x / 2^exponent); from 2^16 on, which has no bit in the kernel's int16, 1 or -1, by sign."""
    return fixed.rounding_divide_by_pot(x, exponent) if exponent < 16 else np.where(x < 0, -1, 1)


def _saturate(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -32768, 32767)


reference, lower = lookup.by_table(table)
