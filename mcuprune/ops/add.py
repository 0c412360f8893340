"""ADD: both operands on one scale with 20 more bits, added, rescaled to the output."""

import numpy as np
import tflite

from mcuprune import fixed, pairs
from mcuprune.graph import Graph, Op
from mcuprune.layer import Field, Layer
from mcuprune.operand import operands, output_range, unsupported, wide

CODE = "ADD"
ABOUT = "any scales, constants, broadcasting in up to 4 dimensions, fused activations"
WIDE = True
LEFT_SHIFT = 20  # bits that TFLite gives the operands before it scales them
LEFT_SHIFT_16 = 15  # of int16


def read(options: tflite.AddOptions) -> dict[str, object]:
    return {**pairs.read(options), "pot_scale_int16": bool(options.PotScaleInt16())}


def check(graph: Graph, op: Op) -> None:
    pairs.check(graph, op)
    if wide(graph, op) and op.attrs.get("pot_scale_int16"):
        raise unsupported(op, "scales int16 by powers of two", "convert the model with TensorFlow 2.3 or later")
    check_scales(graph, op, multipliers(graph, op))


def check_scales(graph: Graph, op: Op, found: tuple[tuple[int, int], ...]) -> None:
    """Refuse an output that TFLite cannot scale.  found: the multipliers, the output's last."""
    if found[-1][1] > 0:
        a, b, target = (graph.tensors[i].s for i in (*op.inputs, *op.outputs))
        why = f"has output scale {target:.6g}, less than a millionth of its operands' {a:.6g} and {b:.6g}"
        raise unsupported(op, why, "calibrate the quantizer with real samples")


def multipliers(graph: Graph, op: Op) -> tuple[tuple[int, int], ...]:
    """(multiplier, shift) of each operand, to twice the larger scale, and from there to the output's."""
    a, b, target = (graph.tensors[i].s for i in (*op.inputs, *op.outputs))
    twice = 2 * max(a, b)
    bits = LEFT_SHIFT_16 if wide(graph, op) else LEFT_SHIFT
    return tuple(map(fixed.quantize_multiplier, (a / twice, b / twice, twice / (2**bits * target))))


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """[N, ...] each -> [N, ...]"""
    target = graph.tensors[op.outputs[0]]
    to_a, to_b, to_target = multipliers(graph, op)
    bits, (least, most) = LEFT_SHIFT_16 if wide(graph, op) else LEFT_SHIFT, output_range(graph, op)

    def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        scaled_a = fixed.multiply_by_quantized_multiplier(a << bits, *to_a)
        scaled_b = fixed.multiply_by_quantized_multiplier(b << bits, *to_b)
        return fixed.requantize(scaled_a + scaled_b, *to_target, target.z, least, most, target.dtype)

    return [pairs.apply(graph, op, add, inputs)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    a, b = operands(graph, op)
    to_a, to_b, _ = multipliers(graph, op)
    fields = rescale_fields(a.z, b.z, multipliers(graph, op))
    if wide(graph, op):
        return pairs.lower16(graph, op, {name: f for name, f in fields.items() if not name.endswith("_offset")})
    kind = "equal" if to_a == to_b else "element"
    return pairs.lower(graph, op, "mcup_add_s8", "mcup_add_t", fields, kind)


def rescale_fields(a_zero_point: int, b_zero_point: int, found: tuple[tuple[int, int], ...]) -> dict[str, Field]:
    """What mcup_add_t holds of the arithmetic."""
    to_a, to_b, to_target = found
    return {
        "a_offset": -a_zero_point,
        "b_offset": -b_zero_point,
        "a_multiplier": to_a[0],
        "b_multiplier": to_b[0],
        "multiplier": to_target[0],
        "a_shift": _right(*to_a),
        "b_shift": _right(*to_b),
        "shift": -to_target[1],
    }


def _right(multiplier: int, shift: int) -> int:
    """The right shift of an operand: 0 says that it has the larger scale and is halved."""
    return -shift if multiplier else 1
