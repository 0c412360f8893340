"""Depthwise convolution of any shape, from a plane that holds one channel with a margin (mcup_plane.h).

The scratch holds the channel's weights, then the plane: bytes, or with the DSP extension halfwords, weights in pairs;
ARMv6-M has weights in words.
Shifts and sums are those that depthwise_conv_2d_3x3 asks for.
"""

from collections.abc import Sequence

from mcuprune.graph import Graph, Op
from mcuprune.kernels.depthwise_conv_2d_3x3 import in_range
from mcuprune.layer import Layer
from mcuprune.ops import depthwise_conv_2d
from mcuprune.ops.conv_2d import axes
from mcuprune.window import Axis

OP = "depthwise_conv_2d"
GROUP = 4  # outputs
FAST = ("dsp", "v7m", "v6m")


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    isa = next((isa for isa in isas if isa in FAST), None)
    y, x = axes(graph, op)
    along, across = min(((x, y), (y, x)), key=lambda axes: _groups(*axes))
    pairs = isa == "dsp"
    m = depthwise_conv_2d.matrix_of(graph, op).settled
    if isa is None or along.dilation != 1 or not in_range(m) or (isa == "v6m" and along.stride > 2):
        return None
    rows, taps = m.weights.shape
    places = _plane(along, across)
    tap_bytes = {"dsp": 4 * across.kernel * -(-along.kernel // 2), "v7m": taps, "v6m": 4 * taps}[isa]
    scratch = tap_bytes + places * (2 if pairs else 1)
    multiplier = op.attrs["depth_multiplier"]
    taps_of_row = -(-along.kernel // 2) if pairs else along.kernel
    channels, groups, outputs = rows // multiplier, rows * _groups(along, across), rows * y.outputs * x.outputs
    work = {
        "cleared": places,
        "copied": channels * across.inputs * along.inputs,
        "copied_line": channels * across.inputs,
        "row": rows,
        "tap": rows * taps,
        "line": rows * across.outputs,
        "group": groups,
        "group_row": groups * across.kernel,
        "group_tap": groups * across.kernel * taps_of_row,
        "output": outputs,
        "clamped": outputs if (m.least, m.most) != (-128, 127) else 0,
    }
    layer = depthwise_conv_2d.layer(graph, op, m, "mcup_depthwise_conv_2d_plane_s8", scratch, work)
    return depthwise_conv_2d.by_channel(layer, along is y)


def _groups(along: Axis, across: Axis) -> int:
    """Of four outputs, in the whole image."""
    return -(-along.outputs // GROUP) * across.outputs


def _plane(along: Axis, across: Axis) -> int:
    """Places of a plane."""
    outputs = -(-along.outputs // GROUP) * GROUP
    length = (outputs - 1) * along.stride + (along.kernel - 1) * along.dilation + 1
    lines = (across.outputs - 1) * across.stride + (across.kernel - 1) * across.dilation + 1
    return length * lines
