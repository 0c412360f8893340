"""Operators with several results: SPLIT, SPLIT_V and UNPACK cut their input along an axis.

The reader takes them apart into one operator for each result (tflite.py), of the same kind and operands; the attribute
`part` says which result.  So a layer has one output, and a result that nobody reads costs nothing.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, sample_shape, samples, unsupported


def check(graph: Graph, op: Op, position: int, axis: int, sizes: Sequence[int], shape: Sequence[int]) -> None:
    """position: of the operand that is cut; sizes: of all parts along the axis; shape: of this result."""
    source = graph.tensors[op.inputs[position]]
    if sum(sizes) != source.shape[axis] or min(sizes, default=0) < 1 or not 0 <= op.attrs["part"] < len(sizes):
        raise unsupported(op, f"cuts {list(sizes)} out of {list(source.shape)} along axis {axis}", "convert it again")
    check_shape(graph, op, shape)


def _span(graph: Graph, op: Op, position: int, axis: int, sizes: Sequence[int]) -> tuple[list[int], list[int]]:
    """The first element and the number of elements along each dimension."""
    count = list(graph.tensors[op.inputs[position]].shape)
    first, part = [0] * len(count), op.attrs["part"]
    first[axis], count[axis] = sum(sizes[:part]), sizes[part]
    return first, count


def reference(
    graph: Graph, op: Op, inputs: list[np.ndarray], position: int, axis: int, sizes: Sequence[int]
) -> list[np.ndarray]:
    first, count = _span(graph, op, position, axis, sizes)
    x = samples(graph.tensors[op.inputs[position]], inputs[position])
    y = x.take(range(first[axis], first[axis] + count[axis]), axis + 1)
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, position: int, axis: int, sizes: Sequence[int]) -> Layer:
    first, count = _span(graph, op, position, axis, sizes)
    shape = graph.tensors[op.inputs[position]].shape
    summary = f"part {op.attrs['part'] + 1} of {len(sizes)} along axis {axis}"
    return Layer(op, (strides.cut(position, shape, first, count),), summary=summary)
