"""What MAX_POOL_2D and AVERAGE_POOL_2D have in common: windows over an image, cut where they leave it."""

import numpy as np
import tflite

from mcuprune import overlap, window
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer, Overlap
from mcuprune.operand import ACTIVATIONS, PADDINGS, check_activation, check_shape, output_range, unsupported, wide


def read(options: tflite.Pool2DOptions) -> dict[str, object]:
    return {
        "padding": PADDINGS[options.Padding()],
        "stride_h": options.StrideH(),
        "stride_w": options.StrideW(),
        "filter_height": options.FilterHeight(),
        "filter_width": options.FilterWidth(),
        "fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()],
    }


def check(graph: Graph, op: Op) -> None:
    check_activation(op)
    source = graph.tensors[op.inputs[0]]
    if len(source.shape) != 4 or source.shape[0] != 1:
        raise unsupported(op, f"reads a tensor of shape {source.shape}", "use images: batch 1, height, width, channels")
    y, x = axes(graph, op)
    sizes = (*source.shape, y.kernel, x.kernel, y.stride, x.stride)
    if not all(1 <= n < 2**15 for n in sizes):
        raise unsupported(op, f"has a size outside 1..32767 among {sizes}", "make it smaller")
    check_shape(graph, op, (1, y.outputs, x.outputs, source.shape[3]))


def axes(graph: Graph, op: Op) -> tuple[window.Axis, window.Axis]:
    """How the window slides along y and x."""
    _, height, width, _ = graph.tensors[op.inputs[0]].shape
    attrs = op.attrs
    down, across = [attrs["padding"]] * 2 if isinstance(attrs["padding"], str) else attrs["padding"]
    return (
        window.axis(height, attrs["filter_height"], attrs["stride_h"], down),
        window.axis(width, attrs["filter_width"], attrs["stride_w"], across),
    )


def lower(graph: Graph, op: Op) -> Layer:
    y, x = axes(graph, op)
    least, most = output_range(graph, op)
    fields: dict[str, Field] = {
        "input_height": y.inputs,
        "input_width": x.inputs,
        "channels": graph.tensors[op.inputs[0]].shape[3],
        "output_height": y.outputs,
        "output_width": x.outputs,
        "kernel_height": y.kernel,
        "kernel_width": x.kernel,
        "stride_y": y.stride,
        "stride_x": x.stride,
        "top": y.before,
        "left": x.before,
        "least": least,
        "most": most,
    }
    # In place where windows do not overlap: then an output lies before every input that is still to be read.
    in_place = (0,) if y.kernel <= y.stride and x.kernel <= x.stride else ()
    summary = f"{y.kernel}x{x.kernel}, stride {y.stride}x{x.stride}, {op.attrs['padding']}"
    suffix = "s16" if wide(graph, op) else "s8"
    call = Call(f"mcup_{op.kind}_{suffix}", "mcup_pool_2d_t", fields, work=_work(graph, op))
    channels = graph.tensors[op.inputs[0]].shape[3]
    distance = overlap.distance(overlap.pixels(y, x, channels, channels), apart=False)
    over = None if wide(graph, op) else Overlap(distance)
    return Layer(op, (call,), in_place=in_place, overlap=over, summary=summary)


def _work(graph: Graph, op: Op) -> dict[str, float]:
    """How often the kernels' loops run, for mcuprune.cost.

    Those of int8 take four channels at a time, and rows that a window sees whole as one.
    """
    y, x = axes(graph, op)
    channels = graph.tensors[op.inputs[0]].shape[3]
    if wide(graph, op):
        pixels = y.outputs * x.outputs
        found: dict[str, float] = {"one": pixels, "one_line": y.seen * x.outputs, "one_input": y.seen * x.seen}
        return {"pixel": pixels} | {kind: channels * n for kind, n in found.items()}
    start = np.arange(x.outputs) * x.stride - x.before
    whole = int(np.count_nonzero((start <= 0) & (start + x.kernel >= x.inputs)))  # windows as wide as the image
    pixels = y.outputs * x.outputs
    work: dict[str, float] = {"pixel": pixels, "rest": pixels if channels > 3 and channels % 4 else 0}
    for kind, n in (("four", -(-channels // 4) if channels > 3 else 0), ("one", channels if channels < 4 else 0)):
        lines = {f"{kind}_line": n * y.seen * (x.outputs - whole), f"{kind}_row": n * y.seen * whole}
        work |= {kind: n * y.outputs * x.outputs, **lines, f"{kind}_input": n * y.seen * x.seen}
    return work
