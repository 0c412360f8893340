"""The weights of a Keras model that pruning may touch, by name, and as the int8 matrices they will become.

A kernel is named after its layer, with the layers around it in front: 'conv2d_3', 'encoder/dense', and
'lstm/recurrent_kernel' where a layer has two.
"""

from collections.abc import Iterator

import numpy as np

from mcuprune.prune.backend import keras
from mcuprune.prune.masks import Masks

# Attributes of a layer that hold prunable kernels.  Depthwise kernels stay dense: few weights, and each matters.
KERNELS: dict[type, tuple[str, ...]] = {
    keras.layers.Conv2D: ("kernel",),
    keras.layers.Conv1D: ("kernel",),
    keras.layers.Dense: ("kernel",),
    keras.layers.SeparableConv2D: ("pointwise_kernel",),
    keras.layers.SeparableConv1D: ("pointwise_kernel",),
    keras.layers.LSTM: ("cell.kernel", "cell.recurrent_kernel"),
    keras.layers.GRU: ("cell.kernel", "cell.recurrent_kernel"),
    keras.layers.SimpleRNN: ("cell.kernel", "cell.recurrent_kernel"),
    keras.layers.Embedding: ("embeddings",),
}
CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.Conv1D)


def walk(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    """(name, layer) in model order, the layers of nested models and of wrappers included."""
    for layer in model.layers:
        name = prefix + layer.name
        if isinstance(layer, keras.Model):
            yield from walk(layer, f"{name}/")
        elif isinstance(layer, keras.layers.Bidirectional):
            yield f"{name}/forward", layer.forward_layer
            yield f"{name}/backward", layer.backward_layer
        elif isinstance(layer, keras.layers.Wrapper):
            yield name, layer.layer
        else:
            yield name, layer


def prunable(model: keras.Model) -> list[tuple[str, keras.Variable]]:
    """(kernel name, variable) in model order; a layer that is used twice is named once.

    The first convolution is left dense, unless there is nothing else: it has few weights and all that follows
    hangs on them (Zhu and Gupta 2017 leave it and the depthwise kernels alone, too).
    """
    found: dict[int, tuple[str, keras.Variable]] = {}
    first = None
    for name, layer in walk(model):
        kernels = next((KERNELS[base] for base in type(layer).__mro__ if base in KERNELS), ())
        for attribute in kernels:
            variable = layer
            for part in attribute.split("."):
                variable = getattr(variable, part)
            if first is None and isinstance(layer, CONVOLUTIONS):
                first = id(variable)
            label = name if len(kernels) == 1 else f"{name}/{attribute.rpartition('.')[2]}"
            found.setdefault(id(variable), (label, variable))
    return [kernel for key, kernel in found.items() if key != first] or list(found.values())


def lstm_kernels(model: keras.Model) -> list[tuple[str, keras.Variable]]:
    """Those of the prunable kernels that belong to LSTM layers."""
    cells = [layer.cell for _, layer in walk(model) if isinstance(layer, keras.layers.LSTM)]
    theirs = {id(kernel) for cell in cells for kernel in (cell.kernel, cell.recurrent_kernel)}
    return [(name, kernel) for name, kernel in prunable(model) if id(kernel) in theirs]


def left_dense(model: keras.Model) -> list[tuple[str, str]]:
    """(name, type) of the layers with matrices of weights that no method prunes for want of knowing them.

    Depthwise kernels and the first convolution are left alone on purpose.
    """
    known = (*KERNELS, keras.layers.DepthwiseConv2D, keras.layers.DepthwiseConv1D)
    return [
        (name, type(layer).__name__)
        for name, layer in walk(model)
        if not isinstance(layer, known) and any(len(weight.shape) > 1 for weight in layer.trainable_weights)
    ]


def int8_matrices(model: keras.Model, masks: Masks | None = None) -> dict[str, np.ndarray]:
    """The prunable kernels as the TFLite converter will store them: int8 [outputs, inputs], rows scaled to +-127.

    Tables of Embeddings are not among them: the device reads their rows where they lie, and zeros spare it nothing.
    Batch norm, which the converter folds, scales whole rows, and so does not change these integers.  It lets the
    encoders say what a mask costs in bytes before anything is trained.
    """
    embeddings = {id(layer.embeddings) for _, layer in walk(model) if isinstance(layer, keras.layers.Embedding)}
    matrices = {}
    for name, variable in prunable(model):
        if id(variable) in embeddings:
            continue
        kernel = variable.numpy()
        if masks is not None:
            kernel = np.where(masks[name], kernel, 0)
        rows = kernel.reshape(-1, kernel.shape[-1]).T
        scale = np.abs(rows).max(axis=1, keepdims=True) / 127
        matrices[name] = np.rint(rows / np.where(scale > 0, scale, 1)).astype(np.int8)
    return matrices
