"""STRIDED_SLICE: x[begin:end:stride, ...] with NumPy's meaning, all masks included, as one strided copy."""

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.ops import sample_shape, samples, unsupported

CODE = "STRIDED_SLICE"
ABOUT = "constant bounds, every mask, negative strides; free where everything is kept"

MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def read(options: tflite.StridedSliceOptions) -> dict[str, object]:
    return {
        "begin_mask": options.BeginMask(),
        "end_mask": options.EndMask(),
        "ellipsis_mask": options.EllipsisMask(),
        "new_axis_mask": options.NewAxisMask(),
        "shrink_axis_mask": options.ShrinkAxisMask(),
        "offset": options.Offset(),
    }


def check(graph: Graph, op: Op) -> None:
    if not all(graph.tensors[i].constant for i in op.inputs[1:4]):
        raise unsupported(op, "takes its bounds from another layer", "make them constants")
    if op.attrs.get("offset"):
        raise unsupported(op, "counts its end from its begin (offset)", "write the end as an index")
    target = graph.tensors[op.outputs[0]]
    count = [n for _, _, n in spans(graph, op)]
    if np.prod(count) != target.count or not target.count:
        raise unsupported(op, f"selects {count}, but declares {list(target.shape)}", "convert the model again")


def spans(graph: Graph, op: Op) -> list[tuple[int, int, int]]:
    """(first, stride, count) along each dimension of the input."""
    shape = graph.tensors[op.inputs[0]].shape
    begin, end, stride = (graph.tensors[i].data.tolist() for i in op.inputs[1:4])
    bit = {name: [op.attrs.get(f"{name}_mask", 0) >> i & 1 for i in range(len(begin))] for name in MASKS}
    consuming = [i for i in range(len(begin)) if bit["ellipsis"][i] or not bit["new_axis"][i]]
    result: list[tuple[int, int, int]] = []
    for i in consuming:
        size = shape[len(result)] if len(result) < len(shape) else 1
        if bit["ellipsis"][i]:
            result += [(0, 1, n) for n in shape[len(result) : len(shape) - (len(consuming) - consuming.index(i) - 1)]]
        elif bit["shrink_axis"][i]:
            result.append((begin[i] % size, 1, 1))
        else:
            start = None if bit["begin"][i] else begin[i]
            stop = None if bit["end"][i] else end[i]
            first, last, step = slice(start, stop, stride[i]).indices(size)
            result.append((first, step, len(range(first, last, step))))
    return result + [(0, 1, n) for n in shape[len(result) :]]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    y = samples(graph.tensors[op.inputs[0]], inputs[0])
    for axis, (first, step, count) in enumerate(spans(graph, op), 1):
        y = y.take(first + step * np.arange(count), axis)
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape = graph.tensors[op.inputs[0]].shape
    first, stride, count = zip(*spans(graph, op), strict=True)
    summary = f"{list(shape)} -> {list(graph.tensors[op.outputs[0]].shape)}"
    if count == shape and all(s == 1 or n == 1 for s, n in zip(stride, count, strict=True)):
        return Layer(op, (), summary=summary)
    steps = strides.steps(shape)
    offset = sum(f * step for f, step in zip(first, steps, strict=True))
    source = [s * step for s, step in zip(stride, steps, strict=True)]
    return Layer(op, (strides.copy(0, count, source, strides.steps(count), source_offset=offset),), summary=summary)
