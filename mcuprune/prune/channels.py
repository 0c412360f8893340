"""Which channels of a model belong together: remove one, and all that shares it becomes smaller by one.

Every index of the last axis of every tensor has a label, the number of its channel.  A convolution makes new ones; what
works on each channel alone passes them on; a sum makes the labels of its inputs one, so that a whole residual stream
has the channels of one layer; a concatenation puts them side by side; flattening an image repeats them.  Each axis of a
weight is then described by the labels of what it reads or makes, and to remove a channel is to delete indices.  (The
dependency graph of Fang et al. 2023, arXiv 2301.12900, per channel instead of per layer.)

Channels of the network's input and output are fixed, and so are those that a layer meets whose way with channels is
not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from mcuprune.prune.backend import keras
from mcuprune.prune.network import Call, run

Labels = np.ndarray  # int [channels of a tensor]


@dataclass(frozen=True, eq=False)
class Weight:
    """A variable of a layer, and the channels along its axes; other axes stay whole."""

    layer: str
    variable: keras.Variable
    axes: dict[int, Labels]
    reads: int | None = None  # the axis that meets channels of the input
    makes: int | None = None  # the axis along which channels are made
    places: int = 0  # how often it is multiplied in one inference

    def size(self, keep: np.ndarray) -> int:
        """Elements that stay.  keep: bool by channel."""
        return prod(keep[self.axes[i]].sum() if i in self.axes else n for i, n in enumerate(self.variable.shape))

    def kept(self, keep: np.ndarray) -> np.ndarray:
        """The values that stay."""
        values = self.variable.numpy()
        for axis, labels in self.axes.items():
            values = np.compress(keep[labels], values, axis)
        return values


@dataclass(frozen=True, eq=False)
class Channels:
    """The channels of a model, numbered."""

    fixed: np.ndarray  # bool by channel: may not go
    group: np.ndarray  # int by channel: alike where the same layers make them
    weights: list[Weight]
    sizes: dict[str, dict[str, Labels]]  # layer -> option of its constructor -> the channels that it counts
    barriers: dict[str, str]  # layers that are not known, and hold channels: name -> type
    parameters: int

    def count(self, keep: np.ndarray) -> int:
        """Parameters of the model without the channels that are not kept."""
        return self.parameters - sum(prod(w.variable.shape) - w.size(keep) for w in self.weights)

    def macs(self, keep: np.ndarray) -> int:
        """Multiply-accumulates of one inference."""
        return sum(w.places * w.size(keep) for w in self.weights)

    def members(self, group: int) -> np.ndarray:
        return np.flatnonzero(self.group == group)

    def makers(self, group: int) -> list[Weight]:
        """The weights that make the channels of a group."""
        return [w for w in self.weights if w.makes is not None and (self.group[w.axes[w.makes]] == group).any()]


def trace(model: keras.Model) -> Channels:
    """The channels of a model."""
    found = _Trace()
    outputs = run(model, [found.fresh(tensor.shape[-1], fixed=True) for tensor in model.inputs], found.visit)
    for labels in outputs:
        found.fix(labels)
    roots = np.array([found.root(label) for label in range(len(found.parent))])
    numbers, number = np.unique(roots, return_inverse=True)  # of the channel of each label
    fixed = np.zeros(len(numbers), bool)
    np.logical_or.at(fixed, number, found.fixed)
    weights = [
        replace(w, axes={axis: number[labels] for axis, labels in w.axes.items()}) for w in found.weights.values()
    ]
    sizes = {name: {key: number[labels] for key, labels in options.items()} for name, options in found.sizes.items()}
    return Channels(fixed, _groups(len(fixed), weights), weights, sizes, found.barriers, model.count_params())


def _groups(channels: int, weights: list[Weight]) -> np.ndarray:
    """Number the channels by the set of the layers that make them."""
    makers: list[list[str]] = [[] for _ in range(channels)]
    for weight in weights:
        if weight.makes is not None:
            for channel in np.unique(weight.axes[weight.makes]):
                makers[channel].append(weight.layer)
    numbers: dict[tuple[str, ...], int] = {}
    return np.array([numbers.setdefault(tuple(names), len(numbers)) for names in makers])


@dataclass(eq=False)
class _Trace:
    """Labels while the graph is walked: sets that grow together (union-find)."""

    parent: list[int] = field(default_factory=list)
    fixed: list[bool] = field(default_factory=list)
    weights: dict[int, Weight] = field(default_factory=dict)  # by id of the variable
    sizes: dict[str, dict[str, Labels]] = field(default_factory=dict)
    made: dict[int, Labels] = field(default_factory=dict)  # by id of the layer
    barriers: dict[str, str] = field(default_factory=dict)

    def fresh(self, count: int | None, fixed: bool = False) -> Labels:
        start, count = len(self.parent), count or 1
        self.parent += range(start, start + count)
        self.fixed += [fixed] * count
        return np.arange(start, start + count)

    def root(self, label: int) -> int:
        while self.parent[label] != label:
            self.parent[label] = self.parent[self.parent[label]]
            label = self.parent[label]
        return label

    def unite(self, a: Labels, b: Labels) -> None:
        for one, other in zip(a, b, strict=True):
            self.parent[self.root(int(one))] = self.root(int(other))

    def fix(self, labels: Labels) -> None:
        for label in labels:
            self.fixed[label] = True

    def make(self, call: Call, count: int, fixed: bool = False) -> Labels:
        """The channels that a layer makes: the same at every use of it."""
        if id(call.layer) not in self.made:
            self.made[id(call.layer)] = self.fresh(count, fixed)
        return self.made[id(call.layer)]

    def weigh(self, call: Call, name: str, axes: dict[int, Labels], places: int = 0, **roles: int) -> None:
        """Describe a variable that the layer may have; at further uses its channels become those of the first."""
        variable = call.layer
        for part in name.split("."):
            variable = getattr(variable, part, None)
        if variable is None:
            return
        known = self.weights.setdefault(id(variable), Weight(call.name, variable, axes, **roles))
        for axis, labels in axes.items():
            self.unite(known.axes[axis], labels)
        self.weights[id(variable)] = replace(known, places=known.places + places)

    def size(self, call: Call, **options: Labels) -> None:
        self.sizes.setdefault(call.name, options)

    def visit(self, call: Call) -> list[Labels]:
        ours = type(call.layer).__module__.startswith("keras.")
        rule = RULES.get(type(call.layer).__name__) if ours else None
        results = rule(self, call) if rule and _last(call) else None
        if results is None:
            return self.barrier(call)
        if getattr(getattr(call.layer, "activation", None), "__name__", "linear") not in BY_ELEMENT:
            self.fix(results)
        return [results]

    def barrier(self, call: Call) -> list[Labels]:
        """Nothing is known: all that goes in and comes out stays whole."""
        for labels in call.inputs:
            if not all(self.fixed[label] for label in labels):
                self.barriers[call.name] = type(call.layer).__name__
            self.fix(labels)
        return [self.fresh(shape[-1] if len(shape) > 1 else 1, fixed=True) for shape in call.shapes]


Rule = Callable[[_Trace, Call], Labels | None]  # None: not known after all
BY_ELEMENT = {
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh"),
    *("leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink"),
    *("softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "swish", "tanh", "tanh_shrink"),
    "threshold",
}  # activations that look at one element


def _last(call: Call) -> bool:
    """Are channels the last axis, as they are unless somebody asks for another?"""
    return getattr(call.layer, "data_format", None) in (None, "channels_last") and len(call.shapes) == 1


def _places(shape: tuple[int | None, ...]) -> int:
    return prod(n or 1 for n in shape[1:-1])


def _passed(trace: _Trace, call: Call) -> Labels | None:
    """Each channel on its own."""
    return call.inputs[0] if len(call.inputs) == 1 else None


def _softmax(trace: _Trace, call: Call) -> Labels:
    trace.fix(call.inputs[0])
    return call.inputs[0]


def _merged(trace: _Trace, call: Call) -> Labels | None:
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


def _concatenated(trace: _Trace, call: Call) -> Labels | None:
    axis = call.layer.axis % len(call.shapes[0])
    return np.concatenate(call.inputs) if axis == len(call.shapes[0]) - 1 else _merged(trace, call)


def _flattened(trace: _Trace, call: Call) -> Labels | None:
    return None if None in call.shapes_in[0][1:] else np.tile(call.inputs[0], _places(call.shapes_in[0]))


def _reshaped(trace: _Trace, call: Call) -> Labels | None:
    """As long as every position has the same channels afterwards."""
    if None in (*call.shapes_in[0][1:], *call.shapes[0][1:]) or len(call.shapes[0]) < 2:
        return None
    elements = np.tile(call.inputs[0], _places(call.shapes_in[0])).reshape(-1, call.shapes[0][-1] or 1)
    if (elements != elements[0]).any():
        return None
    trace.size(call, target_shape=elements[0])
    return elements[0]


def _permuted(trace: _Trace, call: Call) -> Labels | None:
    return call.inputs[0] if call.layer.dims[-1] == len(call.layer.dims) else None


def _normalised(trace: _Trace, call: Call) -> Labels | None:
    """Batch norm."""
    axis = call.layer.axis if isinstance(call.layer.axis, int) else call.layer.axis[0]
    if axis not in (-1, len(call.shapes[0]) - 1):
        return None
    labels = call.inputs[0]
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        trace.weigh(call, name, {0: labels})
    return labels


def _prelu(trace: _Trace, call: Call) -> Labels:
    labels, alpha = call.inputs[0], call.layer.alpha
    if alpha.shape[-1] == len(labels):
        trace.weigh(call, "alpha", {len(alpha.shape) - 1: labels})
    return labels


def _dense(trace: _Trace, call: Call) -> Labels:
    made = trace.make(call, call.layer.units)
    places = _places(call.shapes[0])
    trace.weigh(call, "kernel", {0: call.inputs[0], 1: made}, places, reads=0, makes=1)
    trace.weigh(call, "bias", {0: made})
    trace.size(call, units=made)
    return made


def _convolved(trace: _Trace, call: Call) -> Labels | None:
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


def _transposed(trace: _Trace, call: Call) -> Labels:
    rank, made = len(call.layer.kernel.shape), trace.make(call, call.layer.filters)
    places = _places(call.shapes_in[0])
    trace.weigh(call, "kernel", {rank - 1: call.inputs[0], rank - 2: made}, places, reads=rank - 1, makes=rank - 2)
    trace.weigh(call, "bias", {0: made})
    trace.size(call, filters=made)
    return made


def _depthwise(trace: _Trace, call: Call) -> Labels:
    labels, rank = call.inputs[0], len(call.layer.kernel.shape)
    made = np.repeat(labels, call.layer.depth_multiplier)
    trace.weigh(call, "kernel", {rank - 2: labels}, _places(call.shapes[0]))
    trace.weigh(call, "bias", {0: made})
    return made


def _separable(trace: _Trace, call: Call) -> Labels:
    labels, layer, places = call.inputs[0], call.layer, _places(call.shapes[0])
    rank, made = len(layer.pointwise_kernel.shape), trace.make(call, layer.filters)
    between = np.repeat(labels, layer.depth_multiplier)
    trace.weigh(call, "depthwise_kernel", {rank - 2: labels}, places)
    trace.weigh(call, "pointwise_kernel", {rank - 2: between, rank - 1: made}, places, reads=rank - 2, makes=rank - 1)
    trace.weigh(call, "bias", {0: made})
    trace.size(call, filters=made)
    return made


def _embedded(trace: _Trace, call: Call) -> Labels | None:
    if getattr(call.layer, "lora_enabled", False):
        return None
    made = trace.make(call, call.layer.output_dim)
    trace.weigh(call, "embeddings", {1: made}, makes=1)
    trace.size(call, output_dim=made)
    return made


def _recurrent(gates: int) -> Rule:
    def rule(trace: _Trace, call: Call) -> Labels | None:
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
