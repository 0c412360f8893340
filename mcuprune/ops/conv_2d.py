"""CONV_2D: every output pixel is the weight matrix times the column of input bytes under its window.

A column is in (kernel row, kernel column, channel) order, as TFLite stores a filter, with the input's zero point where
the window leaves the image.  Groups are a matrix with zeros: each row sees the channels of its own group.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune import groups, overlap
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Encoded, Field, Layer, Overlap
from mcuprune.matrix import Matrix, check_constants, check_weights, chunks, matrix
from mcuprune.matrix16 import check_bias16, check_matrix16, matrix16
from mcuprune.operand import ACTIVATIONS, PADDINGS, PORTABLE, check_activation, sample_shape, unsupported, wide
from mcuprune.window import Axis, axis, gather_fields, gather_work, windows

CODE = "CONV_2D"
ABOUT = (
    "any stride, dilation, padding and number of groups; per-tensor or per-channel weights, int8 or int4; "
    "fused ReLU, ReLU6"
)
WIDE = True


def read(options) -> dict:
    return {
        "padding": PADDINGS[options.Padding()],
        "stride_h": options.StrideH(),
        "stride_w": options.StrideW(),
        "dilation_h_factor": options.DilationHFactor(),
        "dilation_w_factor": options.DilationWFactor(),
        "fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()],
    }


def check(graph: Graph, op: Op) -> None:
    source, weights, bias = _operands(graph, op)
    target = graph.results(op)[0]
    check_activation(op)
    check_window(graph, op)
    rows, channels = weights.shape[0], weights.shape[3]
    if channels == 0 or source.shape[3] % channels or rows % (source.shape[3] // channels):
        raise unsupported(op, f"reads {source.shape[3]} channels with filters of {channels}", "make equal groups")
    if target.shape[3] != rows:
        raise unsupported(op, f"writes {target.shape[3]} channels with {rows} filters", "convert the model again")
    if wide(graph, op):
        check_weights(op, rows, 0, weights)
        check_bias16(op, rows, bias, ("int32", "int64"))
        check_matrix16(op, matrix_of(graph, op))
    else:
        check_constants(op, rows, 0, source, weights, bias)


def check_window(graph: Graph, op: Op) -> None:
    """Shapes and strides of an operator with a window over an image; its second operand is the filter."""
    source, filters, target = graph.operand(op, 0), graph.operand(op, 1), graph.results(op)[0]
    if not len(source.shape) == len(filters.shape) == len(target.shape) == 4 or source.shape[0] != 1:
        raise unsupported(op, f"reads a tensor of shape {source.shape}", "use images: batch 1, height, width, channels")
    steps = [op.attrs[name] for name in ("stride_h", "stride_w", "dilation_h_factor", "dilation_w_factor")]
    if not all(
        1 <= n < 2**15 for n in (*steps, source.item * source.shape[3], *source.shape, *filters.shape, *target.shape)
    ):
        raise unsupported(op, f"has a size outside 1..32767: {source.shape}, {steps}", "make it smaller")
    if (1, *(along.outputs for along in axes(graph, op)), target.shape[3]) != target.shape:
        raise unsupported(op, f"writes a shape {target.shape} that its window does not give", "convert it again")


def weights(graph: Graph, op: Op) -> np.ndarray:
    """int8 [output channels, kernel height * kernel width * input channels]"""
    source, filters, _ = _operands(graph, op)
    rows, height, width, channels = filters.shape
    groups = source.shape[3] // channels
    if groups == 1:
        return filters.values.reshape(rows, -1)
    spread = np.zeros((groups, rows // groups, height, width, groups, channels), np.int8)
    for group, own in enumerate(filters.values.reshape(groups, rows // groups, height, width, channels)):
        spread[group, :, :, :, group] = own
    return spread.reshape(rows, -1)


def filters(graph: Graph, op: Op, matrix: np.ndarray) -> np.ndarray:
    """The inverse of weights: the operand that has this matrix."""
    rows, height, width, channels = shape = graph.operand(op, 1).shape
    groups = np.arange(graph.operand(op, 0).shape[3] // channels)
    spread = matrix.reshape(len(groups), rows // len(groups), height, width, len(groups), channels)
    return spread[groups, :, :, :, groups].reshape(shape)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    x, target, m = inputs[0], graph.results(op)[0], matrix_of(graph, op)
    inputs_per_row = m.weights.shape[1]
    y_axis, x_axis = axes(graph, op)
    result = np.empty((len(x), *sample_shape(target)), target.dtype)
    for part in chunks(len(x), y_axis.outputs * x_axis.outputs * inputs_per_row):
        columns = windows(x[part], y_axis, x_axis, graph.operand(op, 0).z).reshape(-1, inputs_per_row)
        result[part] = m.times(columns).reshape(-1, *result.shape[1:])
    return [result]


def lower(graph: Graph, op: Op, encoded: Encoded, isas: Sequence[str] = PORTABLE, together: int = 8) -> Layer:
    """together: pixels that DSP cores compute at once from a sparse encoding: 8, or 4 with half the scratch."""
    m, (y_axis, x_axis) = matrix_of(graph, op), axes(graph, op)
    pixels, channels = y_axis.outputs * x_axis.outputs, graph.operand(op, 0).shape[3]
    column = 0 if is_contiguous(y_axis, x_axis) else m.weights.shape[1]
    if pixels == 1 and not column:
        return layer(graph, op, m, m.times_columns(encoded, 1), encoded)
    window, work, suffix = window_fields(graph, op, column), window_work(graph, op) | m.work(encoded, pixels), ""
    grouped = not wide(graph, op) and groups.suit(encoded, channels, isas)
    if grouped:
        window |= groups.fields(m, y_axis, x_axis, channels, together)
        work = groups.work(m, encoded, y_axis, x_axis, channels, together)
        suffix = groups.suffix(m, encoded)
    fields: dict[str, Field] = {"window": window, "matrix": m.fields(encoded)}
    call = Call(f"mcup_conv_2d_{encoded.encoding}{suffix}_{m.suffix}", m.struct("conv_2d"), fields, work=work)
    if wide(graph, op):
        return layer(graph, op, m, call, encoded)
    single = overlap.pixels(y_axis, x_axis, channels, len(m.weights))
    order = overlap.groups(single, *groups.order(pixels, together)) if grouped else single
    return layer(graph, op, m, call, encoded, order)


def frugal(graph: Graph, op: Op, encoded: Encoded, isas: Sequence[str]) -> list[Layer]:
    """The same in less scratch."""
    suits = not wide(graph, op) and groups.suit(encoded, graph.operand(op, 0).shape[3], isas)
    return [lower(graph, op, encoded, isas, together=4)] if suits else []


def layer(graph: Graph, op: Op, m: Matrix, call: Call, encoded: Encoded, order: overlap.Order | None = None) -> Layer:
    """A convolution that one call computes.  order: in which it does so."""
    source, filters, target = graph.operand(op, 0), graph.operand(op, 1), graph.results(op)[0]
    pixels, parts = target.shape[1] * target.shape[2], source.shape[3] // filters.shape[3]
    return Layer(
        op,
        (call,),
        macs=pixels * m.weights.size // parts,
        nonzero_macs=pixels * int(np.count_nonzero(m.weights)),
        encoded=encoded,
        overlap=None if order is None else _overlap(graph, op, len(m.weights), order),
        summary=summary(graph, op) + f" -> {target.shape[3]}" + (f", {parts} groups" if parts > 1 else ""),
    )


def _overlap(graph: Graph, op: Op, rows: int, order: overlap.Order) -> Overlap:
    """Of this order and of a portable kernel's, which may read a pixel's window while it writes the pixel."""
    single = overlap.pixels(*axes(graph, op), graph.operand(op, 0).shape[3], rows)
    return Overlap(max(overlap.distance(order), overlap.distance(single, apart=False)))


def axes(graph: Graph, op: Op) -> tuple[Axis, Axis]:
    """The window's way down and across the image."""
    source, filters, a = graph.operand(op, 0), graph.operand(op, 1), op.attrs
    down, across = [a["padding"]] * 2 if isinstance(a["padding"], str) else a["padding"]
    return (
        axis(source.shape[1], filters.shape[1], a["stride_h"], down, a["dilation_h_factor"]),
        axis(source.shape[2], filters.shape[2], a["stride_w"], across, a["dilation_w_factor"]),
    )


def is_contiguous(y_axis: Axis, x_axis: Axis) -> bool:
    """Whether every column lies in the input as it is, so that nothing has to be gathered."""
    one_row = y_axis.kernel == 1 or (x_axis.kernel == x_axis.inputs and y_axis.dilation == 1)
    one_run = one_row and (x_axis.kernel == 1 or x_axis.dilation == 1)
    return one_run and y_axis.slides_within and x_axis.slides_within


def window_fields(graph: Graph, op: Op, column: int) -> dict[str, Field]:
    """mcup_window_t; column: elements of scratch to gather one in, 0 where there is no need."""
    return gather_fields(*axes(graph, op), graph.operand(op, 0), column)


def window_work(graph: Graph, op: Op) -> dict[str, float]:
    """How often the loops that gather columns run, for mcuprune.cost."""
    y_axis, x_axis = axes(graph, op)
    if is_contiguous(y_axis, x_axis):
        return {"pixel": y_axis.outputs * x_axis.outputs}
    return gather_work(y_axis, x_axis, graph.operand(op, 0))


def summary(graph: Graph, op: Op) -> str:
    """'3x3, stride 2, SAME, 16'"""
    y_axis, x_axis = axes(graph, op)
    text = f"{y_axis.kernel}x{x_axis.kernel}"
    for name in ("stride", "dilation"):
        steps = getattr(y_axis, name), getattr(x_axis, name)
        if steps != (1, 1):
            text += f" {name} {steps[0]}" + (f"x{steps[1]}" if steps[0] != steps[1] else "")
    padding = op.attrs["padding"]
    if not isinstance(padding, str):
        padding = "padding " + ", ".join(f"{before}+{after}" for before, after in padding)
    padding = f" {padding}" if (y_axis.kernel, x_axis.kernel) != (1, 1) else ""
    return f"{text}{padding}, {graph.operand(op, 0).shape[3]}"


def _operands(graph: Graph, op: Op):
    """input, filters, bias or None"""
    return (*graph.operands(op), None)[:3]


def matrix_of(graph: Graph, op: Op) -> Matrix:
    source, filters, bias = _operands(graph, op)
    target = graph.results(op)[0]
    real = source.s * filters.scale.astype(np.float64) / target.s
    if wide(graph, op):
        return matrix16(op, weights(graph, op), real, bias, target, bias.dtype == "int64")
    return matrix(op, weights(graph, op), real, bias, source, target)
