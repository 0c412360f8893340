"""RSQRT: 1 / sqrt(x) by Newton's method in fixed point; what is left of a normalization that was not folded."""

import numpy as np

from mcuprune import fixed, lookup
from mcuprune.graph import Graph, Op
from mcuprune.operand import check_shape, unsupported

CODE = "RSQRT"
ABOUT = "input zero point -128, so that nothing is negative; any scales; a lookup table"
BITS = 20  # more than the root of an integer, for its fraction


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    check_shape(graph, op, graph.tensors[op.inputs[0]].shape)
    zero_point = graph.tensors[op.inputs[0]].z
    if zero_point != -128:
        why = f"has input zero point {zero_point}: below it inputs are negative, and have no root"
        raise unsupported(op, why, "clip the input at 0 (relu) before it is quantized")


def table(graph: Graph, op: Op) -> np.ndarray:
    """The answers to every int8, int8 [256]."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    scale = 1 / float(np.sqrt(np.float32(source.s)) * np.float32(target.s))
    multiplier, shift = fixed.quantize_multiplier(scale)
    answers = [127]  # of 0
    for x in range(1, 256):
        root, root_shift = fixed.inverse_square_root(x)
        widened = fixed.multiply_by_quantized_multiplier(np.array([1]), root, root_shift + BITS)
        answers.append(fixed.requantize(widened, multiplier, shift - BITS, target.z).item())
    return np.roll(np.array(answers, np.int8), 128)  # the first answer is that of -128, the zero point


reference, lower = lookup.by_table(table)
