"""What every byte of a network can be: the least and the most of it, whatever the input is.

Operators that never fall when an operand rises say so themselves: their references, run on the least and on the most
of the operands.  In a convolution positive weights meet the least and negative ones the most.  What is not known here
can be anything.  A byte whose least is its most is a constant, and its value is what the references computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np

from mcuprune import lookup
from mcuprune.graph import Graph, Op
from mcuprune.matrix import Matrix
from mcuprune.operand import sample_shape
from mcuprune.ops import OPS
from mcuprune.ops.conv_2d import axes
from mcuprune.window import windows

Range = tuple[np.ndarray, np.ndarray]  # least, most: int8 [1, *sample_shape]; a constant operand: [*shape]
Reach = Mapping[int, Range]  # by index of the tensor

LOOKUPS = frozenset(
    "elu hard_swish leaky_relu log logistic neg quantize relu relu6 relu_n1_to_1 sqrt square tanh".split()
)
LAYOUT = frozenset("concatenation expand_dims pad padv2 reshape squeeze strided_slice transpose".split())
RISING = LAYOUT | {"add", "average_pool_2d", "max_pool_2d", "mean"}
STEEP = 2.0**14  # of an operand's scale to the output's, from where a product may leave 32 bits and wrap


def ranges(graph: Graph) -> Reach:
    """The range of every tensor that is an int8 constant, the network's input, or written by an operator."""
    found: dict[int, Range] = {}
    for i, tensor in enumerate(graph.tensors):
        if tensor.data is not None and tensor.dtype == "int8":
            found[i] = tensor.data, tensor.data
    for i in graph.inputs:
        found[i] = anything(sample_shape(graph.tensors[i]))
    for op in graph.ops:
        found.update(zip(op.outputs, of(graph, op, [found.get(i) for i in op.inputs]), strict=True))
    return found


def anything(shape: Sequence[int]) -> Range:
    """A sample that nothing is known of."""
    return np.full((1, *shape), -128, np.int8), np.full((1, *shape), 127, np.int8)


def of(graph: Graph, op: Op, operands: Sequence[Range | None]) -> list[Range]:
    """The ranges of what op writes.  operands: the ranges of what it reads, None where that is not int8."""
    if op.kind not in OPS:  # a loop
        return [anything(sample_shape(tensor)) for tensor in graph.results(op)]
    read = [r for i, r in zip(op.inputs, operands, strict=True) if r is not None and not graph.tensors[i].constant]
    if op.attrs.get("variables"):  # a state may be anything
        return [anything(sample_shape(tensor)) for tensor in graph.results(op)]
    if all(np.array_equal(least, most) for least, most in read):
        return [(y, y) for y in _references(graph, op, operands, [[0] * len(operands)])]
    if op.kind in RISING | {"mul"} and not _steep(graph, op):
        corners = [[end] * len(operands) for end in (0, 1)] if op.kind != "mul" else list(product((0, 1), repeat=2))
        return [
            (y.min(axis=0, keepdims=True), y.max(axis=0, keepdims=True))
            for y in _references(graph, op, operands, corners)
        ]
    if op.kind in LOOKUPS:
        return [_looked_up(OPS[op.kind].reference(graph, op, [lookup.EVERY_INT8])[0], *read[0])]
    if op.kind in ("conv_2d", "fully_connected", "depthwise_conv_2d") and len(read) == 1:
        return [_product(graph, op, *read[0])]
    return [anything(sample_shape(tensor)) for tensor in graph.results(op)]


def _references(
    graph: Graph, op: Op, operands: Sequence[Range | None], corners: Sequence[Sequence[int]]
) -> list[np.ndarray]:
    """The reference on several samples.  corners: of each the ends, least (0) or most (1), of each operand."""
    inputs = []
    for position, (i, read) in enumerate(zip(op.inputs, operands, strict=True)):
        data = graph.tensors[i].data if i >= 0 else None
        samples = None if data is not None or read is None else [read[corner[position]] for corner in corners]
        inputs.append(np.concatenate(samples) if samples else data)
    return OPS[op.kind].reference(graph, op, inputs)


def _steep(graph: Graph, op: Op) -> bool:
    """Sums are of numbers below 2^17 (MEAN: of its count less), products of those below 2^16."""
    scales = [graph.tensors[i].s for i in op.inputs if i >= 0 and len(graph.tensors[i].scale) == 1]
    return max(*scales, prod(scales)) / graph.results(op)[0].s > STEEP


def _looked_up(table: np.ndarray, least: np.ndarray, most: np.ndarray) -> Range:
    """table: int8 [256], indexed by uint8.  Where it rises its ends tell, else only constants."""
    if np.all(np.diff(table[np.argsort(lookup.EVERY_INT8)].astype(np.int16)) >= 0):
        return lookup.apply(table, least), lookup.apply(table, most)
    known, value = least == most, lookup.apply(table, least)
    return np.where(known, value, table.min()), np.where(known, value, table.max())


def _product(graph: Graph, op: Op, least: np.ndarray, most: np.ndarray) -> Range:
    m: Matrix = OPS[op.kind].matrix_of(graph, op)
    up, down = np.maximum(m.weights, 0), np.minimum(m.weights, 0)
    if op.kind == "depthwise_conv_2d":
        (y, x), z = axes(graph, op), graph.operand(op, 0).z
        taps = (y.kernel, x.kernel, least.shape[3], -1)
        seen = [windows(v, y, x, z).astype(np.int32) for v in (least, most)]
        a, b = (w.T.reshape(taps).astype(np.int32) for w in (up, down))

        def total(first: np.ndarray, second: np.ndarray) -> np.ndarray:
            acc = sum(np.einsum("nyxabc,abcm->nyxcm", part, w) for part, w in ((first, a), (second, b)))
            return m.requantize(np.asarray(acc, np.int64).reshape(*first.shape[:3], -1) + m.bias)

        ends = total(seen[0], seen[1]), total(seen[1], seen[0])
    else:
        low, high = columns(graph, op, least), columns(graph, op, most)
        both = replace(m, weights=np.hstack([up, down]))
        ends = both.times(np.hstack([low, high])), both.times(np.hstack([high, low]))
    shape = (1, *sample_shape(graph.results(op)[0]))
    wraps = m.bound * 2.0 ** np.maximum(m.shift, 0) >= 2**31
    return np.where(wraps, np.int8(-128), ends[0]).reshape(shape), np.where(wraps, np.int8(127), ends[1]).reshape(shape)


def columns(graph: Graph, op: Op, x: np.ndarray) -> np.ndarray:
    """What each sum of a CONV_2D or FULLY_CONNECTED reads of one sample.  x: [1, ...] -> [columns, inputs of a row]"""
    if op.kind == "fully_connected":
        return x.reshape(-1, graph.operand(op, 1).shape[1])
    y_axis, x_axis = axes(graph, op)
    seen = windows(x, y_axis, x_axis, graph.operand(op, 0).z)
    return seen.reshape(y_axis.outputs * x_axis.outputs, -1)
