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


def lower(graph: Graph, op: Op, isas: Sequence[str], down: bool = True) -> Layer | None:
    """down: whether lines may run down the image, where they are fewer."""
    y, x = axes(graph, op)
    m = depthwise_conv_2d.matrix_of(graph, op).settled
    if not (set(isas) & set(FAST) and _suits(y, x) and op.attrs["depth_multiplier"] == 1 and in_range(m)):
        return None
    function = f"mcup_depthwise_conv_2d_3x3{'_stride_2' if y.stride == 2 else ''}_s8"
    channels, along, across = len(m.weights), x, y
    along_y = down and y.stride == 1 and x.before == 1 and y.outputs > x.outputs
    if along_y:
        along, across = y, x
    lines, outputs = channels * across.outputs, channels * across.outputs * along.outputs
    work = {
        "channel": channels,
        "margin": channels * (across.before + across.after),  # lines that see a line outside the image
        "line": lines,
        "end": lines * ((along.before == 0) + (along.after == 0)),  # those that end within it
        "output": outputs,
        "clamped": outputs if (m.least, m.most) != (-128, 127) else 0,
    }
    layer = depthwise_conv_2d.layer(graph, op, m, function, 0, work, along_y)
    return layer if along_y else replace(layer, below=_below(y, x, channels))


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    """Lines that run across the image, over which the output may be written."""
    layer = lower(graph, op, isas)
    across = lower(graph, op, isas, down=False)
    return [across] if layer and across and layer.below is None else []


def _below(y: Axis, x: Axis, channels: int) -> int:
    """Bytes that an output must begin below the input for every pixel of it to lie on one that no window sees later.

    They are a multiple of the channels, and of four as all offsets are.
    """
    down, across = np.arange(y.outputs), np.arange(x.outputs)
    line = np.maximum(down * y.stride - y.before, 0) * x.inputs  # the first pixel that an output line reads
    column = np.maximum(across * x.stride - x.before, 0)
    to_read = line[:, None] + np.append(column[1:], 0)  # when a pixel is written, the next one's first
    to_read[:, -1] = np.append(line[1:], y.inputs * x.inputs)
    written = down[:, None] * x.outputs + across
    pixels = int(np.maximum(written - to_read + 1, 0).max())
    return channels * (pixels + next(n for n in range(4) if (pixels + n) * channels % 4 == 0))


def _suits(y: Axis, x: Axis) -> bool:
    ends = (0, 1)
    sides = [(along.before, along.after) for along in (y, x)]
    return (
        y.stride in (1, 2)
        and all((a.kernel, a.dilation, a.stride) == (3, 1, y.stride) and a.inputs >= 3 for a in (y, x))
        and all(before in ends and after in ends for before, after in sides)
        and (y.stride == 2 or sides in ([(0, 0)] * 2, [(1, 1)] * 2))
    )


def in_range(m: Matrix) -> bool:
    right = -m.shift
    return bool(np.all((right >= SHIFTS[0]) & (right <= SHIFTS[1])) and np.all(m.bound < LARGEST))
