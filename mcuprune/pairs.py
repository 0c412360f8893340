"""Functions of two int8, element by element, with broadcasting: what ADD and MUL have in common.

Their files say what the function is; 65,536 pairs are all there are, so that a reference evaluates each once.
"""

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.lookup import EVERY_INT8
from mcuprune.ops import ACTIVATIONS, check_activation, sample_shape, samples, unsupported

RANK = 4  # of mcup_pairs_t

# The two operands of every pair, int32 [256, 1] and [1, 256]; row and column are the operands as uint8.
EVERY_A = EVERY_INT8.astype(np.int32)[:, None]
EVERY_B = EVERY_INT8.astype(np.int32)[None, :]


def read(options: tflite.AddOptions | tflite.MulOptions) -> dict[str, object]:
    return {"fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()]}


def check(graph: Graph, op: Op) -> None:
    check_activation(op)
    for operand in graph.operands(op):
        if operand.dtype != "int8" or len(operand.scale) != 1:
            why = f"has the constant {operand.name} ({operand.dtype}) without one scale and zero point"
            raise unsupported(op, why, "convert the whole model to int8, with TFLITE_BUILTINS_INT8 as the only operators")
    if len(loops(graph, op)[0]) > RANK:
        shapes = " and ".join(str(list(operand.shape)) for operand in graph.operands(op))
        raise unsupported(op, f"broadcasts {shapes} over more than {RANK} dimensions", "merge dimensions with a RESHAPE")


def loops(graph: Graph, op: Op) -> list[tuple[int, ...]]:
    """[dims, steps of a, steps of b] in as few dimensions as will do."""
    a, b = graph.operands(op)
    shape = graph.tensors[op.outputs[0]].shape
    steps = (strides.broadcast_steps(operand.shape, shape) for operand in (a, b))
    return strides.collapse(shape, strides.steps(shape), *steps)[::1]


def evaluate(graph: Graph, op: Op, table: np.ndarray, inputs: list[np.ndarray]) -> np.ndarray:
    """table: int8 [256, 256], indexed by the operands as uint8; inputs: int8 [N, ...] each -> int8 [N, ...]"""
    target = graph.tensors[op.outputs[0]]
    a, b = (
        x.reshape(len(x), *strides.pad(x.shape[1:], len(target.shape), 1)).view(np.uint8)
        for x in map(samples, graph.operands(op), inputs)
    )
    answers = np.take(table.reshape(-1), a.astype(np.uint16) << 8 | b)
    return answers.reshape(len(answers), *sample_shape(target))
