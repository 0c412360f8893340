"""PAD becomes the padding of the convolutions that read it, where the frame is made of zero points."""

from dataclasses import replace

from mcuprune.graph import Graph, Op
from mcuprune.ops import pad
from mcuprune.ops.conv_2d import axes
from mcuprune.ranges import Reach
from mcuprune.window import Axis, axis

WIDE = True


def apply(graph: Graph, reach: Reach) -> Graph:
    pads = {op.outputs[0]: op for op in graph.ops if op.kind in ("pad", "padv2") and _frames(graph, op)}
    ops = tuple(_padded(graph, op, pads[op.inputs[0]]) if op.inputs[0] in pads else op for op in graph.ops)
    return graph if all(a is b for a, b in zip(ops, graph.ops, strict=True)) else replace(graph, ops=ops)


def _frames(graph: Graph, op: Op) -> bool:
    """Whether a PAD surrounds an image with what a convolution sees outside of one."""
    source, target, frame = graph.operand(op, 0), graph.results(op)[0], pad.paddings(graph, op)
    if source.constant or len(frame) != 4 or frame[0] != (0, 0) or frame[3] != (0, 0):
        return False
    return (source.s, source.z) == (target.s, target.z) and pad.value(graph, op) == source.z


def _padded(graph: Graph, op: Op, before: Op) -> Op:
    """A convolution that reads what `before` reads; op itself where it is none, or would look past the image."""
    if op.kind not in ("conv_2d", "depthwise_conv_2d"):
        return op
    source, frame = graph.operand(before, 0), pad.paddings(graph, before)[1:3]
    wider = [
        axis(inputs, a.kernel, a.stride, (top + a.before, a.after + bottom), a.dilation)
        for inputs, a, (top, bottom) in zip(source.shape[1:3], axes(graph, op), frame, strict=True)
    ]
    if any(max(a.before, a.after) > (a.kernel - 1) * a.dilation for a in wider):  # a window that sees nothing
        return op
    return replace(op, inputs=(before.inputs[0], *op.inputs[1:]), attrs={**op.attrs, "padding": _named(*wider)})


def _named(y: Axis, x: Axis) -> str | tuple[tuple[int, int], ...]:
    """The padding by its name, if it has one."""
    for name in ("VALID", "SAME"):
        if all(axis(a.inputs, a.kernel, a.stride, name, a.dilation) == a for a in (y, x)):
            return name
    return (y.before, y.after), (x.before, x.after)
