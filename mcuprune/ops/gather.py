"""GATHER: slices along an axis in another order, some of them perhaps twice; with a table of rows, an embedding.

Indices are constants, or int32 from an input of the network.
"""

from math import prod

import numpy as np
import tflite

from mcuprune import libc
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.layer import Array, Call, Field, Layer
from mcuprune.operand import check_shape, sample_shape, samples, unsupported

CODE = "GATHER"
ABOUT = "indices constant or from an int32 input, none negative; any axis, no batch_dims; constant tables (Embedding)"
INTEGERS, TABLE = (1,), 0  # operands: the indices, and what they choose from


def read(options: tflite.GatherOptions) -> dict[str, object]:
    return {"axis": options.Axis(), "batch_dims": options.BatchDims()}


def check(graph: Graph, op: Op) -> None:
    source, indices, along = graph.tensors[op.inputs[0]], graph.tensors[op.inputs[1]], axis(graph, op)
    if op.attrs["batch_dims"]:
        raise unsupported(op, f"has batch_dims {op.attrs['batch_dims']}", "gather from one batch")
    check_table(op, source)
    check_indices(op, indices)
    if indices.constant and not 0 <= indices.values.min() <= indices.values.max() < source.shape[along]:
        raise unsupported(op, f"takes slices of axis {along} that {list(source.shape)} has not", "convert it again")
    check_shape(graph, op, (*source.shape[:along], *indices.shape, *source.shape[along + 1 :]))


def check_table(op: Op, table: Tensor) -> None:
    if table.dtype != "int8" or len(table.scale) != 1:
        why = f"takes slices of {table.name}, {table.dtype} with {len(table.scale)} scales"
        raise unsupported(op, why, "quantize it to int8 with one scale")


def check_indices(op: Op, indices: Tensor) -> None:
    if indices.dtype not in (("int32", "int64") if indices.constant else ("int32",)):
        raise unsupported(op, f"has {indices.dtype} indices", "use int32")


def axis(graph: Graph, op: Op) -> int:
    return int(op.attrs["axis"]) % len(graph.tensors[op.inputs[0]].shape)


def places(graph: Graph, op: Op) -> int:
    """How many slices there are: indices lie below."""
    return graph.tensors[op.inputs[0]].shape[axis(graph, op)]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...], and int32 [N, ...] where indices are no constants -> int8 [N, ...]"""
    table, indices = (samples(graph.tensors[i], x) for i, x in zip(op.inputs, inputs, strict=True))
    n = max(len(table), len(indices))
    each = (np.broadcast_to(x, (n, *x.shape[1:])) for x in (table, indices))
    y = np.stack([rows.take(index, axis(graph, op)) for rows, index in zip(*each, strict=True)])
    return [y.reshape(n, *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape, along, indices = graph.tensors[op.inputs[0]].shape, axis(graph, op), graph.tensors[op.inputs[1]]
    outer, count, inner = prod(shape[:along]), indices.count, prod(shape[along + 1 :])
    if not indices.constant:
        return chosen(op, (0, 1), outer, shape[along], count, inner)
    fields: dict[str, Field] = {
        "index": Array("int32_t", indices.values.reshape(-1), 4 * count),
        "outer": outer,
        "count": count,
        "inner": inner,
        "step": shape[along] * inner,
    }
    source = np.add.outer(np.arange(outer) * shape[along], indices.values.reshape(-1)) * inner
    target = np.arange(outer * count).reshape(outer, count) * inner
    work = _work(outer, count, inner, int(np.count_nonzero((source | target) % 4 == 0)))
    call = Call("mcup_gather_s8", "mcup_gather_t", fields, work=work)
    return Layer(op, (call,), summary=f"{count} of {shape[along]} along axis {along}")


def chosen(op: Op, inputs: tuple[int, int], outer: int, places: int, count: int, inner: int) -> Layer:
    """Slices that an input of the network chooses.  inputs: positions of the table and of the indices."""
    fields: dict[str, Field] = {"outer": outer, "count": count, "inner": inner, "places": places}
    call = Call("mcup_gather_indices_s8", "mcup_gather_indices_t", fields, inputs, _work(outer, count, inner))
    return Layer(op, (call,), summary=f"{count} of {places}")


def _work(outer: int, count: int, inner: int, aligned: int | None = None) -> dict[str, float]:
    """How often the loops run, for mcuprune.cost.  aligned: as of libc.copied, None where an input has the indices."""
    return {"outer": outer, "slice": outer * count} | libc.copied(outer * count, inner, aligned)
