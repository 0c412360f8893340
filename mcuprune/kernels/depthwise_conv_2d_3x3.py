"""Depthwise 3x3 of stride 1 and 2, in assembly: no scratch, no copy of the weights, the usual layout of a layer.

The kernels take shifts of 1..22 and sums below 2^30 (firmware/include/mcup_depthwise_3x3.h); both are the rule.  A
channel whose output is the zero point whatever it reads, as pruning leaves them, may have any shift: it gets another.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.matrix import Matrix
from mcuprune.ops import depthwise_conv_2d
from mcuprune.ops.conv_2d import axes
from mcuprune.window import Axis

OP = "depthwise_conv_2d"
FAST = ("dsp", "v7m")
SHIFTS = (1, 22)
LARGEST = 1 << 30  # of a sum, which is doubled


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    y, x = axes(graph, op)
    return _lower(graph, op, isas, _is_tall(y, x))


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    """With lines across the image: then the output may lie over the input."""
    across = _lower(graph, op, isas, False)
    return [across] if across and _is_tall(*axes(graph, op)) else []


def _is_tall(y: Axis, x: Axis) -> bool:
    """Whether lines may run down the image, and are fewer then, which costs less."""
    return bool(y.stride == 1 and y.before and y.after and x.before and y.outputs > x.outputs)


def _lower(graph: Graph, op: Op, isas: Sequence[str], along_y: bool) -> Layer | None:
    y, x = axes(graph, op)
    m = depthwise_conv_2d.matrix_of(graph, op).settled
    if not (set(isas) & set(FAST) and _suits(y, x) and op.attrs["depth_multiplier"] == 1 and in_range(m)):
        return None
    function = f"mcup_depthwise_conv_2d_3x3{'_stride_2' if y.stride == 2 else ''}_s8"
    channels, (along, across) = len(m.weights), (y, x) if along_y else (x, y)
    lines, outputs = channels * across.outputs, channels * across.outputs * along.outputs
    work = {
        "channel": channels,
        "margin": channels * (across.before + across.after),  # lines that see a line outside the image
        "line": lines,
        "end": lines * ((along.before == 0) + (along.after == 0)),  # those that end within it
        "output": outputs,
        "clamped": outputs if (m.least, m.most) != (-128, 127) else 0,
    }
    layer = depthwise_conv_2d.layer(graph, op, m, function, column=0, work=work)
    if y.stride == 2:
        return layer
    layer = depthwise_conv_2d.by_channel(layer, along_y)
    return replace(layer, overlap=None) if along_y else layer


def _suits(y: Axis, x: Axis) -> bool:
    ends = (0, 1)
    sides = [(along.before, along.after) for along in (y, x)]
    return (
        y.stride in (1, 2)
        and all((a.kernel, a.dilation, a.stride) == (3, 1, y.stride) and a.inputs >= 3 for a in (y, x))
        and all(before in ends and after in ends for before, after in sides)
        and (y.stride == 2 or sides[1] == (1, 1) or sides == [(0, 0)] * 2)
    )


def in_range(m: Matrix) -> bool:
    right = -m.shift
    return bool(np.all((right >= SHIFTS[0]) & (right <= SHIFTS[1])) and np.all(m.bound < LARGEST))
