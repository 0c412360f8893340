"""Convolution by split multiplication, for cores without SIMD: one MUL multiplies a weight by two pixels.

    word    = (a + 129) + 65536 (b + 129)        a, b: the same input of two output pixels
    product = weight * word                      = low + 65536 high, modulo 2^32

As a + 129 is never below 1, low is below zero exactly where the weight is, and then (product >> 16), rounded down, is
high - 1.  How many weights of a row are negative is known beforehand, so two sums and a row's start give both pixels
exactly, whatever the length of the row:

    sum of (product >> 16)  +  negative weights          = sum of b
    sum of product          -  65536 * sum of b          = sum of a

A row starts with the bias in both, the 129 and the input's zero point taken out again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mcuprune.encodings import ENCODINGS, LONGEST_ROW
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Encoded, Field, Layer
from mcuprune.matrix import Matrix
from mcuprune.ops import conv_2d
from mcuprune.window import Axis

ROW_SIZE = 16  # bytes of a mcup_split_row_t
OFFSET = 129  # added to inputs
FAST = {"v6m", "v7m"}  # instruction sets that have the kernels
LARGEST = 1 << 29  # what a sum must stay below in size
SHORT = 1024  # bytes of a packed line of the window, up to which four lines of output are computed before it moves
SHIFTS = range(-3, 23)  # to the right, that the kernels round
WASTE = 1.1  # how many times the groups of pixels strips may have that groups anywhere would be

# encoded weights -> the stream as the kernels read it, the steps that their loops take in each row, bytes of a step
Arranged = tuple[Array, np.ndarray, int]
Arrange = Callable[[Encoded], Arranged]


@dataclass(frozen=True)
class Packing:
    """How the inputs of eight or four pixels are packed: anew for each group of pixels, or sliding down the image."""

    eights: int  # groups of eight pixels
    fours: int
    room: int  # bytes of what is packed
    slide: int  # mcup_conv_2d_split_t
    work: Mapping[str, float]


def lower(graph: Graph, op: Op, isas: Sequence[str], encoding: str, arrange: Arrange) -> Layer | None:
    """A convolution with an encoding's weights, their stream arranged for the split kernels."""
    m = settled(conv_2d.matrix_of(graph, op))
    y_axis, x_axis = conv_2d.axes(graph, op)
    holds = ENCODINGS[encoding].size(m.weights) < np.inf and m.weights.shape[1] <= LONGEST_ROW - 3
    if y_axis.outputs * x_axis.outputs < 4 or not (holds and suits(m, isas)):
        return None
    channels = graph.operand(op, 0).shape[3]
    packing = _strips(y_axis, x_axis, 16 * x_axis.kernel * channels, 4) or _columns(y_axis, x_axis, channels)
    encoded = ENCODINGS[encoding].encode(m.weights)
    return layer(graph, op, m, encoding, encoded, arrange(encoded), packing)


def layer(graph: Graph, op: Op, m: Matrix, name: str, encoded: Encoded, arranged: Arranged, packing: Packing) -> Layer:
    """name: of the format, in the kernel's."""
    stream, steps, step_bytes = arranged
    fields: dict[str, Field] = {
        "matrix": _fields(m, stream, steps, step_bytes),
        "window": conv_2d.window_fields(graph, op, packing.room + graph.operand(op, 0).shape[3]),
        "room": packing.room,
        "slide": packing.slide,
    }
    work = {
        "step8": packing.eights * int(steps.sum()),
        "row8": packing.eights * len(steps),
        "step4": packing.fours * int(steps.sum()),
        "group": packing.eights + packing.fours,
        "row4": packing.fours * len(steps),
        **packing.work,
    }
    call = Call(f"mcup_conv_2d_{name}_split_s8", "mcup_conv_2d_split_t", fields, work=work)
    return conv_2d.layer(graph, op, m, call, encoded)


def suits(m: Matrix, isas: Sequence[str]) -> bool:
    """Whether cores have the kernels, and these compute a matrix exactly."""
    largest = _bound(m) * 2.0 ** np.maximum(m.shift, 0)
    exact = largest.max() < LARGEST and m.weights.min() >= -127 and set((-m.shift).tolist()) <= set(SHIFTS)
    return bool(FAST & set(isas)) and bool(exact)


def settled(m: Matrix) -> Matrix:
    """The same function, with multiplier 0 and shift 1 to the right in rows that answer the zero point always."""
    silent = (m.multiplier == 0) | (_bound(m) < 2.0 ** np.maximum(-m.shift - 1, 0))
    return replace(m, multiplier=np.where(silent, 0, m.multiplier), shift=np.where(silent, -1, m.shift))


def _bound(m: Matrix) -> np.ndarray:
    """The largest magnitude that the sum of a row can have.  int64 [rows]"""
    return np.abs(m.bias) + 128 * np.abs(m.weights.astype(np.int64)).sum(axis=1)


def tiles(y: Axis, x: Axis, channels: int) -> Packing | None:
    """Packing for tiles of the image, None where they are not possible or of no use."""
    if x.stride != 1 or x.kernel == 1:
        return None
    return _strips(y, x, 4 * (x.kernel + 3) * channels, 1)


def _columns(y: Axis, x: Axis, channels: int) -> Packing:
    """Whole columns of the weight matrix, packed anew for every group."""
    inputs = y.kernel * x.kernel * channels
    eights, fours = _groups(y.outputs * x.outputs)
    packed, together = 8 * eights + 4 * fours, 8 if eights else 4
    work = {"pack": packed * inputs, "line": packed // 2 * y.kernel, "move": 0}
    return Packing(eights, fours, 2 * together * (inputs + 4 & ~3), 0, work)


def _strips(y: Axis, x: Axis, line: int, calls: int) -> Packing | None:
    """Strips of eight pixels that slide down the image.  line: packed bytes of the window's; calls: that pack it."""
    strips = -(-x.outputs // 8)
    groups = strips * y.outputs
    wasteful = groups > WASTE * sum(_groups(y.outputs * x.outputs))
    if y.kernel <= y.stride or (y.dilation, x.dilation) != (1, 1) or x.outputs < 8 or wasteful:
        return None
    slide = 4 if line <= SHORT else 2
    lines, kept = y.kernel + (slide - 1) * y.stride, y.kernel - y.stride
    packed = strips * (kept + y.outputs * y.stride)
    moved = strips * -(-y.outputs // slide) * kept * line // 4
    work = {"pack": packed * line // 2, "line": packed * calls, "move": moved}
    return Packing(groups, 0, lines * line + 64, slide, work)


def _groups(pixels: int) -> tuple[int, int]:
    """Groups of eight and of four pixels; the last one reaches back over pixels of the one before.

    >>> [_groups(n) for n in (4, 7, 8, 12, 13)]
    [(0, 1), (0, 2), (1, 0), (1, 1), (2, 0)]
    """
    if pixels < 8:
        return 0, -(-pixels // 4)
    return pixels // 8 + (pixels % 8 > 4), int(1 <= pixels % 8 <= 4)


def skip(delta: np.ndarray) -> np.ndarray:
    """Inputs between two entries.  An entry that fills up a row has delta and value 0: where it reads is no matter."""
    return np.maximum(delta, 1) - 1


def sparse(encoded: Encoded, stream: np.ndarray, ctype: str) -> tuple[Array, np.ndarray, int]:
    """What an Arrange gives of a sparse stream, uint8 and as long as the encoded one."""
    stream = np.pad(stream, (0, encoded.pair_bytes))  # kernels load the next step's places ahead
    values = stream.view("<u4") if ctype == "uint32_t" else stream
    array = Array(ctype, values, stream.size, "weight", encoded.index_bytes)
    return array, encoded.row_bytes // encoded.pair_bytes, encoded.pair_bytes


def _fields(m: Matrix, stream: Array, steps: np.ndarray, step_bytes: int) -> dict[str, Field]:
    """mcup_split_matrix_t"""
    weights = m.weights.astype(np.int64)
    bias = m.bias - OFFSET * weights.sum(axis=1)
    low = (65537 * bias).astype(np.int32)  # wraps
    high = bias + (weights < 0).sum(axis=1)
    table = np.stack([low, high, m.multiplier, -m.shift, steps % 4, steps * step_bytes], axis=1)
    return {
        "row": Array("mcup_split_row_t", table, len(table) * ROW_SIZE),
        "stream": stream,
        "rows": len(weights),
        "inputs": weights.shape[1],
        "zero_point": m.zero_point,
        "least": m.least,
        "most": m.most,
    }
