"""What each layer of Keras does with channels: which it makes, passes on or joins, and where its weights meet them."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from mcuprune.prune.network import Call
from mcuprune.prune.tracing import Labels, Trace

Rule = Callable[[Trace, Call], Labels | None]  # None: not known after all
BY_ELEMENT = {
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh"),
    *("leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink"),
    *("softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "swish", "tanh", "tanh_shrink"),
    "threshold",
}  # activations that look at one element


def visit(trace: Trace, call: Call) -> list[Labels]:
    """The labels of what a call makes."""
    ours = type(call.layer).__module__.startswith("keras.")
    rule = RULES.get(type(call.layer).__name__) if ours else None
    results = rule(trace, call) if rule and _last(call) else None
    if results is None:
        return trace.barrier(call)
    if getattr(getattr(call.layer, "activation", None), "__name__", "linear") not in BY_ELEMENT:
        trace.fix(results)
    return [results]


def _last(call: Call) -> bool:
    """Are channels the last axis, as they are unless somebody asks for another?"""
    return getattr(call.layer, "data_format", None) in (None, "channels_last") and len(call.shapes) == 1


def _places(shape: tuple[int | None, ...]) -> int:
    return prod(n or 1 for n in shape[1:-1])


def _passed(trace: Trace, call: Call) -> Labels | None:
    """Each channel on its own."""
    return call.inputs[0] if len(call.inputs) == 1 else None


def _softmax(trace: Trace, call: Call) -> Labels:
    trace.fix(call.inputs[0])
    return call.inputs[0]


def _merged(trace: Trace, call: Call) -> Labels | None:
    """Element by element; an input of one channel is spread over those of the others."""
    if len(call.inputs) < 2 or None in call.kwargs.values():
        return None
    count = max(map(len, call.inputs))
    labels = trace.fresh(count)
    for other in call.inputs:
        if len(other) == count:
            trace.unite(labels, other)
        else:
            trace.fix(other)
    return labels


def _concatenated(trace: Trace, call: Call) -> Labels | None:
    axis = call.layer.axis % len(call.shapes[0])
    return np.concatenate(call.inputs) if axis == len(call.shapes[0]) - 1 else _merged(trace, call)


def _flattened(trace: Trace, call: Call) -> Labels | None:
    return None if None in call.shapes_in[0][1:] else np.tile(call.inputs[0], _places(call.shapes_in[0]))


def _reshaped(trace: Trace, call: Call) -> Labels | None:
    """As long as every position has the same channels afterwards."""
    if None in (*call.shapes_in[0][1:], *call.shapes[0][1:]) or len(call.shapes[0]) < 2:
        return None
    elements = np.tile(call.inputs[0], _places(call.shapes_in[0])).reshape(-1, call.shapes[0][-1] or 1)
    if (elements != elements[0]).any():
        return None
    trace.size(call, target_shape=elements[0])
    return elements[0]


def _permuted(trace: Trace, call: Call) -> Labels | None:
    return call.inputs[0] if call.layer.dims[-1] == len(call.layer.dims) else None


def _normalised(trace: Trace, call: Call) -> Labels | None:
    """Batch norm."""
    axis = call.layer.axis if isinstance(call.layer.axis, int) else call.layer.axis[0]
    if axis not in (-1, len(call.shapes[0]) - 1):
        return None
    labels = call.inputs[0]
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        trace.weigh(call, name, {0: labels})
    return labels


def _prelu(trace: Trace, call: Call) -> Labels:
    labels, alpha = call.inputs[0], call.layer.alpha
    if alpha.shape[-1] == len(labels):
        trace.weigh(call, "alpha", {len(alpha.shape) - 1: labels})
    return labels


def _dense(trace: Trace, call: Call) -> Labels:
    made = trace.make(call, call.layer.units)
    places = _places(call.shapes[0])
    trace.weigh(call, "kernel", {0: call.inputs[0], 1: made}, places, reads=0, makes=1)
    trace.weigh(call, "bias", {0: made})
    trace.size(call, units=made)
    return made


def _convolved(trace: Trace, call: Call) -> Labels | None:
    layer, labels, places = call.layer, call.inputs[0], _places(call.shapes[0])
    rank, groups, filters = len(layer.kernel.shape), layer.groups, layer.filters
    if groups == 1:
        made = trace.make(call, filters)
        axes = {rank - 2: labels, rank - 1: made}
        trace.size(call, filters=made)
    elif groups == len(labels):  # depthwise by another name
        made = np.repeat(labels, filters // groups)
        trace.weigh(call, "kernel", {rank - 1: made}, places)
        trace.weigh(call, "bias", {0: made})
        trace.size(call, filters=made, groups=labels)
        return made
    else:  # every group loses the same of its channels
        blocks = labels.reshape(groups, -1)
        for block in blocks[1:]:
            trace.unite(blocks[0], block)
        made = np.tile(trace.make(call, filters // groups), groups)
        axes = {rank - 2: blocks[0], rank - 1: made}
        trace.size(call, filters=made)
    trace.weigh(call, "kernel", axes, places, reads=rank - 2, makes=rank - 1)
    trace.weigh(call, "bias", {0: made})
    return made


def _transposed(trace: Trace, call: Call) -> Labels:
    rank, made = len(call.layer.kernel.shape), trace.make(call, call.layer.filters)
    places = _places(call.shapes_in[0])
    trace.weigh(call, "kernel", {rank - 1: call.inputs[0], rank - 2: made}, places, reads=rank - 1, makes=rank - 2)
    trace.weigh(call, "bias", {0: made})
    trace.size(call, filters=made)
    return made


def _depthwise(trace: Trace, call: Call) -> Labels:
    labels, rank = call.inputs[0], len(call.layer.kernel.shape)
    made = np.repeat(labels, call.layer.depth_multiplier)
    trace.weigh(call, "kernel", {rank - 2: labels}, _places(call.shapes[0]))
    trace.weigh(call, "bias", {0: made})
    return made


def _separable(trace: Trace, call: Call) -> Labels:
    labels, layer, places = call.inputs[0], call.layer, _places(call.shapes[0])
    rank, made = len(layer.pointwise_kernel.shape), trace.make(call, layer.filters)
    between = np.repeat(labels, layer.depth_multiplier)
    trace.weigh(call, "depthwise_kernel", {rank - 2: labels}, places)
    trace.weigh(call, "pointwise_kernel", {rank - 2: between, rank - 1: made}, places, reads=rank - 2, makes=rank - 1)
    trace.weigh(call, "bias", {0: made})
    trace.size(call, filters=made)
    return made


def _embedded(trace: Trace, call: Call) -> Labels | None:
    if getattr(call.layer, "lora_enabled", False):
        return None
    made = trace.make(call, call.layer.output_dim)
    trace.weigh(call, "embeddings", {1: made}, makes=1)
    trace.size(call, output_dim=made)
    return made


def _recurrent(gates: int) -> Rule:
    def rule(trace: Trace, call: Call) -> Labels | None:
        if len(call.inputs) != 1 or call.layer.stateful:
            return None
        made, steps = trace.make(call, call.layer.units), call.shapes_in[0][1] or 1
        every = np.tile(made, gates)
        trace.weigh(call, "cell.kernel", {0: call.inputs[0], 1: every}, steps, reads=0, makes=1)
        trace.weigh(call, "cell.recurrent_kernel", {0: made, 1: every}, steps, reads=0, makes=1)
        if call.layer.use_bias:
            trace.weigh(call, "cell.bias", {len(call.layer.cell.bias.shape) - 1: every})
        trace.size(call, units=made)
        return made

    return rule


def _table(*rows: tuple[Rule, str]) -> dict[str, Rule]:
    return {name: rule for rule, names in rows for name in names.split()}


def _ranks(name: str, ranks: str = "123") -> str:
    return " ".join(f"{name}{rank}D" for rank in ranks)


RULES: dict[str, Any] = _table(
    (_passed, "Activation ReLU LeakyReLU ELU Identity ActivityRegularization RepeatVector"),
    (_passed, "Dropout AlphaDropout GaussianDropout GaussianNoise " + _ranks("SpatialDropout")),
    (_passed, " ".join(_ranks(f"{kind}Pooling") for kind in ("Max", "Average", "GlobalMax", "GlobalAverage"))),
    (_passed, " ".join(map(_ranks, ("ZeroPadding", "Cropping", "UpSampling")))),
    (_softmax, "Softmax"),
    (_merged, "Add Subtract Multiply Average Maximum Minimum"),
    (_concatenated, "Concatenate"),
    (_flattened, "Flatten"),
    (_reshaped, "Reshape"),
    (_permuted, "Permute"),
    (_normalised, "BatchNormalization"),
    (_prelu, "PReLU"),
    (_dense, "Dense"),
    (_convolved, _ranks("Conv")),
    (_transposed, " ".join(f"Conv{rank}DTranspose" for rank in "123")),
    (_depthwise, _ranks("DepthwiseConv", "12")),
    (_separable, _ranks("SeparableConv", "12")),
    (_embedded, "Embedding"),
    (_recurrent(4), "LSTM"),
    (_recurrent(3), "GRU"),
    (_recurrent(1), "SimpleRNN"),
)
