"""FULLY_CONNECTED: the weight matrix times each of the input's rows; most networks have only one."""

from collections.abc import Sequence

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Encoded, Layer
from mcuprune.matrix import Matrix, check_constants, check_weights, matrix
from mcuprune.matrix16 import check_bias16, check_matrix16, matrix16
from mcuprune.operand import ACTIVATIONS, PORTABLE, check_activation, sample_shape, unsupported, wide

CODE = "FULLY_CONNECTED"
ABOUT = (
    "per-tensor or (outputs of two dimensions) per-channel weights, int8 or int4; any number of input rows; "
    "fused ReLU, ReLU6"
)
WIDE = True


def read(options) -> dict:
    return {
        "fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()],
        "weights_format": ("DEFAULT", "SHUFFLED4x16INT8")[options.WeightsFormat()],
        "keep_num_dims": bool(options.KeepNumDims()),
    }


def check(graph: Graph, op: Op) -> None:
    source, filters, bias = _operands(graph, op)
    check_activation(op)
    if op.attrs["weights_format"] != "DEFAULT":
        raise unsupported(op, "has shuffled weights", "convert the model without post-processing of weights")
    if len(filters.shape) != 2 or not filters.count:
        raise unsupported(op, f"has weights of shape {filters.shape}", "use a matrix of outputs x inputs")
    rows, inputs = filters.shape
    if source.count % inputs or source.count // inputs * rows != graph.results(op)[0].count:
        raise unsupported(op, f"multiplies {source.count} inputs by {rows} x {inputs} weights", "convert it again")
    if len(filters.scale) > 1 and len(graph.results(op)[0].shape) > 2:
        why = "has a scale per output and writes more than two dimensions, which TFLite's reference kernel mixes up"
        rewrite = (
            "convert with _experimental_disable_per_channel_quantization_for_dense_layers, or put a RESHAPE around it"
        )
        raise unsupported(op, why, rewrite)
    if wide(graph, op):
        check_weights(op, rows, 0, filters)
        check_bias16(op, rows, bias, ("", "int32", "int64"))
        check_matrix16(op, matrix_of(graph, op))
    else:
        check_constants(op, rows, 0, source, filters, bias)


def weights(graph: Graph, op: Op) -> np.ndarray:
    """int8 [outputs, inputs]"""
    return graph.operand(op, 1).values


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    x, m = inputs[0], matrix_of(graph, op)
    return [m.times(x.reshape(-1, m.weights.shape[1])).reshape(len(x), *sample_shape(graph.results(op)[0]))]


def lower(graph: Graph, op: Op, encoded: Encoded, isas: Sequence[str] = PORTABLE) -> Layer:
    m = matrix_of(graph, op)
    batches = graph.results(op)[0].count // len(m.weights)
    return layer(graph, op, m, m.times_columns(encoded, batches), encoded)


def layer(graph: Graph, op: Op, m: Matrix, call: Call, encoded: Encoded) -> Layer:
    """A fully connected layer that one call computes."""
    rows, inputs = m.weights.shape
    batches = graph.results(op)[0].count // rows
    return Layer(
        op,
        (call,),
        macs=batches * m.weights.size,
        nonzero_macs=batches * int(np.count_nonzero(m.weights)),
        encoded=encoded,
        summary=f"{inputs} -> {rows}" + (f", {batches} times" if batches > 1 else ""),
    )


def _operands(graph: Graph, op: Op):
    """input, weights, bias or None"""
    return (*graph.operands(op), None)[:3]


def matrix_of(graph: Graph, op: Op) -> Matrix:
    source, filters, bias = _operands(graph, op)
    target = graph.results(op)[0]
    if len(filters.scale) > 1:
        real = source.s * filters.scale.astype(np.float64) / target.s
    else:  # TFLite multiplies these two scales in float32, here and nowhere else
        real = (source.scale * filters.scale).astype(np.float64) / target.s
    if wide(graph, op):
        return matrix16(op, filters.values, real, bias, target, bias is not None and bias.dtype == "int64")
    return matrix(op, filters.values, real, bias, source, target)
