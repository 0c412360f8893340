"""Dense CONV_2D for cores with SMLAD: weights in quads, four pixels and two output channels at a time."""

from collections.abc import Sequence

import numpy as np

from mcuprune import libc, overlap
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer, Scratch
from mcuprune.ops import conv_2d
from mcuprune.quads import quads
from mcuprune.window import Axis

OP = "conv_2d"
PIXELS, TOGETHER, UNIT = 4, 2, 2  # pixels, output channels; quads that the loop is unrolled for


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    m = conv_2d.matrix_of(graph, op)
    outputs, inputs = m.weights.shape
    matrix = quads(m, TOGETHER, UNIT) if "dsp" in isas and outputs >= TOGETHER else None
    if matrix is None:
        return None
    y, x = conv_2d.axes(graph, op)
    in_place = conv_2d.is_contiguous(y, x) and inputs % 4 == 0  # then quads are made from the image itself
    as_bytes = not in_place and (graph.operand(op, 0).shape[3] % 4 != 0 or x.dilation > 1)
    room = 8 * PIXELS * matrix.words + (-(-inputs // 4) * 4 if as_bytes else 0)
    fields: dict[str, Field] = {
        "window": conv_2d.window_fields(graph, op, 0 if in_place else inputs),
        "matrix": matrix.fields,
        "room": Scratch(room, "uint32_t"),
        "channels": outputs,
    }
    pixels = y.outputs * x.outputs
    groups, pairs = -(-pixels // PIXELS) if pixels >= PIXELS else pixels, -(-outputs // TOGETHER)
    work: dict[str, float] = {
        "pair": groups * pairs,
        "word": groups * pairs * matrix.words,
        "clamped": m.clamped(pixels * outputs),
    }
    work |= _columns_work(y, x, graph.operand(op, 0).shape[3], in_place, as_bytes)
    call = Call("mcup_conv_2d_quad_s8", "mcup_conv_2d_quad_t", fields, work=work)
    single = overlap.pixels(y, x, graph.operand(op, 0).shape[3], outputs)
    starts = [min(at, pixels - PIXELS) for at in range(0, pixels, PIXELS)] if pixels >= PIXELS else list(range(pixels))
    order = overlap.groups(single, starts, [PIXELS if pixels >= PIXELS else 1] * len(starts))
    return conv_2d.layer(graph, op, m, call, matrix.encoded(m.weights), order)


def _columns_work(y: Axis, x: Axis, channels: int, in_place: bool, as_bytes: bool) -> dict[str, float]:
    """How often the loops run that make quads, for mcuprune.cost."""
    pixels, inputs = y.outputs * x.outputs, y.kernel * x.kernel * channels
    number = np.arange(pixels)
    if pixels % PIXELS and pixels > PIXELS:  # the last group sees some pixels again
        number = np.concatenate([number[: -(pixels % PIXELS)], number[-PIXELS:]])
    seen, quads = len(number), -(-inputs // 4)
    if in_place:
        return {"pixel": seen, "quad": seen * quads}
    if x.dilation > 1:
        taps = seen * y.kernel * x.kernel
        return {"gather": seen, "tap": taps, "quad": seen * quads} | libc.copied(taps, channels)

    top, left = (number // x.outputs) * y.stride - y.before, (number % x.outputs) * x.stride - x.before
    down = top[:, None] + np.arange(y.kernel) * y.dilation
    lines = np.count_nonzero((down >= 0) & (down < y.inputs), axis=1)  # inside the image
    run = channels * np.maximum(np.minimum(left + x.kernel, x.inputs) - np.maximum(left, 0), 0)
    inside, copied = int(lines.sum()), int((lines * run).sum())
    outside, filled = seen * y.kernel - inside, seen * inputs - copied
    if not as_bytes:
        return {
            "column": seen,
            "line": inside,
            "line_outside": outside,
            "quad": copied // 4,
            "quad_outside": filled // 4,
        }
    words = int((lines * (run // 4)).sum())
    return {"gather": seen, "run": inside, "run_outside": outside, "copied": words, "single": copied - 4 * words,
            "filled": filled, "quad": seen * quads}  # fmt: skip
