"""The integers of an LSTM: the matrices of its gates, and how its cells are scaled."""

from math import log2

import numpy as np

from mcuprune import fixed
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.matrix import Matrix

INPUT, FORGET, CANDIDATE, OUTPUT = range(4)  # the gates in TFLite's order
GATES = (INPUT, FORGET, OUTPUT, CANDIDATE)  # and in the kernels': logistic functions first
WEIGHTS, RECURRENT, BIASES = 1, 5, 12  # where operands of all gates begin
SCALE = np.float32(2.0**-12)  # of a gate


def matrices(graph: Graph, op: Op) -> tuple[Matrix, Matrix]:
    """The input's and the output's, a row for every gate of every cell.  What they give is added to int16 gates."""
    return (
        _matrix(graph, op, WEIGHTS, graph.operand(op, 0), BIASES),
        _matrix(graph, op, RECURRENT, op.attrs["variables"][0], None),
    )


def _matrix(graph: Graph, op: Op, first: int, source: Tensor, biases: int | None) -> Matrix:
    parts = [graph.operand(op, first + gate) for gate in GATES]
    values = np.concatenate([part.values for part in parts])
    scales = np.concatenate([part.scale for part in parts]) * source.scale / SCALE  # in float32, as TFLite
    multiplier, shift = fixed.quantize_multipliers(scales.astype(np.float64).repeat(len(parts[0].values)))
    bias = -source.z * values.astype(np.int64).sum(axis=1)
    if biases is not None:
        bias += np.concatenate([graph.operand(op, biases + gate).values for gate in GATES])
    return Matrix(values, bias, multiplier, shift, 0, -128, 127)  # no kernel reads these bounds


def weighty(m: Matrix) -> np.ndarray:
    """The numbers of the rows that have a weight, one at least: int64 [rows]."""
    found = np.flatnonzero(m.weights.any(axis=1))
    return found if found.size else np.zeros(1, np.int64)


def alone(m: Matrix, weighty: np.ndarray) -> np.ndarray:
    """What the biases of the other rows give: int64 [rows], 0 where there are weights."""
    given = np.clip(fixed.multiply_by_quantized_multiplier(m.bias, m.multiplier, m.shift), -(1 << 15), (1 << 15) - 1)
    given[weighty] = 0
    return given


def hidden(op: Op) -> tuple[int, int, int]:
    """multiplier, shift and zero point of output gate * tanh(cell)."""
    hidden = op.attrs["intermediates"][4]
    return (*fixed.quantize_multiplier(float(np.float32(2.0**-30 / hidden.s))), hidden.z)


def power(op: Op) -> int:
    """The cell state's scale is 2^power."""
    return round(log2(op.attrs["variables"][1].s))


def bounds(op: Op) -> tuple[int, int]:
    """The least and the most that a cell may hold."""
    limit = np.float32(op.attrs["cell_clip"]) / op.attrs["variables"][1].scale[0]
    most = int(min(limit, 32767.0))
    return (-most, most) if limit > 0 else (-32768, 32767)
