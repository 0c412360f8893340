"""Groups of pixels: sparse convolution on cores with DSP instructions decodes a weight once for up to eight pixels.

The inputs of a group are packed into scratch, two pixels to a word, and one multiplication serves both: as numbers that
are 2^23 apart in a sum of 64 bits, or, where a row's weights are too large for that, as halfwords ('wide').  Blocks of
four weights ('group') are multiplied by four inputs of a pixel, two at a time.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune.encodings.b4 import BLOCK
from mcuprune.layer import Encoded, Field, Scratch
from mcuprune.matrix import Matrix
from mcuprune.window import Axis

LARGEST = 32767  # sum of a row's absolute weights: 128 times that must stay below 2^22


def suit(encoded: Encoded, channels: int, isas: Sequence[str]) -> bool:
    """Whether the cores have these kernels, and for this encoding; channels: of the input."""
    formats = ("d8", "n4") if channels % BLOCK else ("d8", "n4", "b4")
    return "dsp" in isas and encoded.encoding in formats


def suffix(m: Matrix, encoded: Encoded) -> str:
    """Of the kernel's name, behind the encoding's."""
    if encoded.encoding == "b4":
        return "_group"
    return "_wide" if are_wide(m) else ""


def are_wide(m: Matrix) -> bool:
    """Whether a row's sums may not fit 23 bits."""
    return bool(np.abs(m.weights.astype(np.int64)).sum(axis=1).max(initial=0) > LARGEST)


def fields(m: Matrix, y_axis: Axis, x_axis: Axis, channels: int, together: int) -> dict[str, Field]:
    """What mcup_window_t says of groups.  together: pixels of one, 8 or 4; channels: of the input."""
    pixels = 8 if y_axis.outputs * x_axis.outputs > 4 and together == 8 else 4
    padded = not (y_axis.slides_within and x_axis.slides_within)
    outside = channels if padded else 0  # behind the group: what the window sees outside the image
    return {"column": Scratch(2 * pixels * m.weights.shape[1] + outside), "padded": int(padded), "pixels": pixels}


def work(m: Matrix, encoded: Encoded, y_axis: Axis, x_axis: Axis, channels: int, together: int) -> dict[str, float]:
    """How often the loops run, for mcuprune.cost: rows and entries times groups, and what packing columns takes."""
    outputs, entries = y_axis.outputs * x_axis.outputs, 2 * int(encoded.row_bytes.sum()) // encoded.pair_bytes
    first, second, groups = _pairs(outputs, together)
    eights = len(first) // 2 - groups  # a group of eight has four pairs, one of four has two
    fours = groups - eights
    places = y_axis.kernel * x_axis.kernel
    inside = np.outer(_inside(y_axis), _inside(x_axis)).reshape(-1) & (x_axis.dilation == 1 or x_axis.kernel == 1)
    columns = int(np.count_nonzero(inside[first] & inside[second]))
    runs, pieces = columns * y_axis.kernel, (len(first) - columns) * places
    return {
        "group": groups,
        "row8": eights * len(m.weights),
        "entry8": eights * entries,
        "row4": fours * len(m.weights),
        "entry4": fours * entries,
        "word": len(first) * places * channels,
        "single": runs * (x_axis.kernel * channels % 4) + pieces * (channels % 4),
        "column": 0 if _are_runs(y_axis, x_axis, together) else columns,
        "run": runs,
        "piece": pieces,
        "clamped": m.clamped(outputs * len(m.weights)),
    }


def order(outputs: int, together: int) -> tuple[list[int], list[int]]:
    """(first pixel, pixels) of every group."""
    most = 8 if outputs > 4 and together == 8 else 4
    starts = list(range(0, outputs, most))
    return starts, [min(outputs - start, most) for start in starts]


def _are_runs(y_axis: Axis, x_axis: Axis, together: int) -> bool:
    """Whether columns are pixels of the input, equally far apart in every group, which is packed at once then."""
    pointwise = all(a.kernel == 1 and a.slides_within for a in (y_axis, x_axis))
    return pointwise and (y_axis.stride == x_axis.stride == 1 or x_axis.outputs % together == 0)


def _pairs(outputs: int, together: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The pixels in the words of all groups, as mcup_group.h pairs them, and how many groups there are."""
    first, far = [], []
    starts = range(0, outputs, together)
    for start in starts:
        count = min(outputs - start, together)
        half = 4 if count > 4 else 2
        first += [start + min(count - 1, 1) * i for i in range(half)]
        far += [max(count - half, 0)] * half
    return np.array(first), np.array(first) + np.array(far), len(starts)


def _inside(along: Axis) -> np.ndarray:
    """Which windows see only the image, along one axis.  -> bool [outputs]"""
    start = np.arange(along.outputs) * along.stride - along.before
    reach = (along.kernel - 1) * along.dilation
    return (start >= 0) & (start + reach < along.inputs)
