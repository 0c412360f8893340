"""Quantization-aware fine-tuning: the last epochs see weights and activations as int8 will.

Three parts (Jacob et al. 2018, arXiv 1712.05877).  Batch norm is folded into the layers before it, as the converter
does, and a `Range` stands wherever TFLite has a tensor with a range of its own.  The optimizer keeps the real weights
behind rounded ones (adam.MaskedAdam), so that gradients are those of the rounded network.  At the end the weights are
rounded already: the converter's own rounding finds the same integers, and it takes the ranges as they stand.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mcuprune.errors import UnsupportedModel
from mcuprune.prune import recipe, surgery
from mcuprune.prune.backend import keras, tf
from mcuprune.prune.network import Call, run
from mcuprune.prune.task import Pruned, Task
from mcuprune.prune.train import fit

SLOWER = 100  # times, than training from scratch: with batch norm folded, larger steps do harm
EPOCHS = 2
SAMPLES = 400  # that ranges are taken from
ENOUGH = 100_000  # values of a tensor to fit its range to
SHARES = np.linspace(1, 0.4, 31)  # of the range from the least to the largest value
INPUT = "input"  # name of the network's input
Ranged = Callable[[str, Any], Any]  # (name, tensor) -> the tensor that stands for it

L = keras.layers
WEIGHTED = (L.Conv1D, L.Conv2D, L.DepthwiseConv2D, L.Dense)
SUMS = (L.Add, L.Subtract, L.Multiply)  # which TFLite joins with a ReLU that follows, as it does WEIGHTED
OTHERS = (L.Concatenate, L.GlobalAveragePooling1D, L.GlobalAveragePooling2D, L.LeakyReLU)
SAME_RANGE = (
    *(L.Flatten, L.Reshape, L.Permute, L.Dropout, L.SpatialDropout1D, L.SpatialDropout2D, L.ZeroPadding1D),
    *(L.ZeroPadding2D, L.MaxPooling1D, L.MaxPooling2D, L.AveragePooling1D, L.AveragePooling2D),
)
CLAMPS, FIXED_RANGE = ("relu", "relu6"), ("softmax", "sigmoid", "tanh")


@keras.saving.register_keras_serializable("mcuprune")
class Range(keras.layers.Layer):
    """Values as int8 holds them: rounded to one of 256 steps from low to high."""

    def __init__(self, low: float, high: float, **options: Any) -> None:
        super().__init__(**options)
        self.low, self.high = low, high

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.quantization.fake_quant_with_min_max_args(x, self.low, self.high)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"low": self.low, "high": self.high}


def fine_tuned(model: keras.Model, task: Task) -> Pruned:
    """The model with ranges, trained on; what is zero stays zero.  UnsupportedModel names a layer that has no place."""
    data, _ = task.trained()
    chosen = np.random.default_rng(task.seed).choice(len(data.x_train), min(SAMPLES, len(data.x_train)), replace=False)
    aware = with_ranges(model, data.x_train[np.sort(chosen)])
    plan = recipe.chosen(aware, task)
    epochs = min(EPOCHS, plan.epochs)
    plan = replace(plan, rate=plan.rate / SLOWER, epochs=epochs, rounded=True, phase="training for int8")
    return fit(aware, task, plan)


def plain(model: keras.Model) -> keras.Model:
    """A model without its ranges, an ordinary one."""
    return surgery.without(model, {layer.name: 0 for layer in model.layers if isinstance(layer, Range)})


def with_ranges(model: keras.Model, x: np.ndarray) -> keras.Model:
    """The model, batch norm folded, with the ranges of its activations on x."""
    graph, tensors = _Graph(model), {}

    def noted(name: str, tensor: keras.KerasTensor) -> keras.KerasTensor:
        tensors[name] = tensor
        return tensor

    source = graph.build(noted).inputs[0]
    seen = keras.Model(source, list(tensors.values())).predict_on_batch(x)
    ranges = {name: fitted_range(values) for name, values in zip(tensors, seen, strict=True)}
    return graph.build(lambda name, tensor: Range(*ranges[name], name=f"{name}_range")(tensor))


def fitted_range(values: np.ndarray) -> tuple[float, float]:
    """The range in which int8 holds values with the least squared error; it must hold zero.

    A few large values are cut off where that makes the steps finer for all others.
    """
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    high = max(high, low + 1e-6)
    some = values.reshape(-1)[:: max(values.size // ENOUGH, 1)]

    def error(share: float) -> float:
        step = share * (high - low) / 255
        held = np.clip(np.round(some / step), round(share * low / step), round(share * high / step)) * step
        return float(np.square(some - held).mean())

    best = min(SHARES, key=error)
    return best * low, best * high


class _Graph:
    """The calls of a model, and what TFLite will make one operator of."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.calls: dict[str, Call] = {}
        self.readers: dict[str, list[Call]] = {INPUT: []}
        run(model, [INPUT], self._note)
        self.norms: dict[str, keras.layers.BatchNormalization] = {}  # name of a layer -> what is folded into it
        self.joined: set[str] = set()  # their output has no range of its own: the next layer belongs to them
        for call in self.calls.values():
            self._join(call)

    def _note(self, call: Call) -> list[str]:
        if call.name in self.calls:
            raise _no_place(call, "is used twice")
        self.calls[call.name], self.readers[call.name] = call, []
        for maker in call.inputs:
            self.readers[maker].append(call)
        return [call.name]

    def _join(self, call: Call) -> None:
        name = call.name
        if isinstance(call.layer, WEIGHTED) and _activation(call.layer) == "linear":
            norm = self._only_reader(name)
            if norm and isinstance(norm.layer, L.BatchNormalization):
                self.norms[name] = norm.layer
                self.joined.add(name)
                name = norm.name
        following = self._only_reader(name)
        summing = isinstance(call.layer, (*WEIGHTED, *SUMS)) and _activation(call.layer) == "linear"
        if summing and following and _is_activation(following.layer) and _activation(following.layer) in CLAMPS:
            self.joined.add(name)

    def _only_reader(self, name: str) -> Call | None:
        return self.readers[name][0] if len(self.readers[name]) == 1 else None

    def build(self, ranged: Ranged) -> keras.Model:
        shape, kind = self.model.inputs[0].shape, self.model.inputs[0].dtype
        source = keras.Input(batch_shape=shape, dtype=kind, name=INPUT)
        start = ranged(INPUT, source)

        def visit(call: Call) -> list:
            """Values are tensors by now."""
            layer, name = call.layer, call.name
            if any(layer is norm for norm in self.norms.values()):
                tensor = call.inputs[0]
            elif isinstance(layer, WEIGHTED):
                tensor = self._weighted(call, ranged)
            elif isinstance(layer, (*SUMS, *OTHERS, *SAME_RANGE)) or _is_activation(layer):
                tensor = call.again(type(layer).from_config(layer.get_config()))[0]
            else:
                raise _no_place(call, "is not known there")
            same = isinstance(layer, SAME_RANGE) or name in self.joined or _activation(layer) in FIXED_RANGE
            return [tensor if same else ranged(name, tensor)]

        return keras.Model(source, run(self.model, [start], visit)[0], name=self.model.name)

    def _weighted(self, call: Call, ranged: Ranged) -> keras.KerasTensor:
        """A layer with the batch norm after it folded in; an activation that is an operator of its own comes after."""
        layer, activation = call.layer, _activation(call.layer)
        own = activation in FIXED_RANGE
        config = layer.get_config() | {"use_bias": True} | ({"activation": "linear"} if own else {})
        fresh = type(layer).from_config(config)
        tensor = call.again(fresh)[0]
        fresh.set_weights(_folded(layer, self.norms.get(call.name)))
        if own:
            tensor = L.Activation(activation, name=f"{call.name}_{activation}")(ranged(call.name, tensor))
        return tensor


def _folded(layer: keras.layers.Layer, norm: keras.layers.BatchNormalization | None) -> list[np.ndarray]:
    """Kernel and bias of a layer, scaled and shifted as the batch norm would."""
    kernel = layer.kernel.numpy()
    count = layer.output.shape[-1]
    bias = layer.bias.numpy() if layer.use_bias else np.zeros(count, np.float32)
    if norm is None:
        return [kernel, bias]
    scale = 1 / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
    scale = scale * norm.gamma.numpy() if norm.scale else scale
    shift = norm.beta.numpy() if norm.center else 0.0
    by_output = scale.reshape(kernel.shape[-2:]) if isinstance(layer, L.DepthwiseConv2D) else scale
    return [kernel * by_output, (bias - norm.moving_mean.numpy()) * scale + shift]


def _is_activation(layer: keras.Operation) -> bool:
    return isinstance(layer, L.Activation | L.ReLU | L.Softmax)


def _activation(layer: keras.Operation) -> str:
    """'linear' for those that have none."""
    if isinstance(layer, L.Softmax):
        return "softmax"
    if isinstance(layer, L.ReLU):
        return "relu6" if layer.max_value == 6 else "relu"
    return getattr(getattr(layer, "activation", None), "__name__", "linear")


def _no_place(call: Call, why: str) -> UnsupportedModel:
    kind = type(call.layer).__name__
    return UnsupportedModel(f"layer {call.name} ({kind}) has no place in quantization-aware training: it {why}")
