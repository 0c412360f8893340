"""DEPTHWISE_CONV_2D: each input channel has filters of its own; `depth_multiplier` of them.

Its weights stay dense: they are few.  They are stored a filter after the other, as rows of kernel height * kernel
width taps, so that row r reads channel r / depth_multiplier of the gathered column.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mcuprune import overlap
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Encoded, Field, Layer, Overlap
from mcuprune.matrix import Matrix, check_constants, check_weights, chunks, matrix
from mcuprune.matrix16 import check_bias16, check_matrix16, matrix16
from mcuprune.operand import check_activation, sample_shape, unsupported, wide
from mcuprune.ops.conv_2d import axes, check_window, is_contiguous, summary, window_fields, window_work
from mcuprune.ops.conv_2d import read as read_window
from mcuprune.window import Axis, windows

CODE = "DEPTHWISE_CONV_2D"
ABOUT = (
    "any stride, dilation, padding and depth multiplier; per-tensor or per-channel weights, int8 or int4; "
    "fused ReLU, ReLU6"
)
WIDE = True


def read(options) -> dict:
    return {**read_window(options), "depth_multiplier": options.DepthMultiplier()}


def check(graph: Graph, op: Op) -> None:
    source, filters, bias = _operands(graph, op)
    check_activation(op)
    check_window(graph, op)
    rows = filters.shape[3]
    if filters.shape[0] != 1 or rows % source.shape[3] or rows != graph.results(op)[0].shape[3]:
        raise unsupported(op, f"reads {source.shape[3]} channels with {rows} filters", "use a whole depth multiplier")
    if wide(graph, op):
        check_weights(op, rows, 3, filters)
        check_bias16(op, rows, bias, ("", "int64"))
        check_matrix16(op, matrix_of(graph, op))
    else:
        check_constants(op, rows, 3, source, filters, bias)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    x, (y_axis, x_axis), m = inputs[0], axes(graph, op), matrix_of(graph, op)
    channels, sums = x.shape[3], "int64" if wide(graph, op) else "int32"
    taps = m.weights.T.reshape(y_axis.kernel, x_axis.kernel, channels, -1).astype(sums)
    result = np.empty((len(x), *sample_shape(graph.results(op)[0])), m.dtype)
    for part in chunks(len(x), 8 * result[:1].size):
        seen = windows(x[part], y_axis, x_axis, graph.operand(op, 0).z)
        acc = np.zeros((*seen.shape[:3], *taps.shape[2:]), sums)
        for ky in range(y_axis.kernel):
            for kx in range(x_axis.kernel):
                acc += seen[:, :, :, ky, kx, :, None] * taps[ky, kx]
        result[part] = m.requantize(acc.reshape(*seen.shape[:3], -1) + m.bias)
    return [result]


def lower(graph: Graph, op: Op, encoded: Encoded | None = None) -> Layer:
    m, (y_axis, x_axis) = matrix_of(graph, op), axes(graph, op)
    column = 0 if is_contiguous(y_axis, x_axis) else m.weights.shape[1] * graph.operand(op, 0).shape[3]
    outputs = graph.results(op)[0].count
    work = window_work(graph, op) | {"row": outputs, "tap": outputs * m.weights.shape[1]}
    work["channel"] = outputs * graph.operand(op, 0).shape[3] // len(m.weights)
    return layer(graph, op, m, f"mcup_depthwise_conv_2d_{m.suffix}", column, work)


def layer(graph: Graph, op: Op, m: Matrix, function: str, column: int, work: Mapping[str, float]) -> Layer:
    """column: elements of scratch to gather one in."""
    rows, taps = m.weights.shape
    channels = graph.operand(op, 0).shape[3]
    dense = Encoded("dense", (rows, taps), m.weights.reshape(-1).view(np.uint8), np.full(rows, taps), m.weights.size, 0)
    fields: dict[str, Field] = {
        "window": window_fields(graph, op, column),
        "matrix": m.fields(dense),
        "multiplier": rows // channels,
    }
    y_axis, x_axis = axes(graph, op)
    pixels = y_axis.outputs * x_axis.outputs
    return Layer(
        op,
        (Call(function, m.struct("depthwise_conv_2d"), fields, work=work),),
        macs=pixels * m.weights.size,
        nonzero_macs=pixels * int(np.count_nonzero(m.weights)),
        encoded=dense,
        overlap=None if wide(graph, op) else _overlap(y_axis, x_axis, channels, rows),
        summary=summary(graph, op) + (f" -> {rows}" if rows != channels else ""),
    )


def by_channel(layer: Layer, along_y: bool) -> Layer:
    """The layer for a kernel that goes from channel to channel, and asks which way lines run."""
    (call,) = layer.calls
    fields: dict[str, Field] = {"depthwise": call.fields, "along_y": int(along_y)}
    return replace(layer, calls=(replace(call, struct="mcup_depthwise_plane_t", fields=fields),))


def _overlap(y: Axis, x: Axis, channels: int, rows: int) -> Overlap | None:
    """Portable kernels go from pixel to pixel, others from channel to channel: these must leave the other channels
    alone, so that the output lies whole pixels below the input."""
    distance = overlap.distance(overlap.pixels(y, x, channels, rows), apart=False)
    return Overlap(-(-distance // channels) * channels, channels) if rows == channels else None


def _operands(graph: Graph, op: Op):
    """input, filters, bias or None"""
    return (*graph.operands(op), None)[:3]


def matrix_of(graph: Graph, op: Op) -> Matrix:
    source, filters, bias = _operands(graph, op)
    target = graph.results(op)[0]
    real = source.s * filters.scale.astype(np.float64) / target.s
    rows = np.ascontiguousarray(filters.values.reshape(-1, filters.shape[3]).T)
    if wide(graph, op):
        return matrix16(op, rows, real, bias, target)
    return matrix(op, rows, real, bias, source, target)
