"""REVERSE_V2: back to front along some axes, a copy that goes backwards."""

import numpy as np

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported

CODE = "REVERSE_V2"
ABOUT = "any constant axes, up to 5 dimensions above 1"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    shape = graph.tensors[op.inputs[0]].shape
    check_shape(graph, op, shape)
    if sum(n > 1 for n in shape) > strides.COPY_RANK:
        raise unsupported(op, f"has {len(shape)} dimensions", "merge neighbouring dimensions with a RESHAPE first")


def axes(graph: Graph, op: Op) -> set[int]:
    rank = len(graph.tensors[op.inputs[0]].shape)
    return {int(axis) % rank for axis in constant(graph, op, 1, "axes").reshape(-1)}


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    x = samples(graph.tensors[op.inputs[0]], inputs[0])
    y = np.flip(x, [axis + 1 for axis in axes(graph, op)])
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    shape, back = graph.tensors[op.inputs[0]].shape, axes(graph, op)
    first = [n - 1 if axis in back else 0 for axis, n in enumerate(shape)]
    by = [-1 if axis in back else 1 for axis in range(len(shape))]
    return Layer(op, (strides.cut(0, shape, first, shape, by),), summary=f"{list(shape)} along {sorted(back)}")
