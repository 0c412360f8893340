"""STRIDED_SLICE: x[begin:end:stride, ...] with NumPy's meaning, all masks included, as one strided copy."""

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import constant, sample_shape, samples, unsupported

CODE = "STRIDED_SLICE"
ABOUT = "constant bounds, every mask, negative strides; free where everything is kept"
WIDE = True


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
    if op.attrs.get("offset"):
        raise unsupported(op, "counts its end from its begin (offset)", "write the end as an index")
    rank = len(graph.tensors[op.inputs[0]].shape)
    if len(_consuming(graph, op)) > rank:  # TFLite takes such an ellipsis for one dimension
        raise unsupported(op, f"has more than {rank} items or an ellipsis for no dimension", "leave the ellipsis out")
    if 0 in constant(graph, op, 3, "strides"):
        raise unsupported(op, "has a stride of 0", "convert the model again")
    target = graph.tensors[op.outputs[0]]
    count = [n for _, _, n in spans(graph, op)]
    if np.prod(count) != target.count or not target.count:
        raise unsupported(op, f"selects {count}, but declares {list(target.shape)}", "convert the model again")


def spans(graph: Graph, op: Op) -> list[tuple[int, int, int]]:
    """(first, stride, count) along each dimension of the input."""
    shape = graph.tensors[op.inputs[0]].shape
    begin, end, stride = (constant(graph, op, i, "bounds").tolist() for i in (1, 2, 3))
    items = _consuming(graph, op)
    result: list[tuple[int, int, int]] = []
    for item in items:
        if _bit(op, "ellipsis", item):
            result += [(0, 1, n) for n in shape[len(result) : len(shape) - (len(items) - items.index(item) - 1)]]
            continue
        size = shape[len(result)]
        if _bit(op, "shrink_axis", item):
            result.append((begin[item] % size, 1, int(-size <= begin[item] < size)))
        else:
            start = None if _bit(op, "begin", item) else begin[item]
            stop = None if _bit(op, "end", item) else end[item]
            kept = range(size)[start : stop : stride[item]]
            result.append((kept.start, kept.step, len(kept)))
    return result + [(0, 1, n) for n in shape[len(result) :]]


def _bit(op: Op, mask: str, item: int) -> bool:
    return bool(op.attrs.get(f"{mask}_mask", 0) >> item & 1)


def _consuming(graph: Graph, op: Op) -> list[int]:
    """The items of the index that stand for dimensions of the input: all but new axes."""
    items = range(graph.tensors[op.inputs[1]].count)
    return [item for item in items if _bit(op, "ellipsis", item) or not _bit(op, "new_axis", item)]


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
    return Layer(op, (strides.cut(0, shape, first, count, stride, graph.tensors[op.inputs[0]].item),), summary=summary)
