"""Depthwise convolution by windows of 3x1 and 1x3, stride 1: no scratch, and in place of the input.

Shifts and sums are those that depthwise_conv_2d_3x3 asks for.
"""

from collections.abc import Sequence
from dataclasses import replace

from mcuprune.graph import Graph, Op
from mcuprune.kernels.depthwise_conv_2d_3x3 import FAST, in_range
from mcuprune.layer import Layer
from mcuprune.ops import depthwise_conv_2d
from mcuprune.ops.conv_2d import axes

OP = "depthwise_conv_2d"
TAPS = 3


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    across, along = sorted(axes(graph, op), key=lambda axis: axis.kernel)
    m = depthwise_conv_2d.matrix_of(graph, op).settled
    windows = (across.kernel, across.stride, along.kernel, along.stride, along.dilation)
    if (
        not set(isas) & set(FAST)
        or windows != (1, 1, TAPS, 1, 1)
        or op.attrs["depth_multiplier"] != 1
        or not in_range(m)
    ):
        return None
    lines = len(m.weights) * across.outputs
    outputs = lines * along.outputs
    work = {
        "channel": len(m.weights),
        "line": lines,
        "output": outputs,
        "clamped": m.clamped(outputs),
    }
    layer = depthwise_conv_2d.layer(graph, op, m, "mcup_depthwise_conv_2d_line_s8", column=0, work=work)
    return replace(layer, in_place=(0,), overlap=None)  # from line to line: over its own input, and nowhere else
