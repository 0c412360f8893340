"""Surgery: models rebuilt without some of their channels or layers.

What comes out is an ordinary, dense, smaller functional model, nested models opened, that computes what the large one
would if nobody read the channels that are gone.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mcuprune.prune.backend import keras
from mcuprune.prune.channels import Channels
from mcuprune.prune.network import Call, run


def compact(model: keras.Model, channels: Channels, keep: np.ndarray) -> keras.Model:
    """The model without the channels that are not kept.  keep: bool by channel, true where they are fixed."""
    assert keep[channels.fixed].all()
    options = {
        layer: {option: int(keep[labels].sum()) for option, labels in counted.items()}
        for layer, counted in channels.sizes.items()
    }
    values = {id(weight.variable): weight.kept(keep) for weight in channels.weights}
    return _rebuilt(model, options, values, {})


def without(model: keras.Model, bridges: Mapping[str, int]) -> keras.Model:
    """The model without the layers that are named.  bridges: layer -> which of its inputs takes its output's place."""
    return _rebuilt(model, {}, {}, bridges)


def _rebuilt(
    model: keras.Model,
    options: Mapping[str, Mapping[str, int]],
    values: Mapping[int, np.ndarray],
    bridges: Mapping[str, int],
) -> keras.Model:
    """Layers with other options, and variables (by id) with other values than those of the model."""
    layers: dict[int, tuple[keras.Layer, keras.Layer]] = {}  # (the model's, the new one)

    def visit(call: Call) -> list:
        if call.name in bridges:
            return [call.inputs[bridges[call.name]]]
        if not isinstance(call.layer, keras.Layer):
            return call.again(call.layer)
        if id(call.layer) not in layers:
            config = call.layer.get_config() | {"name": call.name.replace("/", "_")}
            fresh = type(call.layer).from_config(_changed(config, options.get(call.name, {})))
            layers[id(call.layer)] = call.layer, fresh
        return call.again(layers[id(call.layer)][1])

    inputs = [keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name) for tensor in model.inputs]
    outputs = run(model, inputs, visit)
    rebuilt = keras.Model(inputs[0], outputs[0], name=model.name)
    for layer, fresh in layers.values():
        fresh.set_weights([values.get(id(variable), variable.numpy()) for variable in layer.weights])
    return rebuilt


def _changed(config: dict[str, Any], counts: Mapping[str, int]) -> dict[str, Any]:
    """A layer's configuration with other counts of channels; the last number of a shape is such a count."""
    return config | {
        key: (*config[key][:-1], count) if isinstance(config[key], list | tuple) else count
        for key, count in counts.items()
    }
