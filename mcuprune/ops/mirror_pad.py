"""MIRROR_PAD: a frame of the image's own edges, back to front; a strided copy for each side, corner and the middle."""

from itertools import product

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, constant, sample_shape, samples, unsupported

CODE = "MIRROR_PAD"
ABOUT = "constant paddings, REFLECT and SYMMETRIC, up to 5 dimensions above 1"


def read(options: tflite.MirrorPadOptions) -> dict[str, object]:
    return {"mode": ("REFLECT", "SYMMETRIC")[options.Mode()]}


def check(graph: Graph, op: Op) -> None:
    shape, frame = graph.tensors[op.inputs[0]].shape, paddings(graph, op)
    most = [n - _edge(op) for n in shape]
    if min(map(min, frame)) < 0 or any(max(pair) > n for pair, n in zip(frame, most, strict=True)):
        raise unsupported(op, f"mirrors {frame} of {list(shape)}, more than there is", "pad less")
    if sum(n > 1 for n in shape) > strides.COPY_RANK:
        raise unsupported(op, f"has {len(shape)} dimensions", "merge neighbouring dimensions with a RESHAPE first")
    check_shape(graph, op, [before + n + after for n, (before, after) in zip(shape, frame, strict=True)])


def _edge(op: Op) -> int:
    """Elements at an edge that are not repeated."""
    return 1 if op.attrs["mode"] == "REFLECT" else 0


def paddings(graph: Graph, op: Op) -> list[tuple[int, int]]:
    """(before, after) of each dimension."""
    return [(int(before), int(after)) for before, after in constant(graph, op, 1, "paddings")]


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    x = samples(graph.tensors[op.inputs[0]], inputs[0])
    y = np.pad(x, [(0, 0), *paddings(graph, op)], "reflect" if _edge(op) else "symmetric")
    return [y.reshape(len(y), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    frame, edge = paddings(graph, op), _edge(op)
    summary = f"{', '.join(f'{before}+{after}' for before, after in frame)} {op.attrs['mode']}"
    # along each axis (count, first in the input, direction, first in the output)
    spans = [
        [(before, edge + before - 1, -1, 0), (n, 0, 1, before), (after, n - 1 - edge, -1, before + n)]
        for n, (before, after) in zip(source, frame, strict=True)
    ]
    calls = []
    for parts in product(*([span for span in along if span[0]] for along in spans)):
        count, first, by, to = zip(*parts, strict=True)
        steps, target_steps = strides.steps(source), strides.steps(target)
        calls.append(
            strides.copy(
                0, count, [b * step for b, step in zip(by, steps, strict=True)], target_steps,
                source_offset=sum(f * step for f, step in zip(first, steps, strict=True)),
                target_offset=sum(t * step for t, step in zip(to, target_steps, strict=True)),
            )
        )  # fmt: skip
    return Layer(op, tuple(calls), summary=summary)
