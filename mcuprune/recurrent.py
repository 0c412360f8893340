"""Recurrent layers on their way into TensorFlow's converter.

The converter makes one operator of an LSTM only where the layer comes from Keras 2, lives on as tf_keras, for a batch
of one; any other loop crashes it when it quantizes.  So a model with recurrent layers is rebuilt in tf_keras, layer by
layer, with the same weights, and what is not an LSTM is unrolled (mcuprune.unrolled).  What comes out on the other side
is put right by mcuprune.converted.
"""

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np

from mcuprune.errors import UnsupportedModel

if TYPE_CHECKING:
    import keras

CELLS = ("LSTM",)
UNROLLED = ("GRU", "SimpleRNN")
LOOPS = ("RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
ACTIVATIONS = ("tanh", "sigmoid", "relu")  # of what is unrolled
FUSED = {"activation": "tanh", "recurrent_activation": "sigmoid"}  # what TFLite's LSTM computes
SOURCE = "input"  # the name of a rebuilt model's own input
INFERENCE = {"dropout": 0.0, "recurrent_dropout": 0.0, "stateful": False, "go_backwards": False, "use_bias": True}


def check(model: "keras.Model") -> bool:
    """Whether the model has recurrent layers.  Those that the converter would crash on are refused."""
    found = [layer for layer in _leaves(model).values() if _kind(layer) in CELLS + UNROLLED + LOOPS]
    for layer in found:
        _check(layer)
        if _kind(layer) in UNROLLED:
            _check_unrolled(layer, model)
    if found:
        for layer in _leaves(model).values():
            if _kind(layer) == "Masking" or (_kind(layer) == "Embedding" and layer.mask_zero):
                raise UnsupportedModel(
                    f"layer {layer.name} masks time steps ({_kind(layer)}), which int8 layers cannot skip; "
                    "pad in front and train without the mask"
                )
    return bool(found)


def stateful(model: "keras.Model") -> bool:
    """Whether an LSTM goes on where the batch before has ended."""
    return any(getattr(layer, "stateful", False) for layer in lstms(model).values())


def lstms(model: "keras.Model") -> "dict[str, keras.layers.Layer]":
    """The LSTM layers by their names, those inside of models and wrappers among them."""
    return {name: layer for name, layer in _leaves(model).items() if _kind(layer) in CELLS}


def _check(layer: "keras.layers.Layer") -> None:
    kind, config = _kind(layer), layer.get_config()
    if kind in LOOPS:
        raise UnsupportedModel(
            f"layer {layer.name} is recurrent ({kind}), and TensorFlow's converter has no int8 form of it; "
            "use LSTM, GRU or SimpleRNN, or Conv1D over a window of the input"
        )
    for option, fused in FUSED.items() if kind in CELLS else ():
        if config[option] != fused:
            raise UnsupportedModel(
                f"layer {layer.name} is an LSTM with {option}={config[option]!r}; TFLite's int8 LSTM computes "
                f"{fused} there and nothing else, so train it with {option}={fused!r}"
            )
    if config["return_state"]:
        raise UnsupportedModel(
            f"layer {layer.name} returns its state, which in int8 it keeps to itself; "
            f"repeat its output (RepeatVector) as the input of the {kind} that was to begin with the state"
        )


def _check_unrolled(layer: "keras.layers.Layer", model: "keras.Model") -> None:
    kind, config = _kind(layer), layer.get_config()
    for option in ("activation", "recurrent_activation"):
        if config.get(option, "tanh") not in ACTIVATIONS:
            raise UnsupportedModel(
                f"layer {layer.name} is a {kind} with {option}={config[option]!r}, of which TFLite has no int8 form; "
                f"train it with one of {', '.join(ACTIVATIONS)}"
            )
    if config["stateful"]:
        raise UnsupportedModel(
            f"layer {layer.name} is a {kind} that goes on where the batch before has ended (stateful=True), which "
            "LSTM alone can; use LSTM, or give it whole sequences"
        )
    if None in model.input_shape[1:]:
        raise UnsupportedModel(
            f"layer {layer.name} is a {kind}, whose steps must be known: the input of {model.name} has shape "
            f"{model.input_shape}; give keras.Input the length of the sequences"
        )


def rebuild(model: "keras.Model", dtype: str = "float32"):
    """The tf_keras model of a batch of one that computes what a Keras 3 model does.  dtype: of its input.

    Its first input is the model's, the others are what unrolled layers begin with: as constants the converter would
    fold them into the first step, which then is not like the others.
    """
    import tf_keras

    source = tf_keras.Input(model.input_shape[1:], batch_size=1, name=SOURCE, dtype=dtype)
    result = _apply(model, source)
    starts = [tensor for tensor in tf_keras.utils.get_source_inputs(result) if tensor is not source]
    return tf_keras.Model([source, *starts], result, name=model.name)


def starts(model, count: int = 1) -> dict[str, np.ndarray]:
    """What the layers of a rebuilt model begin with, for so many samples, by the names of these inputs."""
    ends = zip(model.input_names[1:], model.inputs[1:], strict=True)
    return {name: np.zeros((count, *tensor.shape[1:]), np.float32) for name, tensor in ends}


def settle(model, x: np.ndarray) -> None:
    """Give the unrolled layers of a rebuilt model the ranges that they have on samples, float32 [n, ...]."""
    unrolled = [layer for layer in model.layers if hasattr(layer, "settled")]
    if unrolled:
        model({SOURCE: x} | starts(model, len(x)))
    for layer in unrolled:
        layer.settled = True


def _apply(model: "keras.Model", source):
    """What a Keras 3 model makes of a tf_keras tensor."""
    from keras import Model, Sequential

    functional = Model(model.inputs, model.outputs) if isinstance(model, Sequential) else model
    copies: dict[int, Any] = {}  # a layer that is used twice has one copy

    def copy(layer: "keras.layers.Layer"):
        if isinstance(layer, Model):
            return lambda x, **_: _apply(layer, x)
        return copies.setdefault(id(layer), _copy(layer))

    outputs = functional._run_through_graph([source], operation_fn=copy)
    return outputs[0] if isinstance(outputs, list | tuple) else outputs


def _copy(layer: "keras.layers.Layer") -> Callable:
    """A function of tf_keras tensors that computes what a layer of Keras 3 does.

    Reversed and repeated sequences become slices and concatenations, which every version of TFLite computes in int8.
    """
    kind, function = _kind(layer), COPIES.get(_kind(layer), _twin)
    if kind in UNROLLED:
        return _unrolled(layer)
    if kind in CELLS and layer.go_backwards:
        forwards = _twin(layer)
        return lambda x, **_: forwards(x[:, ::-1])
    return function(layer)


def _unrolled(layer: "keras.layers.Layer") -> Callable:
    import tf_keras

    from mcuprune.unrolled import Unrolled

    steps = Unrolled(layer)
    return lambda x, **_: steps(x, tf_keras.Input((steps.units,), batch_size=1, name=f"{layer.name}_start"))


def _bidirectional(layer: "keras.layers.Layer") -> Callable:
    import tf_keras

    forward, backward, mode = _copy(layer.forward_layer), _copy(layer.backward_layer), layer.merge_mode
    merges = {"concat": "concatenate", "sum": "add", "mul": "multiply", "ave": "average"}
    if mode not in merges:
        raise UnsupportedModel(f"layer {layer.name} has two results; give it a merge_mode such as 'concat'")

    def both(x, **_):
        back = backward(x)
        back = back[:, ::-1] if layer.return_sequences else back
        return getattr(tf_keras.layers, merges[mode])([forward(x), back])

    return both


def _repeat_vector(layer: "keras.layers.Layer") -> Callable:
    import tf_keras

    return lambda x, **_: tf_keras.layers.concatenate([x[:, None]] * layer.n, axis=1)


def _time_distributed(layer: "keras.layers.Layer") -> Callable:
    """Dense does the same at every step by itself."""
    if _kind(layer.layer) != "Dense":
        raise UnsupportedModel(
            f"layer {layer.name} applies {_kind(layer.layer)} to every step, which is possible with Dense alone; "
            "reshape the steps into rows of an image for other layers"
        )
    return _copy(layer.layer)


COPIES = {"Bidirectional": _bidirectional, "RepeatVector": _repeat_vector, "TimeDistributed": _time_distributed}


def _twin(layer: "keras.layers.Layer") -> Callable:
    """The same layer of tf_keras.  Options that only training knows are left out; weights come with the first call."""
    import tf_keras

    kind = _kind(layer)
    if not hasattr(tf_keras.layers, kind):
        raise UnsupportedModel(f"layer {layer.name} ({kind}) is unknown to tf_keras, which models with LSTM need")
    make = getattr(tf_keras.layers, kind)
    known = signature(make.__init__).parameters.keys() | {"name", "return_sequences"}
    options = {key: value for key, value in layer.get_config().items() if key in known and not isinstance(value, dict)}
    twin = make(**options | (INFERENCE if kind in CELLS else {}))

    def call(inputs, **_):
        built = twin.built
        result = twin(inputs)
        if not built:
            twin.set_weights(_weights(layer))
        return result

    return call


def _weights(layer: "keras.layers.Layer") -> list[np.ndarray]:
    """An LSTM without biases gets zeros: the converter crashes on one that has none."""
    weights = layer.get_weights()
    if _kind(layer) in CELLS and not layer.use_bias:
        weights.append(np.zeros(weights[0].shape[1], np.float32))
    return weights


def _leaves(model: "keras.Model") -> "dict[str, keras.layers.Layer]":
    """Every layer by its name, those inside of models and wrappers instead of the outer ones."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found |= _leaves(layer)
        elif _kind(layer) == "Bidirectional":
            found |= {f"{layer.name}_forward": layer.forward_layer, f"{layer.name}_backward": layer.backward_layer}
        else:
            found[layer.name] = layer.layer if _kind(layer) == "TimeDistributed" else layer
    return found


def _kind(layer: "keras.layers.Layer") -> str:
    return type(layer).__name__
