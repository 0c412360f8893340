"""SLICE: x[begin : begin + size, ...], a size of -1 up to the end, as one strided copy."""

import numpy as np

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported

CODE = "SLICE"
ABOUT = "constant begin and size; free where everything is kept"
WIDE = True


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    first, count = spans(graph, op)
    shape = graph.tensors[op.inputs[0]].shape
    if len(first) != len(shape) or not all(0 <= f < f + c <= n for f, c, n in zip(first, count, shape, strict=True)):
        raise unsupported(op, f"cuts {count} from {first} out of {list(shape)}", "convert the model again")
    check_shape(graph, op, count)


def spans(graph: Graph, op: Op) -> tuple[list[int], list[int]]:
    """The first element and the number of elements along each dimension."""
    shape = graph.tensors[op.inputs[0]].shape
    first, size = (constant(graph, op, i, what).reshape(-1).tolist() for i, what in ((1, "begin"), (2, "size")))
    return first, [n - f if s == -1 else s for n, f, s in zip(shape, first, size, strict=True)]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    x = samples(graph.tensors[op.inputs[0]], inputs[0])
    kept = tuple(slice(f, f + c) for f, c in zip(*spans(graph, op), strict=True))
    return [x[(slice(None), *kept)].reshape(len(x), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape = graph.tensors[op.inputs[0]].shape
    first, count = spans(graph, op)
    summary = f"{list(shape)} -> {count}"
    if count == list(shape):
        return Layer(op, (), summary=summary)
    return Layer(op, (strides.cut(0, shape, first, count, item=graph.tensors[op.inputs[0]].item),), summary=summary)
