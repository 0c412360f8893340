"""MEAN over any dimensions: a sum, and the division folded into the multiplier that rescales it."""

from math import prod

import numpy as np
import tflite

from mcuprune import fixed, strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported, wide

CODE = "MEAN"
ABOUT = "any constant axes of up to 4 dimensions, keep_dims or not"
WIDE = True
RANK = 2  # of mcup_mean_t and its like: dimensions kept and dimensions summed, each


def read(options: tflite.ReducerOptions) -> dict[str, object]:
    return {"keep_dims": bool(options.KeepDims())}


def check(graph: Graph, op: Op) -> None:
    shape, over, keep = graph.tensors[op.inputs[0]].shape, axes(graph, op), op.attrs["keep_dims"]
    check_shape(graph, op, [1 if i in over else n for i, n in enumerate(shape) if keep or i not in over])
    kept, summed = loops(graph, op)
    if max(len(kept[0]), len(summed[0])) > RANK:
        why = f"over axes {axes(graph, op)} of {list(graph.tensors[op.inputs[0]].shape)} needs more than four loops"
        raise unsupported(op, why, "reduce one axis after the other, or merge axes with a RESHAPE")


def axes(graph: Graph, op: Op) -> list[int]:
    rank = len(graph.tensors[op.inputs[0]].shape)
    return sorted({int(axis) % rank for axis in constant(graph, op, 1, "axes").reshape(-1)})


def loops(graph: Graph, op: Op) -> list[list[tuple[int, ...]]]:
    """[dims, steps] in the input: of what is kept, and of what is summed."""
    shape, over = graph.tensors[op.inputs[0]].shape, axes(graph, op)
    steps = strides.steps(shape)
    kept = [axis for axis in range(len(shape)) if axis not in over]
    return [strides.collapse([shape[i] for i in part], [steps[i] for i in part]) for part in (kept, over)]


def rescale(graph: Graph, op: Op) -> tuple[int, int, int]:
    """(multiplier, shift, count): the first two turn a sum of `count` differences from the zero point into a mean."""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    count = prod(source.shape[axis] for axis in axes(graph, op))
    multiplier, shift = fixed.quantize_multiplier(source.s / target.s)
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << bits) // count, shift - bits, count


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    multiplier, shift, count = rescale(graph, op)
    sums = samples(source, inputs[0]).sum(tuple(axis + 1 for axis in axes(graph, op)), np.int32)
    y = fixed.requantize(sums - count * source.z, multiplier, shift, target.z, dtype=target.dtype)
    return [y.reshape(len(y), *sample_shape(target))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    multiplier, shift, count = rescale(graph, op)
    fields: dict[str, Field] = {
        **loop_fields(graph, op),
        "bias": -count * source.z,
        "multiplier": multiplier,
        "shift": -shift,
        "zero_point": target.z,
    }
    # in place: what later outputs sum lies behind what earlier ones have written
    suffix, runs = ("s16", reduction_work(graph, op)) if wide(graph, op) else ("s8", work(graph, op))
    call = Call(f"mcup_mean_{suffix}", "mcup_mean_t", fields, work=runs)
    return Layer(op, (call,), in_place=(0,), summary=f"{list(source.shape)} over {axes(graph, op)}")


def loop_fields(graph: Graph, op: Op) -> dict[str, Field]:
    """mcup_reduce_t, which every struct of a reduction begins with."""
    (kept, kept_steps), (summed, summed_steps) = loops(graph, op)
    return {
        "kept": strides.pad(kept, RANK, 1),
        "kept_steps": strides.pad(kept_steps, RANK, 0),
        "summed": strides.pad(summed, RANK, 1),
        "summed_steps": strides.pad(summed_steps, RANK, 0),
    }


def reduction_work(graph: Graph, op: Op) -> dict[str, float]:
    """How often the loops of a kernel run that takes one output after the other, for mcuprune.cost."""
    (kept, _), (summed, _) = loops(graph, op)
    outputs = prod(kept)
    return {"output": outputs, "line": outputs * prod(summed[:-1]), "input": outputs * prod(summed)}


def work(graph: Graph, op: Op) -> dict[str, float]:
    """How often the loops of the kernels run, for mcuprune.cost; some of them take four neighbours at a time."""
    (kept, kept_steps), (summed, _) = loops(graph, op)
    lines, length = prod(summed[:-1]), (summed or (1,))[-1]
    fours, ones = divmod(kept[-1], 4) if kept_steps[-1:] == (1,) else (0, (kept or (1,))[-1])
    found: dict[str, float] = {}
    for kind, n in (("four", fours * prod(kept[:-1])), ("one", ones * prod(kept[:-1]))):
        found |= {kind: n, f"{kind}_line": n * lines, f"{kind}_input": n * lines * length}
    return found
