"""Sparse CONV_2D over packed rows of the image, for cores with DSP instructions.

Where a kernel is wider than a pixel, columns of neighbouring pixels share most of their inputs.  Packed rows
(firmware/include/mcup_tile.h) hold each input once or twice instead of once per place of the kernel, and the same loop
reads them: only the weights are in another order, and a delta of D8 counts words.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np

from mcuprune import groups, overlap
from mcuprune.encodings import d8
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Layer
from mcuprune.ops import conv_2d
from mcuprune.window import Axis

OP = "conv_2d"
PIXELS = 8  # of an output row that are computed at once, where it has so many
NARROWEST = 4  # rows of output


def lower(graph: Graph, op: Op, isas: Sequence[str], room: int | None = None, halvings: int = 0) -> Layer | None:
    """room: bytes of packed rows at most, by default what columns of eight pixels would take; halvings: how often
    the rows of output that they give are halved."""
    m, (y_axis, x_axis) = conv_2d.matrix_of(graph, op), conv_2d.axes(graph, op)
    dilated = (y_axis.dilation, x_axis.dilation) != (1, 1)
    if "dsp" not in isas or y_axis.kernel * x_axis.kernel == 1 or dilated or x_axis.outputs < NARROWEST:
        return None
    (rows, inputs), channels, width = m.weights.shape, graph.operand(op, 0).shape[3], _width(x_axis)
    spread = _spread(m.weights.reshape(-1, y_axis.kernel, x_axis.kernel, channels), x_axis)
    if groups.are_wide(m) or d8.size(spread) == float("inf"):
        return None
    row = 4 * width * channels
    strip = _strip(y_axis, (2 * PIXELS * inputs if room is None else room) // row) >> halvings
    if strip < 1:
        return None
    room = row * (y_axis.kernel + y_axis.stride * (strip - 1))
    padded = not (y_axis.slides_within and x_axis.slides_within)
    encoded = replace(d8.encode(spread), shape=(rows, inputs))
    window = conv_2d.window_fields(graph, op, room + channels * padded)
    call = Call(
        "mcup_conv_2d_d8_tile_s8",
        "mcup_conv_2d_tile_t",
        {
            "window": window | {"padded": int(padded), "pixels": PIXELS},
            "matrix": m.fields(encoded),
            "room": room,
            "strip": strip,
            "width": width,
        },
        work=_work(y_axis, x_axis, channels, strip, rows, int(encoded.row_bytes.sum()) // 2)
        | {"clamped": m.clamped(y_axis.outputs * x_axis.outputs * rows)},
    )
    wide = min(PIXELS, x_axis.outputs)
    lefts = np.minimum(np.arange(0, x_axis.outputs, PIXELS), x_axis.outputs - wide).tolist()
    order = overlap.strips(y_axis, x_axis, channels, rows, lefts, wide, strip)
    return conv_2d.layer(graph, op, m, call, encoded, order)


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    """With strips of half the rows, a quarter ..., down to one."""
    found: list[Layer] = []
    while layer := lower(graph, op, isas, halvings=len(found) + 1):
        found.append(layer)
    return found


def _places(x_axis: Axis) -> list[int]:
    """Words of a packed row's channel, by the kernel's columns modulo the stride: those that pixels see."""
    return [ceil((x_axis.kernel - phase) / x_axis.stride) + 3 for phase in range(min(x_axis.stride, x_axis.kernel))]


def _width(x_axis: Axis) -> int:
    return sum(_places(x_axis))


def _strip(y_axis: Axis, packed: int) -> int:
    """Rows of output that so many packed rows give."""
    return min((packed - y_axis.kernel) // y_axis.stride + 1, y_axis.outputs)


def _spread(weights: np.ndarray, x_axis: Axis) -> np.ndarray:
    """Weights where the words of packed rows are.  int8 [rows, height, width, channels] -> [rows, words]"""
    rows, height, width, channels = weights.shape
    places = _places(x_axis)
    spread = np.zeros((rows, height, channels, sum(places)), np.int8)
    for column in range(width):
        step, phase = divmod(column, x_axis.stride)
        spread[..., sum(places[:phase]) + step] = weights[:, :, column]
    return spread.reshape(rows, -1)


def _work(y_axis: Axis, x_axis: Axis, channels: int, strip: int, rows: int, entries: int) -> dict[str, float]:
    """How often the loops run, for mcuprune.cost."""
    starts = np.minimum(np.arange(0, x_axis.outputs, PIXELS), max(x_axis.outputs - PIXELS, 0)) * x_axis.stride
    strips = ceil(y_axis.outputs / strip)
    overlap = max(y_axis.kernel - y_axis.stride, 0)
    lines = (y_axis.outputs - strips) * y_axis.stride + strips * y_axis.kernel - (strips - 1) * overlap
    width, apart = _width(x_axis), min(4, x_axis.outputs - 4) * x_axis.stride
    pieces = 0  # of all tiles, those that one call packs
    for phase, places in enumerate(_places(x_axis)):
        first = starts[:, None] - x_axis.before + phase + np.arange(places) * x_axis.stride
        inside = (first >= 0) & (first + apart < x_axis.inputs)
        pieces += int(np.count_nonzero(~inside)) + int(np.count_nonzero(inside.any(axis=1)))
    return {
        "row8": len(starts) * y_axis.outputs * rows,
        "entry8": len(starts) * y_axis.outputs * entries,
        "group": len(starts) * y_axis.outputs,
        "piece": lines * pieces,
        "place": len(starts) * lines * width,
        "word": len(starts) * lines * width * channels,
        "single": len(starts) * lines * width * (channels % 4),
        "moved": len(starts) * strips * overlap * width * channels,
    }
