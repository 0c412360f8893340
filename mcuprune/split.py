"""Convolution by split multiplication, for cores without SIMD: one MUL multiplies a weight by two pixels.

    word    = (a + 129) + 65536 (b + 128)        a, b: the same input of two output pixels
    product = weight * word                      = low + 65536 high, modulo 2^32

As a + 129 is never below 1, low is below zero exactly where the weight is, and then (product >> 16), rounded down, is
high - 1.  How many weights of a row are negative is known beforehand, so two sums and a row's start give both pixels
exactly, whatever the length of the row:

    sum of (product >> 16)  +  negative weights          = sum of b
    sum of product          -  65536 * sum of b          = sum of a

A row starts with the bias in both, the 129, the 128 and the input's zero point taken out again.  Were both 129, the
product of -128 and the largest inputs would not fit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mcuprune import overlap
from mcuprune.encodings import ENCODINGS, LONGEST_ROW
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Encoded, Field, Layer
from mcuprune.matrix import Matrix
from mcuprune.ops import conv_2d
from mcuprune.window import Axis

ROW_SIZE = 16  # bytes of a mcup_split_row_t
OFFSETS = 129, 128  # added to inputs, in the lower and the upper half of a word
FAST = {"v6m", "v7m"}  # instruction sets that have the kernels
LARGEST = 1 << 29  # what a sum must stay below in size
SLIDE = 4  # lines of output that are computed from one packing, at most
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


def lower(
    graph: Graph, op: Op, isas: Sequence[str], encoding: str, arrange: Arrange, slide: int = SLIDE
) -> Layer | None:
    """A convolution with an encoding's weights, their stream arranged for the split kernels.  slide: of a packing that
    slides, at most."""
    m = conv_2d.matrix_of(graph, op).settled
    y_axis, x_axis = conv_2d.axes(graph, op)
    holds = ENCODINGS[encoding].size(m.weights) < np.inf and m.weights.shape[1] <= LONGEST_ROW - 3
    if y_axis.outputs * x_axis.outputs < 4 or not (holds and suits(m, isas)):
        return None
    channels = graph.operand(op, 0).shape[3]
    packing = _sliding(y_axis, x_axis, channels, slide) or _columns(y_axis, x_axis, channels)
    encoded = ENCODINGS[encoding].encode(m.weights)
    return layer(graph, op, m, encoding, encoded, arrange(encoded), packing)


def layer(graph: Graph, op: Op, m: Matrix, name: str, encoded: Encoded, arranged: Arranged, packing: Packing) -> Layer:
    """name: of the format, in the kernel's."""
    stream, steps, step_bytes = arranged
    channels = graph.operand(op, 0).shape[3]
    fields: dict[str, Field] = {
        "matrix": _fields(m, stream, steps, step_bytes),
        "window": conv_2d.window_fields(graph, op, packing.room + channels),
        "room": packing.room,
        "slide": packing.slide,
    }
    work = {
        "step8": packing.eights * int(steps.sum()),
        "row8": packing.eights * len(steps),
        "step4": packing.fours * int(steps.sum()),
        "group": packing.eights + packing.fours,
        "row4": packing.fours * len(steps),
        "clamped": m.clamped(8 * packing.eights + 4 * packing.fours) * len(steps),
        **packing.work,
    }
    call = Call(f"mcup_conv_2d_{name}_split_s8", "mcup_conv_2d_split_t", fields, work=work)
    order = _order(*conv_2d.axes(graph, op), channels, len(steps), packing)
    return conv_2d.layer(graph, op, m, call, encoded, order)


def _order(y: Axis, x: Axis, channels: int, rows: int, packing: Packing) -> overlap.Order:
    if packing.slide:
        return overlap.strips(y, x, channels, rows, _lefts(x).tolist(), 8, packing.slide)
    sizes = [8] * packing.eights + [4] * packing.fours
    pixels = y.outputs * x.outputs
    starts = [min(8 * min(i, packing.eights) + 4 * max(i - packing.eights, 0), pixels - n) for i, n in enumerate(sizes)]
    return overlap.groups(overlap.pixels(y, x, channels, rows), starts, sizes)


def suits(m: Matrix, isas: Sequence[str]) -> bool:
    """Whether cores have the kernels, and these compute a matrix exactly."""
    largest = m.bound * 2.0 ** np.maximum(m.shift, 0)
    exact = largest.max() < LARGEST and set((-m.shift).tolist()) <= set(SHIFTS)
    return bool(FAST & set(isas)) and bool(exact)


def frugal(lowered: Callable[[int], Layer | None]) -> list[Layer]:
    """What slides in steps of two lines and of one, where more is usual, and has less of them packed.

    lowered: gives the layer that slides by so many lines at most.
    """
    usual = lowered(SLIDE)
    if usual is None:
        return []
    most = usual.calls[0].fields["slide"]
    assert isinstance(most, int)
    return [layer for slide in (2, 1) if slide < most and (layer := lowered(slide))]


def tiles(y: Axis, x: Axis, channels: int, slide: int = SLIDE) -> Packing | None:
    """Packing for tiles of the image, None where they are not possible or of no use."""
    if x.stride != 1 or x.kernel == 1 or not _slides(y, x):
        return None
    places = _lefts(x)[:, None] - x.before + np.arange(x.kernel + 3)
    seen = (places >= 0) & (places + 4 < x.inputs)  # by both pixels of a word: packed in one go
    calls = np.count_nonzero(~seen) + np.count_nonzero(seen.any(axis=1))
    return _strips(y, x, 4 * (x.kernel + 3) * channels, calls, places.size, slide)


def _sliding(y: Axis, x: Axis, channels: int, slide: int) -> Packing | None:
    """Packing for columns that slide down the image, None as for tiles."""
    if not _slides(y, x):
        return None
    first = _lefts(x)[:, None] + np.arange(4)
    whole = _inside(x)[first] & _inside(x)[first + 4]
    calls = np.where(whole, 1, x.kernel).sum()
    return _strips(y, x, 16 * x.kernel * channels, calls, whole.size * x.kernel, slide)


def _slides(y: Axis, x: Axis) -> bool:
    """Whether strips of eight pixels cover the image well, and lines of the window see some lines again."""
    wasteful = len(_lefts(x)) * y.outputs > WASTE * sum(_groups(y.outputs * x.outputs))
    return y.kernel > y.stride and (y.dilation, x.dilation) == (1, 1) and x.outputs >= 8 and not wasteful


def _lefts(x: Axis) -> np.ndarray:
    """Where strips begin: the last one reaches back.  In pixels of the output's lines."""
    return np.minimum(np.arange(0, x.outputs, 8), x.outputs - 8)


def _strips(y: Axis, x: Axis, line: int, calls: int, calls_outside: int, most: int) -> Packing:
    """line: packed bytes of a line of the window's; calls: that pack a line of the image, or one outside; most: lines
    of output from move to move."""
    strips = len(_lefts(x))
    slide = min(SLIDE if line <= SHORT else 2, most)
    lines, kept = y.kernel + (slide - 1) * y.stride, y.kernel - y.stride
    packed = kept + y.outputs * y.stride
    inside = np.count_nonzero((np.arange(packed) >= y.before) & (np.arange(packed) < y.before + y.inputs))
    work = {
        "pack": strips * packed * line // 2,
        "run": inside * int(calls) + (packed - inside) * calls_outside,
        "line": strips * packed,
        "move": strips * -(-y.outputs // slide) * kept * line // 4,
    }
    return Packing(strips * y.outputs, 0, lines * line + 64, slide, work)


def _columns(y: Axis, x: Axis, channels: int) -> Packing:
    """Whole columns of the weight matrix, packed anew for every group."""
    pixels, inputs = y.outputs * x.outputs, y.kernel * x.kernel * channels
    eights, fours = _groups(pixels)
    first, half = np.zeros(0, np.int64), 4 * np.ones(4 * eights + 2 * fours, np.int64)
    half[4 * eights :] = 2
    for count, groups in ((8, eights), (4, fours)):
        starts = np.minimum(8 * eights * (count == 4) + count * np.arange(groups), pixels - count)
        first = np.concatenate([first, (starts[:, None] + np.arange(count // 2)).reshape(-1)])
    reached = [np.outer(_reached(y)[:, k], _inside(x)).reshape(-1) for k in range(y.kernel)]
    whole = sum(int(np.count_nonzero(r[first] & r[first + half])) for r in reached)
    packed = len(first) * y.kernel
    run = whole + (packed - whole) * x.kernel
    work = {"pack": 2 * len(first) * inputs, "run": run, "line": packed, "move": 0}
    return Packing(eights, fours, (16 if eights else 8) * (inputs + 4 & ~3), 0, work)


def _inside(along: Axis) -> np.ndarray:
    """Windows that see one run of the image.  -> bool [outputs]"""
    start = np.arange(along.outputs) * along.stride - along.before
    return (start >= 0) & (start + along.kernel <= along.inputs) & (along.dilation == 1)


def _reached(along: Axis) -> np.ndarray:
    """Whether the window sees the image through each line of it.  -> bool [outputs, kernel]"""
    at = np.arange(along.outputs)[:, None] * along.stride - along.before + np.arange(along.kernel) * along.dilation
    return (at >= 0) & (at < along.inputs)


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
    array = Array(ctype, values, stream.size)
    return array, encoded.row_bytes // encoded.pair_bytes, encoded.pair_bytes


def _fields(m: Matrix, stream: Array, steps: np.ndarray, step_bytes: int) -> dict[str, Field]:
    """mcup_split_matrix_t"""
    weights = m.weights.astype(np.int64)
    lower, upper = (m.bias - offset * weights.sum(axis=1) for offset in OFFSETS)
    low = (lower + 65536 * upper).astype(np.int32)  # wraps
    high = upper + (weights < 0).sum(axis=1)
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
