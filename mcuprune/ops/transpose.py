"""TRANSPOSE: dimensions in another order."""

import numpy as np

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported

CODE = "TRANSPOSE"
ABOUT = "any constant permutation, up to 5 dimensions above 1; free where only dimensions of 1 move"
WIDE = True


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    shape, perm = graph.tensors[op.inputs[0]].shape, permutation(graph, op)
    if sorted(perm) != list(range(len(shape))):
        raise unsupported(op, f"has {perm} as its permutation of {len(shape)} dimensions", "convert the model again")
    check_shape(graph, op, [shape[axis] for axis in perm])
    large = [n for n in shape if n > 1]
    if len(large) > strides.COPY_RANK:
        why = f"has {len(large)} dimensions, the kernel copies {strides.COPY_RANK}"
        raise unsupported(op, why, "merge neighbouring dimensions with a RESHAPE first")


def permutation(graph: Graph, op: Op) -> list[int]:
    """perm[i] is the input's dimension that becomes the output's dimension i."""
    rank = len(graph.tensors[op.inputs[0]].shape)
    return [int(axis) % rank for axis in constant(graph, op, 1, "permutation")]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    x = samples(graph.tensors[op.inputs[0]], inputs[0])
    y = x.transpose(0, *(axis + 1 for axis in permutation(graph, op)))
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    perm, item = permutation(graph, op), graph.tensors[op.inputs[0]].item
    summary = f"{list(source)}, dimensions {perm}"
    large = [axis for axis in perm if source[axis] > 1]
    if large == sorted(large):
        return Layer(op, (), summary=summary)
    from_steps = strides.steps(source)
    call = strides.copy(0, target, [from_steps[axis] for axis in perm], strides.steps(target), item=item)
    return Layer(op, (call,), summary=summary)
