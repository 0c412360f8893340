"""The sliding window of convolutions and pools: where it starts, and what it sees.

With padding SAME the output has ceil(input / stride) steps; what is missing is split, the odd one goes behind.  With
VALID the window never leaves the image.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mcuprune import libc
from mcuprune.graph import Tensor
from mcuprune.layer import Field, Scratch


@dataclass(frozen=True)
class Axis:
    """A window sliding along one axis; before, after: padding, in elements."""

    inputs: int
    kernel: int
    stride: int
    dilation: int
    outputs: int
    before: int
    after: int

    @property
    def slides_within(self) -> bool:
        """No step reaches outside the image."""
        return self.before == 0 and self.after == 0

    @property
    def seen(self) -> int:
        """How many places inside the image the window sees, over all its steps."""
        first = np.arange(self.outputs) * self.stride - self.before
        places = first[:, None] + np.arange(self.kernel) * self.dilation
        return int(np.count_nonzero((places >= 0) & (places < self.inputs)))


def axis(inputs: int, kernel: int, stride: int, padding: str | tuple[int, int], dilation: int = 1) -> Axis:
    """padding: 'SAME', 'VALID', or (before, after).

    >>> axis(32, 3, 2, "SAME")
    Axis(inputs=32, kernel=3, stride=2, dilation=1, outputs=16, before=0, after=1)
    """
    reach = (kernel - 1) * dilation + 1
    if padding != "SAME":
        before, after = (0, 0) if isinstance(padding, str) else padding
        return Axis(inputs, kernel, stride, dilation, (before + inputs + after - reach) // stride + 1, before, after)
    outputs = -(-inputs // stride)
    missing = max((outputs - 1) * stride + reach - inputs, 0)
    return Axis(inputs, kernel, stride, dilation, outputs, missing // 2, missing - missing // 2)


def windows(x: np.ndarray, y_axis: Axis, x_axis: Axis, fill: float) -> np.ndarray:
    """What every window sees, `fill` where it leaves the image.

    x: [n, height, width, channels] -> [n, out_height, out_width, kernel_height, kernel_width, channels], a view.
    """
    padding = ((0, 0), (y_axis.before, y_axis.after), (x_axis.before, x_axis.after), (0, 0))
    padded = np.pad(x, padding, constant_values=fill)
    n, row, column, channel = padded.strides
    shape = (len(x), y_axis.outputs, x_axis.outputs, y_axis.kernel, x_axis.kernel, x.shape[3])
    steps = (row * y_axis.stride, column * x_axis.stride, row * y_axis.dilation, column * x_axis.dilation)
    return as_strided(padded, shape, (n, *steps, channel), writeable=False)


def gather_fields(y_axis: Axis, x_axis: Axis, source: Tensor, column: int) -> dict[str, Field]:
    """mcup_window_t over a tensor [1, height, width, channels].  column: elements of scratch to gather a window in."""
    return {
        "column": Scratch(column * source.item),
        "input_height": y_axis.inputs,
        "input_width": x_axis.inputs,
        "channels": source.shape[3] * source.item,
        "output_height": y_axis.outputs,
        "output_width": x_axis.outputs,
        "kernel_height": y_axis.kernel,
        "kernel_width": x_axis.kernel,
        "stride_y": y_axis.stride,
        "stride_x": x_axis.stride,
        "dilation_y": y_axis.dilation,
        "dilation_x": x_axis.dilation,
        "top": y_axis.before,
        "left": x_axis.before,
        "fill": source.z,
    }


def gather_work(y_axis: Axis, x_axis: Axis, source: Tensor) -> dict[str, float]:
    """How often the loops of mcup_column run, for mcuprune.cost."""
    size, pixels = source.shape[3] * source.item, y_axis.outputs * x_axis.outputs
    inside = y_axis.seen * x_axis.seen
    outside = pixels * y_axis.kernel * x_axis.kernel - inside
    loops = {"gather": pixels, "line": pixels * y_axis.kernel, "inside": inside, "outside": outside}
    return loops | libc.copied(inside, size) | libc.filled(outside, size)
