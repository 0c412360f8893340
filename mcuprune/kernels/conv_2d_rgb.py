"""Dense CONV_2D of three channels under windows three wide, as in first layers, for cores with SMLAD.

Lines of the input are widened to 16 bits, and multiplied where they lie.
"""

from collections.abc import Sequence

from mcuprune.graph import Graph, Op
from mcuprune.kernels import conv_2d_lines as lines
from mcuprune.layer import Layer
from mcuprune.ops import conv_2d
from mcuprune.quads import pairs

OP = "conv_2d"
CHANNELS = 3


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    m, (y, x), channels = conv_2d.matrix_of(graph, op), conv_2d.axes(graph, op), graph.operand(op, 0).shape[3]
    if not lines.suits(m, y, x, isas) or channels != CHANNELS:
        return None
    matrix = pairs(m, lines.TOGETHER, x.kernel * channels)
    halves = lines.width(x) * channels + 1  # the last pair reaches one behind the last column
    line = -(-halves // 4) * 2  # an even number of words
    return lines.layer(graph, op, m, "mcup_conv_2d_rgb_s8", matrix, line) if matrix else None
