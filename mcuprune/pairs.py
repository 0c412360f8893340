"""Functions of two int8, element by element, with broadcasting: what ADD, MUL and their kin have in common.

Their files say what the function is; 65,536 pairs are all there are, so that a reference evaluates each once.
"""

from collections.abc import Callable

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.lookup import EVERY_INT8
from mcuprune.matrix import chunks
from mcuprune.operand import (
    ACTIVATIONS,
    check_activation,
    check_shape,
    operands,
    output_range,
    sample_shape,
    samples,
    unsupported,
    wide,
)

Function = Callable[[np.ndarray, np.ndarray], np.ndarray]

RANK = 4  # of mcup_add_t, mcup_mul_t and mcup_pairs_t

# The two operands of every pair, int32 [256, 1] and [1, 256]; row and column are the operands as uint8.
EVERY_A = EVERY_INT8.astype(np.int32)[:, None]
EVERY_B = EVERY_INT8.astype(np.int32)[None, :]


def read(options: tflite.AddOptions | tflite.MulOptions | tflite.SubOptions) -> dict[str, object]:
    return {"fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()]}


def check(graph: Graph, op: Op) -> None:
    if "fused_activation_function" in op.attrs:
        check_activation(op)
    for operand in operands(graph, op):
        if operand.dtype != graph.tensors[op.outputs[0]].dtype or len(operand.scale) != 1:
            why = f"has the constant {operand.name} ({operand.dtype}) without one scale and zero point"
            raise unsupported(op, why, "convert the whole model to int8, with TFLITE_BUILTINS_INT8 alone")
    a, b = operands(graph, op)
    shapes = f"{list(a.shape)} and {list(b.shape)}"
    try:
        check_shape(graph, op, np.broadcast_shapes(a.shape, b.shape))
    except ValueError:
        raise unsupported(op, f"has operands that do not fit: {shapes}", "convert the model again") from None
    if len(loops(graph, op)[0]) > RANK:
        why = f"broadcasts {shapes} over more than {RANK} dimensions"
        raise unsupported(op, why, "merge dimensions with a RESHAPE")


def loops(graph: Graph, op: Op) -> list[tuple[int, ...]]:
    """[dims, steps of a, steps of b] in as few dimensions as will do."""
    shape = graph.tensors[op.outputs[0]].shape
    steps = (strides.broadcast_steps(operand.shape, shape) for operand in operands(graph, op))
    return strides.collapse(shape, *steps)


def evaluate(graph: Graph, op: Op, table: np.ndarray, inputs: list[np.ndarray]) -> np.ndarray:
    """table: int8 [256, 256], indexed by the operands as uint8; inputs: int8 [N, ...] each -> int8 [N, ...]"""
    return _by_chunks(graph, op, lambda a, b: table[a.view(np.uint8), b.view(np.uint8)], inputs)


def apply(graph: Graph, op: Op, function: Function, inputs: list[np.ndarray]) -> np.ndarray:
    """function: of two arrays of int64, the operands less their zero points.  [N, ...] each -> [N, ...]

    Of int8 it is evaluated on every pair there is, of int16 on every element.
    """
    a, b = operands(graph, op)
    if not wide(graph, op):
        return evaluate(graph, op, function(EVERY_A - a.z, EVERY_B - b.z), inputs)
    return _by_chunks(graph, op, lambda x, y: function(x.astype(np.int64), y.astype(np.int64)), inputs)


def _by_chunks(graph: Graph, op: Op, function: Function, inputs: list[np.ndarray]) -> np.ndarray:
    """function(a, b) of some samples after the others, the operands broadcast to one rank."""
    target = graph.tensors[op.outputs[0]]
    a, b = (
        x.reshape(len(x), *strides.pad(x.shape[1:], len(target.shape), 1))
        for x in map(samples, operands(graph, op), inputs)
    )
    n = max(len(a), len(b))
    a, b = (np.broadcast_to(x, (n, *x.shape[1:])) for x in (a, b))
    result = np.empty((n, *target.shape), target.dtype)
    for part in chunks(n, 8 * target.count):
        result[part] = function(a[part], b[part])
    return result.reshape(n, *sample_shape(target))


def lower(graph: Graph, op: Op, function: str, struct: str, fields: dict[str, Field], kind: str = "element") -> Layer:
    """fields: what the kernel's struct has besides the loops and the bounds of the activation.

    kind: of work, an element of the output, for mcuprune.cost.
    """
    target = graph.tensors[op.outputs[0]]
    least, most = output_range(graph, op)
    fields = {**loop_fields(graph, op), **fields, "zero_point": target.z, "least": least, "most": most}
    clamped = target.count if (least, most) != (-128, 127) else 0
    amounts = work(graph, op, kind)
    over = amounts["line"] * (target.count // amounts["line"] % 4) if kind in amounts else 0  # one at a time, not four
    amounts |= {"over": over, "clamped": clamped}
    return layer(graph, op, Call(function, struct, fields, (0, 1), amounts))


def loop_fields(graph: Graph, op: Op) -> dict[str, Field]:
    """mcup_pairs_t, which every struct of a pair begins with; steps are in elements."""
    dims, *steps = loops(graph, op)
    return {
        "dims": strides.pad(dims, RANK, 1),
        "a_steps": strides.pad(steps[0], RANK, 0),
        "b_steps": strides.pad(steps[1], RANK, 0),
    }


def work(graph: Graph, op: Op, kind: str = "element") -> dict[str, float]:
    """How often the loops of a kernel run, for mcuprune.cost."""
    count, (dims, *steps) = graph.tensors[op.outputs[0]].count, loops(graph, op)
    neighbours = steps[0][-1:] == steps[1][-1:] == (1,)
    return {"line": count // (dims or (1,))[-1], kind if neighbours else "broadcast": count}


def lower16(graph: Graph, op: Op, fields: dict[str, Field]) -> Layer:
    """The same for operands of int16, whose zero points are 0."""
    least, most = output_range(graph, op)
    fields = {"pairs": loop_fields(graph, op), **fields, "least": least, "most": most}
    call = Call(f"mcup_{op.kind}_s16", f"mcup_{op.kind}_s16_t", fields, (0, 1), work(graph, op))
    return layer(graph, op, call)


def layer(graph: Graph, op: Op, call: Call) -> Layer:
    """An operator on pairs that one call computes."""
    a, b = operands(graph, op)
    count = graph.tensors[op.outputs[0]].count
    in_place = tuple(i for i, x in enumerate((a, b)) if x.count == count and not x.constant)
    return Layer(op, (call,), in_place=in_place, summary=f"{list(sample_shape(a))} and {list(sample_shape(b))}")
