"""BATCH_MATMUL: the product of two matrices that the network computes, for every batch of them.

Either may be transposed, and batches broadcast; all of that is steps.
"""

from math import prod

import numpy as np
import tflite

from mcuprune import fixed, strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import check_shape, operands, sample_shape, samples, unsupported

CODE = "BATCH_MATMUL"
ABOUT = "any scales, constants, transposed operands, broadcasting over up to 2 dimensions of batches"
RANK = 2  # of batches in mcup_batch_matmul_t
DEEPEST = 2**31 // 255**2  # products that a 32-bit sum can hold


def read(options: tflite.BatchMatMulOptions) -> dict[str, object]:
    return {"adj_x": bool(options.AdjX()), "adj_y": bool(options.AdjY())}


def check(graph: Graph, op: Op) -> None:
    a, b = operands(graph, op)
    shapes = f"{list(a.shape)} and {list(b.shape)}"
    for operand in (a, b):
        if operand.dtype != "int8" or len(operand.scale) != 1 or len(operand.shape) < 2:
            raise unsupported(op, f"multiplies {operand.name}, {operand.dtype} {list(operand.shape)}", "quantize it")
    if max(len(a.shape), len(b.shape)) > 4:  # of which TFLite's kernel mixes up the batches
        raise unsupported(op, f"multiplies {shapes}", "merge dimensions of batches with a RESHAPE, to four at most")
    rows, depth, columns, depth_of_b = _sizes(graph, op)
    if depth != depth_of_b or depth > DEEPEST:
        raise unsupported(op, f"multiplies {shapes}", f"make the inner dimensions equal, and at most {DEEPEST}")
    try:
        batches = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise unsupported(op, f"has batches that do not fit: {shapes}", "convert the model again") from None
    if op.attrs["adj_x"] and prod(a.shape[:-2]) != prod(b.shape[:-2]):  # TFLite's kernel takes the wrong matrices
        why = f"transposes its first operand and broadcasts batches: {shapes}"
        raise unsupported(op, why, "transpose with a TRANSPOSE before it")
    check_shape(graph, op, (*batches, rows, columns))
    if len(_batches(graph, op)[0]) > RANK:
        why = f"broadcasts {shapes} over more than {RANK} dimensions of batches"
        raise unsupported(op, why, "merge dimensions with a RESHAPE")


def _sizes(graph: Graph, op: Op) -> tuple[int, int, int, int]:
    """rows of a, its depth; columns of b, its depth"""
    a, b = operands(graph, op)
    rows, depth = a.shape[:-3:-1] if op.attrs["adj_x"] else a.shape[-2:]
    columns, depth_of_b = b.shape[-2:] if op.attrs["adj_y"] else b.shape[:-3:-1]
    return rows, depth, columns, depth_of_b


def _batches(graph: Graph, op: Op) -> list[tuple[int, ...]]:
    """[dims, steps in a, steps in b] in as few dimensions as will do."""
    batches = graph.tensors[op.outputs[0]].shape[:-2]
    steps = []
    for operand in operands(graph, op):
        size = prod(operand.shape[-2:])
        steps.append(tuple(size * step for step in strides.broadcast_steps(operand.shape[:-2], batches)))
    return strides.collapse(batches, *steps)


def multiplier(graph: Graph, op: Op) -> tuple[int, int]:
    """(multiplier, shift) from a product to the output's scale; TFLite multiplies the scales in float32."""
    a, b = operands(graph, op)
    return fixed.quantize_multiplier(float(np.float32(a.s) * np.float32(b.s)) / graph.tensors[op.outputs[0]].s)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    target = graph.tensors[op.outputs[0]]
    a, b = (samples(t, x).astype(np.int32) - t.z for t, x in zip(operands(graph, op), inputs, strict=True))
    a = a.swapaxes(-1, -2) if op.attrs["adj_x"] else a
    b = b.swapaxes(-1, -2) if op.attrs["adj_y"] else b
    rank = len(target.shape)
    a, b = (x.reshape(len(x), *strides.pad(x.shape[1:], rank, 1)) for x in (a, b))
    y = fixed.requantize(a @ b, *multiplier(graph, op), target.z)
    return [y.reshape(len(y), *sample_shape(target))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    a, b = operands(graph, op)
    rows, depth, columns, _ = _sizes(graph, op)
    dims, a_steps, b_steps = _batches(graph, op)
    to_target, shift = multiplier(graph, op)
    fields: dict[str, Field] = {
        "batches": strides.pad(dims, RANK, 1),
        "a_batch": strides.pad(a_steps, RANK, 0),
        "b_batch": strides.pad(b_steps, RANK, 0),
        "rows": rows,
        "columns": columns,
        "depth": depth,
        "a_row": 1 if op.attrs["adj_x"] else depth,
        "a_step": rows if op.attrs["adj_x"] else 1,
        "b_column": depth if op.attrs["adj_y"] else 1,
        "b_step": 1 if op.attrs["adj_y"] else columns,
        "multiplier": to_target,
        "a_offset": -a.z,
        "b_offset": -b.z,
        "shift": -shift,
        "zero_point": graph.tensors[op.outputs[0]].z,
    }
    outputs = prod(dims) * rows * columns
    call = Call(
        "mcup_batch_matmul_s8", "mcup_batch_matmul_t", fields, (0, 1), {"output": outputs, "mac": outputs * depth}
    )
    return Layer(
        op,
        (call,),
        macs=outputs * depth,
        nonzero_macs=outputs * depth,
        summary=f"{prod(dims)} of {rows} x {depth} x {columns}",
    )
