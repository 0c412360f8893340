"""TILE: the input several times along each axis, a copy that reads bytes again."""

import numpy as np

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported

CODE = "TILE"
ABOUT = "constant multiples, up to 5 dimensions and repetitions together"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    shape, times = graph.tensors[op.inputs[0]].shape, multiples(graph, op)
    if len(times) != len(shape) or min(times, default=1) < 1:
        raise unsupported(op, f"repeats {list(shape)} {times} times", "convert the model again")
    check_shape(graph, op, [n * count for n, count in zip(shape, times, strict=True)])
    if len(strides.collapse(*_loops(graph, op))[0]) > strides.COPY_RANK:
        raise unsupported(op, f"repeats {list(shape)} along too many axes: {times}", "repeat one axis after the other")


def multiples(graph: Graph, op: Op) -> list[int]:
    return constant(graph, op, 1, "multiples").reshape(-1).tolist()


def _loops(graph: Graph, op: Op) -> tuple[list[int], list[int], list[int]]:
    """(dims, steps in the input, steps in the output), for each axis its repetitions and its elements."""
    source, target = (graph.tensors[i].shape for i in (op.inputs[0], op.outputs[0]))
    dims: list[int] = []
    read_by: list[int] = []
    write_by: list[int] = []
    for n, count, step, to in zip(
        source, multiples(graph, op), strides.steps(source), strides.steps(target), strict=True
    ):
        dims, read_by, write_by = [*dims, count, n], [*read_by, 0, step], [*write_by, n * to, to]
    return dims, read_by, write_by


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    y = np.tile(samples(graph.tensors[op.inputs[0]], inputs[0]), (1, *multiples(graph, op)))
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    summary = f"{list(graph.tensors[op.inputs[0]].shape)}, {multiples(graph, op)} times"
    return Layer(op, (strides.copy(0, *_loops(graph, op)),), summary=summary)
