"""PAD: a frame of zero points, or of PADV2's constant, around a copy."""

import numpy as np

from mcuprune import libc, strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported

CODE = "PAD"
ABOUT = "constant paddings on any dimensions"
WIDE = True


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    value(graph, op)
    frame = paddings(graph, op)
    if min(map(min, frame)) < 0:
        raise unsupported(op, f"has negative paddings: {frame}", "cut with a STRIDED_SLICE")
    shape = graph.tensors[op.inputs[0]].shape
    check_shape(graph, op, [before + n + after for n, (before, after) in zip(shape, frame, strict=True)])


def paddings(graph: Graph, op: Op) -> list[tuple[int, int]]:
    """(before, after) of each dimension."""
    return [(int(before), int(after)) for before, after in constant(graph, op, 1, "paddings")]


def value(graph: Graph, op: Op) -> int:
    """What the frame is made of."""
    return constant(graph, op, 2, "value").item() if len(op.inputs) > 2 else graph.tensors[op.outputs[0]].z


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    x = samples(graph.tensors[op.inputs[0]], inputs[0])
    y = np.pad(x, [(0, 0), *paddings(graph, op)], constant_values=value(graph, op))
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    frame = paddings(graph, op)
    summary = ", ".join(f"{before}+{after}" for before, after in frame)
    if not any(map(any, frame)):
        return Layer(op, (), summary=summary)
    steps = strides.steps(target.shape)
    offset = sum(before * step for (before, _), step in zip(frame, steps, strict=True))
    fields: dict[str, Field] = {"size": target.size, "value": value(graph, op)}
    fill = Call("mcup_fill_s8", "mcup_fill_t", fields, (), libc.filled(1, target.size, aligned=1))
    copy = strides.copy(0, source.shape, strides.steps(source.shape), steps, target_offset=offset, item=source.item)
    return Layer(op, (fill, copy), summary=summary)
