"""SVDF: a fully connected layer that looks back over time, in few weights.

With every inference each filter gives one number of its input; the last `memory` of them, times weights of their own,
are summed up, and those of `rank` filters make one output:

    state[filter]  = the last memory results of features[filter] . (input - zero point), int16
    output[unit]   = zero point + scale * (bias + sum over its filters of time[filter] . state[filter])

TFLite: svdf.h, EvalIntegerSVDF.  Its sums wrap at 32 bits, and so do these; its ReLU is the least int8 there is.  The
state lives on between inferences: without it there is nothing to look back on.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune import fixed
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Encoded, Field, Layer, State
from mcuprune.matrix import Matrix, check_weights
from mcuprune.operand import ACTIVATIONS, PORTABLE, check_shape, unsupported

CODE = "SVDF"
ABOUT = "int8 with a state of 16 bits, which lives on from one inference to the next until <model>_reset"
FEATURES, TIME, BIAS = 1, 2, 3  # operands


def read(options) -> dict:
    return {
        "rank": options.Rank(),
        "fused_activation_function": ACTIVATIONS[options.FusedActivationFunction()],
    }


def check(graph: Graph, op: Op) -> None:
    source, features, time = (graph.operand(op, i) for i in (0, FEATURES, TIME))
    target, rank = graph.results(op)[0], op.attrs["rank"]
    if op.attrs["fused_activation_function"] != "RELU":
        why = f"has activation {op.attrs['fused_activation_function']}, TFLite's integer kernel demands RELU"
        raise unsupported(op, why, "train with ReLU")
    if len(features.shape) != 2 or features.shape[1] != source.count or rank < 1 or features.shape[0] % rank:
        why = f"reads {list(source.shape)} with features of {list(features.shape)} and rank {rank}"
        raise unsupported(op, why, "convert the model with a batch size of 1")
    check_shape(graph, op, (1, features.shape[0] // rank))
    check_weights(op, 1, 0, features)
    if not time.constant or time.dtype != "int16" or time.shape[:-1] != features.shape[:1]:
        raise unsupported(op, f"has {time.dtype} {list(time.shape)} weights of time", "convert the model again")
    bias = _bias(graph, op)
    if len(op.attrs.get("variables", ())) != 1 or bias.shape != target.shape[1:] or bias.dtype != np.int32:
        raise unsupported(op, "lacks its state, or has another bias than one int32 for each output", "convert it again")
    if matrix(graph, op).bound.max(initial=0) >= 2**31:
        raise unsupported(op, "can overflow its 32-bit sums of features", "use fewer inputs")


def _bias(graph: Graph, op: Op) -> np.ndarray:
    bias = graph.operands(op)[BIAS]
    return bias.values if bias else np.zeros(graph.results(op)[0].count, np.int32)


def weights(graph: Graph, op: Op) -> np.ndarray:
    """int8 [filters, inputs]"""
    return graph.operand(op, FEATURES).values


def _multiplier(*scales: np.ndarray) -> tuple[int, int]:
    """From a product of the first two to the third, in float32 as TFLite."""
    a, b, to = (scale.astype(np.float32)[0] for scale in scales)
    return fixed.quantize_multiplier(float(a * b / to))


def matrix(graph: Graph, op: Op) -> Matrix:
    """The features: what they give is the newest of the state."""
    source, features = graph.operand(op, 0), graph.operand(op, FEATURES)
    values, (state,) = features.values, op.attrs["variables"]
    bias = -source.z * values.astype(np.int64).sum(axis=1)
    multiplier, shift = (np.full(len(values), n) for n in _multiplier(source.scale, features.scale, state.scale))
    return Matrix(values, bias, multiplier, shift, 0, -128, 127)  # no kernel reads these bounds


def _to_output(graph: Graph, op: Op) -> tuple[int, int]:
    (state,) = op.attrs["variables"]
    return _multiplier(state.scale, graph.operand(op, TIME).scale, graph.results(op)[0].scale)


def step(graph: Graph, op: Op, x: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x: int8 [n, inputs], state: int64 [n, filters, memory] -> outputs int8 [n, units] and the next state"""
    m, time, target = matrix(graph, op), graph.operand(op, TIME).values.astype(np.int64), graph.results(op)[0]
    sums = x.astype(np.int64) @ m.weights.T.astype(np.int64) + m.bias
    newest = np.clip(fixed.multiply_by_quantized_multiplier(sums, m.multiplier, m.shift), -(1 << 15), (1 << 15) - 1)
    state = np.concatenate([state[:, :, 1:], newest[:, :, None]], axis=2)
    sums = (state * time).sum(axis=2).reshape(len(x), target.count, -1).sum(axis=2) + _bias(graph, op)
    return fixed.requantize(fixed.wrap_int32(sums), *_to_output(graph, op), target.z), state


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ..., inputs] -> int8 [N, units], each sample the first of its sequence"""
    state = np.zeros((len(inputs[0]), *graph.operand(op, TIME).shape), np.int64)
    return [step(graph, op, inputs[0].reshape(len(inputs[0]), -1), state)[0]]


def lower(graph: Graph, op: Op, encoded: Encoded, isas: Sequence[str] = PORTABLE) -> Layer:
    m, time, target = matrix(graph, op), graph.operand(op, TIME), graph.results(op)[0]
    to_output, shift = _to_output(graph, op)
    fields: dict[str, Field] = {
        "matrix": m.fields(encoded),
        "time": Array("int16_t", time.values.reshape(-1), time.size),
        "bias": Array("int32_t", _bias(graph, op), 4 * target.count),
        "state": State(time.count, "int16_t", "mcup_svdf_reset"),
        "memory": time.shape[1],
        "rank": op.attrs["rank"],
        "multiplier": to_output,
        "shift": -shift,
        "zero_point": target.z,
    }
    work = m.work(encoded, 1) | {"unit": target.count, "past": time.count}
    work.pop("clamped")
    call = Call(f"mcup_svdf_{encoded.encoding}_s8", "mcup_svdf_t", fields, work=work)
    return Layer(
        op,
        (call,),
        macs=m.weights.size + time.count,
        nonzero_macs=int(np.count_nonzero(m.weights)) + time.count,
        encoded=encoded,
        summary=f"{m.weights.shape[1]} -> {target.count}, rank {op.attrs['rank']}, {time.shape[1]} inferences",
    )
