"""UNIDIRECTIONAL_SEQUENCE_LSTM, int8 with a cell state of 16 bits.

A step of `units` cells has four gates, each of a matrix for the step's input and one for the output of the step before:

    gate   = sat16(sat16(W x + b) + R h)          Q3; each product is scaled on its own, as each matrix has its scale
    cell   = sat16(forget * cell + input * tanh(candidate))
    output = output gate * tanh(cell)

TFLite: lstm_eval.cc, the integer version "8x8->16".  Logistic function and tanh: mcuprune/sigmoid.py.  Both matrices
have a row for every gate of every cell; the kernels want the gates of the logistic function first.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import inf, log2

import numpy as np

from mcuprune import fixed, gates, sigmoid
from mcuprune.encodings import ENCODINGS
from mcuprune.gates import BIASES, GATES, RECURRENT, WEIGHTS
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Encoded, Field, Function, Layer, Scratch, State
from mcuprune.matrix import Matrix
from mcuprune.operand import ACTIVATIONS, PORTABLE, check_shape, unsupported

CODE = "UNIDIRECTIONAL_SEQUENCE_LSTM"
ABOUT = (
    "int8 with 16-bit cells, from Keras' LSTM; its state begins anew with every inference, or with --stateful lives on"
)

PEEPHOLES, PROJECTION, NORMS = slice(9, 12), 16, slice(20, 24)  # operands that Keras does not have
COMPUTED, BY_TABLE = Function("mcup_lstm_cells_s8"), Function("mcup_lstm_cells_table_s8", size=14701)
FINISHES = (BY_TABLE, COMPUTED)  # what ends a step, the faster first
ROW_SIZE, UNROLLED = 12, 10  # bytes of a mcup_gate_row_t; pairs that kernels have no loop for
TOGETHER = 4  # steps, where kernels can


def read(options) -> dict:
    return {
        "fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()],
        "cell_clip": options.CellClip(),
        "proj_clip": options.ProjClip(),
        "time_major": bool(options.TimeMajor()),
    }


def check(graph: Graph, op: Op) -> None:
    absent = [i < 0 for i in op.inputs] + [True] * (24 - len(op.inputs))
    for what, operands in (("peepholes", absent[PEEPHOLES]), ("a projection", absent[PROJECTION : PROJECTION + 2]),
                           ("layer normalization", absent[NORMS])):  # fmt: skip
        if not all(operands):
            raise unsupported(op, f"has {what}", "use Keras' LSTM, which has none")
    if absent[WEIGHTS] or absent[RECURRENT]:
        raise unsupported(op, "couples its input gate with its forget gate", "use Keras' LSTM")
    if op.attrs["fused_activation_function"] != "TANH":
        raise unsupported(op, f"has activation {op.attrs['fused_activation_function']}", "use activation='tanh'")
    if len(op.attrs.get("variables", ())) != 2 or len(op.attrs.get("intermediates", ())) < 5:
        raise unsupported(op, "lacks its state or its intermediate scales", "convert the model again")
    source, units = graph.operand(op, 0), graph.operand(op, RECURRENT).shape[-1]
    if len(source.shape) != 3 or source.shape[int(op.attrs["time_major"])] != 1:
        raise unsupported(op, f"has an input of shape {source.shape}", "convert the model with a batch size of 1")
    check_shape(graph, op, (*source.shape[:2], units))
    shapes = {WEIGHTS: (units, source.shape[2]), RECURRENT: (units, units), BIASES: (units,)}
    for first, shape in shapes.items():
        for tensor in (graph.operand(op, first + gate) for gate in GATES):
            dtype = "int32" if first == BIASES else "int8"
            if not tensor.constant or tensor.shape != shape or tensor.dtype != dtype:
                raise unsupported(op, f"has {tensor.name}, not {dtype} constants of shape {shape}", "convert it again")
            if dtype == "int8" and (len(tensor.scale) != 1 or tensor.z != 0):
                raise unsupported(op, f"has {tensor.name} without one scale and zero point 0", "convert it again")
    output, cell = op.attrs["variables"]
    power = log2(cell.s)
    if abs(power - round(power)) > 1e-3 or not -15 <= round(power) <= -9:
        raise unsupported(op, f"has a cell state of scale {cell.s:.6g}, not 2^-15 to 2^-9", "convert the model again")
    if (output.s, output.z) != (graph.results(op)[0].s, graph.results(op)[0].z):
        raise unsupported(op, "has an output and an output state of different scales", "convert the model again")
    if max(int(m.bound.max()) for m in gates.matrices(graph, op)) >= 2**30:
        raise unsupported(op, "can overflow its 32-bit sums", "train with smaller biases")


def weights(graph: Graph, op: Op) -> np.ndarray:
    """int8 [4 * units, inputs + units]: of every gate the matrix of the input, beside it that of the output"""
    return np.concatenate([m.weights for m in gates.matrices(graph, op)], axis=1)


def blocks(graph: Graph, op: Op) -> Iterator[tuple[int, slice, slice]]:
    """(tensor, its rows, its columns) of the matrix that `weights` gives."""
    units, inputs = graph.operand(op, WEIGHTS).shape
    for place, gate in enumerate(GATES):
        rows = slice(place * units, (place + 1) * units)
        yield op.inputs[WEIGHTS + gate], rows, slice(0, inputs)
        yield op.inputs[RECURRENT + gate], rows, slice(inputs, inputs + units)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [n, steps, inputs] -> int8 [n, steps, units]"""
    source, target = graph.operand(op, 0), graph.results(op)[0]
    x = inputs[0].reshape(len(inputs[0]), -1, source.shape[2])
    units = target.shape[2]
    state = op.attrs["variables"][0]
    h, cell = np.full((len(x), units), state.z, np.int8), np.zeros((len(x), units), np.int64)
    answer = np.empty((*x.shape[:2], units), np.int8)
    for step in range(x.shape[1]):
        h, cell = _step(graph, op, x[:, step], h, cell)
        answer[:, step] = h
    return [answer.reshape(len(x), *target.shape[1:])]


def _step(graph: Graph, op: Op, x: np.ndarray, h: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x: int8 [n, inputs], h: int8 [n, units], cell: int64 [n, units] -> the next h and cell"""
    added = np.zeros((len(x), 4 * h.shape[1]), np.int64)
    for m, column in zip(gates.matrices(graph, op), (x, h), strict=True):
        sums = column.astype(np.int64) @ m.weights.T.astype(np.int64) + m.bias
        added = _saturated(added + fixed.multiply_by_quantized_multiplier(sums, m.multiplier, m.shift))
    power = gates.power(op)
    enter, forget, leave, candidate = np.split(added, 4, axis=1)
    enter, forget, leave = (sigmoid.apply(sigmoid.logistic(), g).astype(np.int64) for g in (enter, forget, leave))
    candidate = sigmoid.apply(sigmoid.tanh(3), candidate).astype(np.int64)
    kept = fixed.rounding_divide_by_pot(forget * cell, 15)
    cell = np.clip(kept + fixed.rounding_divide_by_pot(enter * candidate, 30 + power), *gates.bounds(op))
    multiplier, shift, zero_point = gates.hidden(op)
    product = leave * sigmoid.apply(sigmoid.tanh(15 + power), cell).astype(np.int64)
    scaled = fixed.multiply_by_quantized_multiplier(product, multiplier, shift)
    return np.clip(scaled + zero_point, -128, 127).astype(np.int8), cell


def _saturated(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -(1 << 15), (1 << 15) - 1)


def lower(
    graph: Graph,
    op: Op,
    encoded: Encoded,
    isas: Sequence[str] = PORTABLE,
    finish: Function = BY_TABLE,
    together: int | None = None,
) -> Layer | None:
    """None where one of the two matrices cannot be encoded, though both side by side could.

    finish: of FINISHES; together: steps whose inputs are multiplied at once, by default as many as kernels can
    """
    whole, encoding = gates.matrices(graph, op), ENCODINGS[encoded.encoding]
    weighty = [gates.weighty(m) for m in whole]
    both = [m.rows(places) for m, places in zip(whole, weighty, strict=True)]
    if any(encoding.size(m.weights) == inf for m in both):
        return None
    parts = [encoding.encode(m.weights) for m in both]
    steps = graph.operand(op, 0).count // both[0].weights.shape[1]
    together = together or _together(steps, encoded, isas)
    fields: dict[str, Field] = {
        "input": _fields(whole[0], weighty[0], parts[0]),
        "recurrent": _fields(whole[1], weighty[1], parts[1]),
        "cells": cells(graph, op, finish, together),
        "start": _start(gates.alone(whole[0], weighty[0])),
    }
    work: dict[str, float] = {"step": steps, **finish_work(op, finish, steps * both[1].weights.shape[1])}
    alone = steps if together == 1 else steps % together  # steps whose inputs are multiplied one by one
    batches = {f"{kind}_4": n for kind, n in both[0].work(parts[0], (steps - alone) // together).items()}
    for more in (both[0].work(parts[0], alone), both[1].work(parts[1], steps), batches if together > 1 else {}):
        for kind, amount in more.items():
            work[kind] = work.get(kind, 0) + amount
    work = {kind: amount for kind, amount in work.items() if "clamped" not in kind}
    call = Call(f"mcup_lstm_{encoded.encoding}_s8", "mcup_lstm_t", fields, work=work)
    return layer(graph, op, call, _joined(parts, [len(m.weights) for m in whole], weighty))


def _fields(m: Matrix, weighty: np.ndarray, encoded: Encoded) -> dict[str, Field]:
    """mcup_gate_matrix_t, of some rows; one's entry is its pairs, or where a loop of four is entered after UNROLLED."""
    units = len(m.weights) // 4
    pairs = encoded.row_bytes // (encoded.pair_bytes or inf)
    entry = np.where(pairs > UNROLLED, UNROLLED + 1 + (pairs - UNROLLED - 1) % 4, pairs)
    row_bytes = encoded.row_bytes if encoded.pair_bytes else np.zeros_like(encoded.row_bytes)
    table = np.stack([m.bias[weighty], weighty, row_bytes, entry.astype(np.int64), weighty // units], axis=1)
    return {
        "row": Array("mcup_gate_row_t", table, table.shape[0] * ROW_SIZE),
        "stream": m.stream(encoded),
        "inputs": m.weights.shape[1],
        "rows": tuple(int(n) for n in np.bincount(weighty // units, minlength=4)),
        "multiplier": tuple(int(n) for n in m.multiplier[::units]),
        "shift": tuple(int(-n) for n in m.shift[::units]),
    }


def _start(values: np.ndarray) -> Field:
    """What gates begin with, int64 [4 * units]; 0 is a null pointer."""
    return Array("int16_t", values, 2 * values.size) if values.any() else 0


def _together(steps: int, encoded: Encoded, isas: Sequence[str]) -> int:
    return TOGETHER if "dsp" in isas and encoded.pair_bytes and steps >= TOGETHER else 1


def frugal(graph: Graph, op: Op, encoded: Encoded, isas: Sequence[str]) -> list[Layer]:
    """Without the table, and one step after the other."""
    steps = graph.results(op)[0].count // graph.results(op)[0].shape[2]
    ways = product(FINISHES, sorted({_together(steps, encoded, isas), 1}, reverse=True))
    found = [lower(graph, op, encoded, isas, *way) for way in list(ways)[1:]]
    return [layer for layer in found if layer]


def finish_work(op: Op, finish: Function, units: int) -> dict[str, float]:
    """Of so many units.  The table knows no tanh of Q0 and Q1, which is computed."""
    work: dict[str, float] = {"unit" if finish == COMPUTED else "unit_by_table": units}
    return work | ({"tanh": units} if finish == BY_TABLE and 15 + gates.power(op) < 2 else {})


def layer(graph: Graph, op: Op, call: Call, encoded: Encoded) -> Layer:
    """An LSTM that one call computes."""
    matrix, source, target = weights(graph, op), graph.operand(op, 0), graph.results(op)[0]
    steps = target.count // target.shape[2]
    return Layer(
        op,
        (call,),
        macs=steps * matrix.size,
        nonzero_macs=steps * int(np.count_nonzero(matrix)),
        encoded=encoded,
        summary=f"{source.shape[2]} -> {target.shape[2]}, {steps} steps",
    )


def cells(graph: Graph, op: Op, finish: Function, together: int = 1, scratch: int = 0) -> dict[str, Field]:
    """mcup_lstm_cell_t.

    finish: of FINISHES; together: steps whose inputs are multiplied at once; scratch: bytes, where a kernel wants
    more than gates and state
    """
    target, power = graph.results(op)[0], gates.power(op)
    units = target.shape[2]
    multiplier, shift, zero_point = gates.hidden(op)
    least, most = gates.bounds(op)
    kept = op.attrs.get("stateful", False)
    return {
        "finish": finish,
        "gates": Scratch(max(scratch, (8 * together + (0 if kept else 3)) * units), "int16_t"),
        "state": State(-(-3 * units // 2), "int16_t", "mcup_lstm_reset") if kept else 0,
        "steps": target.count // units,
        "together": together,
        "units": units,
        "multiplier": multiplier,
        "shift": -shift,
        "zero_point": zero_point,
        "cell_shift": 30 + power,
        "integer_bits": 15 + power,
        "least": least,
        "most": most,
    }


def _joined(parts: Sequence[Encoded], rows: Sequence[int], weighty: Sequence[np.ndarray]) -> Encoded:
    """What a report says of two matrices side by side, of which these rows are stored."""
    first, second = parts
    row_bytes = np.zeros(rows[0], np.int64)
    for part, places in zip(parts, weighty, strict=True):
        row_bytes[places] += part.row_bytes
    return Encoded(
        first.encoding,
        (rows[0], first.shape[1] + second.shape[1]),
        np.concatenate([first.stream, second.stream]),
        row_bytes,
        first.weight_bytes + second.weight_bytes,
        first.index_bytes + second.index_bytes,
        first.pair_bytes,
    )
