"""Dense CONV_2D for cores with SMLAD: weights in quads, four pixels and two output channels at a time."""

from collections.abc import Sequence

from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer, Scratch
from mcuprune.ops import conv_2d
from mcuprune.quads import quads

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
    seen = groups * PIXELS if pixels >= PIXELS else pixels  # the last group sees some pixels again
    work = {
        "pixel": seen,
        "line": 0 if in_place else seen * y.kernel,
        "byte": seen * inputs if as_bytes else 0,
        "quad": seen * -(-inputs // 4),
        "pair": groups * pairs,
        "word": groups * pairs * matrix.words,
    }
    call = Call("mcup_conv_2d_quad_s8", "mcup_conv_2d_quad_t", fields, work=work)
    return conv_2d.layer(graph, op, m, call, matrix.encoded(m.weights))
