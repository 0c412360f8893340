"""Models whose input is indices: an Embedding reads it, and has a row for each."""

from mcuprune import data as datasets
from mcuprune.data import Data
from mcuprune.prune.backend import keras


def fitted(model: keras.Model, data: Data) -> Data:
    """The data in the shape of a model's input; UsageError where the two do not fit, in shape or as indices."""
    data = datasets.fit(data, model.input_shape[1:])
    for name, places in _tables(model):
        datasets.check_indices(data.x_train, "x_train", name, places)
        datasets.check_indices(data.x_test, "x_test", name, places)
    return data


def input_type(model: keras.Model) -> str:
    """'int32' or 'int64' of indices, else 'float32'.

    Keras gives an Input in front of an Embedding float32 unless it is told better: indices it holds all the same.
    """
    if model.inputs[0].dtype in ("int32", "int64"):
        return model.inputs[0].dtype
    readers = _readers(model)
    return "int32" if readers and all(isinstance(x, keras.layers.Embedding) for x in readers) else "float32"


def _tables(model: keras.Model) -> list[tuple[str, int]]:
    """(name, places) of the Embeddings that read the model's input, which therefore is indices below `places`."""
    found = []
    for layer in _readers(model):
        if isinstance(layer, keras.layers.Embedding):
            found.append((layer.name, layer.input_dim))
        elif isinstance(layer, keras.Model):
            found += _tables(layer)
    return found


def _readers(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers that read the model's input."""
    calls = [(layer, node) for layer in model.layers for node in layer._inbound_nodes]
    return [layer for layer, node in calls if any(x is model.inputs[0] for x in node.input_tensors)]
