"""Dense CONV_2D under windows three wide for cores with SMLAD: input lines in quads, kept from line to line.

A column is in (line, four channels, column, channel) order, so that the columns of neighbouring pixels overlap in
memory, and every input is expanded once instead of once per tap.  Three channels, as of a first layer, become four.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcuprune import overlap
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer, Scratch
from mcuprune.matrix import Matrix
from mcuprune.ops import conv_2d
from mcuprune.quads import Quads, quads
from mcuprune.window import Axis

OP = "conv_2d"
PIXELS, TOGETHER = 4, 2  # side by side; output channels


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    m, (y, x), channels = conv_2d.matrix_of(graph, op), conv_2d.axes(graph, op), graph.operand(op, 0).shape[3]
    if not suits(m, y, x, isas) or channels == 1:
        return None
    in_planes = replace(m, weights=_planes(m.weights.reshape(-1, y.kernel, x.kernel, channels)))
    matrix = quads(in_planes, TOGETHER, 1)
    line = 2 * -(-channels // 4) * width(x)
    return layer(graph, op, m, "mcup_conv_2d_lines_s8", matrix, line) if matrix else None


def suits(m: Matrix, y: Axis, x: Axis, isas: Sequence[str]) -> bool:
    """Whether kernels that work on lines can compute a convolution of these axes."""
    window = x.kernel == 3 and x.stride in (1, 2) and (y.dilation, x.dilation) == (1, 1)
    return "dsp" in isas and window and x.outputs >= PIXELS and len(m.weights) >= TOGETHER


def width(x: Axis) -> int:
    """Columns of a line that windows see, padding included."""
    return (x.outputs - 1) * x.stride + x.kernel


def layer(graph: Graph, op: Op, m: Matrix, function: str, matrix: Quads, line: int) -> Layer:
    """line: words of an expanded line"""
    y, x = conv_2d.axes(graph, op)
    fields: dict[str, Field] = {
        "window": conv_2d.window_fields(graph, op, 0),
        "matrix": matrix.fields,
        "room": Scratch(4 * y.kernel * line, "uint32_t"),
        "channels": len(m.weights),
        "width": width(x),
        "line": line,
    }
    groups, pairs = y.outputs * -(-x.outputs // PIXELS), -(-len(m.weights) // TOGETHER)
    lines = y.kernel + (y.outputs - 1) * min(y.stride, y.kernel)
    work = {
        "line": y.outputs,
        "expanded": lines * line,
        "kept": (y.kernel * y.outputs - lines) * line,
        "pair": groups * pairs,
        "word": groups * pairs * matrix.words,
        "clamped": m.clamped(y.outputs * x.outputs * len(m.weights)),
    }
    call = Call(function, "mcup_conv_2d_lines_t", fields, work=work)
    order = overlap.strips(y, x, graph.operand(op, 0).shape[3], len(m.weights), [0], x.outputs, 1)
    return conv_2d.layer(graph, op, m, call, matrix.encoded(m.weights), order)


def _planes(filters: np.ndarray) -> np.ndarray:
    """int8 [rows, height, 3, channels] -> [rows, inputs] in (line, four channels, column, channel) order"""
    rows, height, width, channels = filters.shape
    padded = np.pad(filters, ((0, 0), (0, 0), (0, 0), (0, -channels % 4)))
    return padded.reshape(rows, height, width, -1, 4).transpose(0, 1, 3, 2, 4).reshape(rows, -1)
