"""TRANSPOSE_CONV: a convolution whose output is `stride` times as large as its input.

Output pixels that lie `stride` apart see the same taps of the filter, every stride-th of them: they are an ordinary
convolution of the input with a smaller filter.  So each of the stride_h x stride_w phases is one call, with a weight
matrix of its own, that writes every stride-th pixel of every stride-th line, and no multiplication is by a zero that
was put between pixels.  A phase that no tap reaches is biases only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import tflite

from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.layer import Call, Encoded, Field, Layer
from mcuprune.matrix import Matrix, check_constants, matrix
from mcuprune.operand import (
    ACTIVATIONS,
    PADDINGS,
    PORTABLE,
    check_activation,
    output_range,
    sample_shape,
    unsupported,
)
from mcuprune.window import Axis, axis, gather_fields, gather_work, windows

CODE = "TRANSPOSE_CONV"
ABOUT = "any stride and padding; per-tensor or per-channel weights; a bias; fused ReLU, ReLU6"


def read(options: tflite.TransposeConvOptions) -> dict[str, object]:
    return {
        "padding": PADDINGS[options.Padding()],
        "stride_h": options.StrideH(),
        "stride_w": options.StrideW(),
        "fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()],
    }


def check(graph: Graph, op: Op) -> None:
    source, filters, bias = _operands(graph, op)
    target = graph.tensors[op.outputs[0]]
    check_activation(op)
    if output_range(graph, op) != (-128, 127):  # of version 4, which the oracle knows as version 3, without the clamp
        why = (
            f"has the fused activation {op.attrs['fused_activation_function']}, which is not all of the output's range"
        )
        raise unsupported(op, why, "quantize the Keras model with `mcuprune quantize`, which makes two operators of it")
    shapes = source.shape, filters.shape, target.shape
    if any(len(shape) != 4 for shape in shapes) or source.shape[0] != 1 or target.shape[0] != 1:
        raise unsupported(op, f"reads a tensor of shape {source.shape}", "use images: batch 1, height, width, channels")
    sizes = (*source.shape, *filters.shape, *target.shape, op.attrs["stride_h"], op.attrs["stride_w"])
    if not all(1 <= n < 2**15 for n in sizes):
        raise unsupported(op, f"has a size outside 1..32767: {sizes}", "make it smaller")
    if source.shape[3] != filters.shape[3] or target.shape[3] != filters.shape[0]:
        raise unsupported(op, f"multiplies {source.shape} by {filters.shape} to {target.shape}", "convert it again")
    check_constants(op, filters.shape[0], 0, source, filters, bias)


def weights(graph: Graph, op: Op) -> np.ndarray:
    """int8 [output channels, kernel height * kernel width * input channels]"""
    filters = graph.operand(op, 1)
    return filters.values.reshape(filters.shape[0], -1)


@dataclass(frozen=True)
class Phase:
    """The output's elements first, first + stride ... along one axis, and the window over the input that they see."""

    first: int
    window: Axis  # of stride 1; before may be negative: then the window starts inside the image
    taps: range  # of the filter, in the order in which the window sees them


def phases(graph: Graph, op: Op, along: int) -> list[Phase]:
    """Along axis 1 or 2.  Phases without output elements are left out."""
    source, filters, target = (t.shape[along] for t in (*_operands(graph, op)[:2], graph.tensors[op.outputs[0]]))
    stride = op.attrs[("stride_h", "stride_w")[along - 1]]
    before = axis(target, filters, stride, op.attrs["padding"]).before
    found = []
    for residue in range(stride):
        first = (residue - before) % stride
        outputs = len(range(first, target, stride))
        taps = range(residue, filters, stride)[::-1]
        skipped = (first + before) // stride  # input elements before the one that the first output sees last
        window = Axis(source, len(taps), 1, 1, outputs, len(taps) - 1 - skipped, 0)
        found.append(Phase(first, window, taps))
    return [phase for phase in found if phase.window.outputs]


def _matrix(graph: Graph, op: Op, y: Phase, x: Phase) -> Matrix:
    source, filters, bias = _operands(graph, op)
    target = graph.tensors[op.outputs[0]]
    taken = filters.values[:, list(y.taps)][:, :, list(x.taps)].reshape(filters.shape[0], -1)
    real = source.s * filters.scale.astype(np.float64) / target.s
    return matrix(op, taken, real, bias, source, target)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, height, width, channels] -> int8 [N, height, width, channels]"""
    source, target = _operands(graph, op)[0], graph.tensors[op.outputs[0]]
    image = inputs[2].reshape(len(inputs[2]), *sample_shape(source))
    result = np.empty((len(image), *sample_shape(target)), np.int8)
    for y, x in product(phases(graph, op, 1), phases(graph, op, 2)):
        m = _matrix(graph, op, y, x)
        seen = windows(*_inside(image, y.window, x.window), source.z)
        rows = m.times(seen.reshape(-1, m.weights.shape[1])) if m.weights.size else _biases(m, seen)
        shape = (len(image), y.window.outputs, x.window.outputs, target.shape[3])
        result[:, y.first :: op.attrs["stride_h"], x.first :: op.attrs["stride_w"]] = rows.reshape(shape)
    return [result]


def _inside(image: np.ndarray, *axes: Axis) -> tuple[np.ndarray, Axis, Axis]:
    """The image and the windows over it, with padding that is never negative and as much behind as they need."""
    moved_axes = []
    for number, along in enumerate(axes, 1):
        cut = max(-along.before, 0)
        image = image.take(range(min(cut, along.inputs), along.inputs), number)
        left = along.inputs - cut
        after = max(along.outputs - 1 + along.kernel - max(along.before, 0) - max(left, 0), 0)
        moved_axes.append(Axis(left, along.kernel, 1, 1, along.outputs, max(along.before, 0), after))
    return image, moved_axes[0], moved_axes[1]


def _biases(m: Matrix, seen: np.ndarray) -> np.ndarray:
    """What outputs are that no tap reaches.  seen: [n, height, width, ...]"""
    return np.broadcast_to(m.requantize(m.bias), (*seen.shape[:3], len(m.bias)))


def lower(graph: Graph, op: Op, encoded: Encoded, isas: Sequence[str] = PORTABLE) -> Layer:
    source, target = _operands(graph, op)[0], graph.tensors[op.outputs[0]]
    calls, streams, macs, nonzero = [], [], 0, 0
    for y, x in product(phases(graph, op, 1), phases(graph, op, 2)):
        m = _matrix(graph, op, y, x)
        holds = ENCODINGS[encoded.encoding].size(m.weights) < np.inf
        stream = ENCODINGS[encoded.encoding if holds else "dense"].encode(m.weights)
        calls.append(_call(graph, op, y, x, m, stream))
        streams.append(stream)
        pixels = y.window.outputs * x.window.outputs
        macs += pixels * m.weights.size
        nonzero += pixels * int(np.count_nonzero(m.weights))
    height, width, channels = source.shape[1:]
    summary = f"{height}x{width} -> {target.shape[1]}x{target.shape[2]}, {channels} -> {target.shape[3]}"
    return Layer(op, tuple(calls), macs, nonzero, _joined(encoded, streams), summary=summary)


def _call(graph: Graph, op: Op, y: Phase, x: Phase, m: Matrix, stream: Encoded) -> Call:
    source, target = _operands(graph, op)[0], graph.tensors[op.outputs[0]]
    channels, line = target.shape[3], target.shape[2] * target.shape[3]
    fields: dict[str, Field] = {
        "window": gather_fields(y.window, x.window, source, m.weights.shape[1]),
        "matrix": m.fields(stream),
        "first": y.first * line + x.first * channels,
        "line": op.attrs["stride_h"] * line,
        "pixel": op.attrs["stride_w"] * channels,
    }
    work = gather_work(y.window, x.window, source) | m.work(stream, y.window.outputs * x.window.outputs)
    return Call(f"mcup_transpose_conv_{stream.encoding}_s8", "mcup_transpose_conv_t", fields, (2,), work)


def _joined(encoded: Encoded, streams: Sequence[Encoded]) -> Encoded:
    """All phases' weights as one, for the accounts."""
    return Encoded(
        encoded.encoding,
        encoded.shape,
        np.concatenate([s.stream for s in streams]),
        np.concatenate([s.row_bytes for s in streams]),
        sum(s.weight_bytes for s in streams),
        sum(s.index_bytes for s in streams),
        encoded.pair_bytes,
    )


def _operands(graph: Graph, op: Op) -> tuple[Tensor, Tensor, Tensor | None]:
    """input, filters, bias or None"""
    return graph.operand(op, 2), graph.operand(op, 1), (*graph.operands(op), None)[3]
