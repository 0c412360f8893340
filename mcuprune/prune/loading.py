"""Keras models from files and back.

Reads `.keras` and the `.h5` of Keras 3 and of Keras 2, whose layers may carry options that Keras 3 refuses though they
change nothing.  Writes `.keras` files whose bytes depend on the model alone: no dates.
"""

import json
import os
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py

from mcuprune.errors import UnsupportedModel, UsageError
from mcuprune.prune.backend import keras

Functional = type(keras.Model(*[keras.Input((1,))] * 2))  # Keras exports no name for it

# Options that Keras 2 wrote into configurations and Keras 3 does not know, with the one value that means nothing.
FORGOTTEN: dict[str, dict[str, Any]] = {
    "DepthwiseConv2D": {"groups": 1},
    "SeparableConv2D": {"groups": 1},
    "SeparableConv1D": {"groups": 1},
    "Conv2DTranspose": {"groups": 1},
    "LSTM": {"time_major": False},
    "GRU": {"time_major": False},
    "SimpleRNN": {"time_major": False},
}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can hold


def load(path: str | Path) -> keras.Model:
    """The model of a file, compiled if the file says how."""
    path = Path(path)
    if path.suffix not in (".keras", ".h5", ".hdf5"):
        raise UsageError(f"{path} is not a Keras model: its name must end in .keras or .h5")
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    if not (zipfile.is_zipfile(path) if path.suffix == ".keras" else h5py.is_hdf5(path)):
        raise UsageError(f"{path} is not a Keras model, or only a part of one")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the optimizer's state, which nobody needs here
        try:
            model = _load(path, compile=True)
        except Exception:
            model = _load_without_loss(path)
    return accept(model)


def _load(path: Path, compile: bool) -> keras.Model:
    old = {} if path.suffix == ".keras" else {name: _tolerant(name, options) for name, options in FORGOTTEN.items()}
    return keras.models.load_model(path, custom_objects=old, compile=compile)


def _load_without_loss(path: Path) -> keras.Model:
    """For a loss or an optimizer that only its author has; every other fault becomes an error that people read."""
    try:
        return _load(path, compile=False)
    except (OSError, KeyError, zipfile.BadZipFile, json.JSONDecodeError) as error:
        raise UsageError(f"{path} is damaged: {_first_line(error)}") from None
    except (TypeError, ValueError, NotImplementedError, ImportError, AttributeError) as error:
        raise UnsupportedModel(
            f"{path} cannot be rebuilt by Keras {keras.__version__}: {_reason(error)}. Use layers of Keras' own "
            "instead; or convert the model to int8 with TensorFlow's converter, for `mcuprune compile`."
        ) from None


def _tolerant(name: str, forgotten: dict[str, Any]) -> type:
    """A stand-in for a layer class that drops forgotten options and then builds the real layer."""
    layer = getattr(keras.layers, name)

    class Tolerant:
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> keras.layers.Layer:
            kept = {key: value for key, value in config.items() if (key, value) not in forgotten.items()}
            return layer.from_config(kept)

    return Tolerant


def _reason(error: Exception) -> str:
    """The sentence that names the layer: Keras wraps it in the configuration of the whole model."""
    text = str(error).split("Exception encountered: ")[-1]
    if "safe_mode" in text:  # Keras' own way out would run whatever code the file holds
        return "it has a Lambda layer, which is Python code in a file"
    return text.split(" Full object config:")[0].strip().split("\n")[0][:400].rstrip(".")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300]


def accept(model: keras.Model) -> keras.Model:
    """The model, if it has one input, one output and a graph of layers that can be cloned: all that follows needs it.

    An input that is wrapped in a list or a dict is unwrapped; the layers are the same ones.
    """
    if not isinstance(model, keras.Sequential | Functional):
        raise UnsupportedModel(f"{model.name} is a subclassed model; build it with Sequential or the functional API")
    if not model.built:
        raise UnsupportedModel(f"{model.name} does not know the shape of its input; give it a keras.Input")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise UnsupportedModel(
            f"{model.name} has {_count(model.inputs, 'input')} and {_count(model.outputs, 'output')}; pruning and "
            "quantizing take one of each. Convert the model to int8 with TensorFlow's converter: `mcuprune compile` "
            "takes any number."
        )
    if isinstance(model, keras.Sequential) or isinstance(model.input, keras.KerasTensor):
        return model
    plain = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    if model.compiled:
        plain.compile(loss=model.loss)
    return plain


def _count(ends: list, name: str) -> str:
    return f"{len(ends)} {name}{'s' if len(ends) != 1 else ''}"


def save(model: keras.Model, path: str | Path) -> None:
    """Write a .keras file, whole or not at all; the same weights and layers always give the same bytes."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".mcuprune-") as folder:
        dated, dateless = Path(folder, "dated.keras"), Path(folder, "dateless.keras")
        model.save(dated)
        with zipfile.ZipFile(dated) as source, zipfile.ZipFile(dateless, "w") as target:
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name.endswith(".json"):
                    content = json.dumps(_lasting(json.loads(content), {})).encode()
                target.writestr(zipfile.ZipInfo(name, EPOCH), content)
        os.replace(dateless, path)


def _lasting(value: Any, numbers: dict[int, int]) -> Any:
    """JSON of a .keras file without what changes from one run to the next: its date, and addresses of objects.

    Keras marks objects that layers share by their address.  Those are numbered in order here, except for data type
    policies, whose sharing means nothing.
    """
    if isinstance(value, list):
        return [_lasting(item, numbers) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _lasting(item, numbers) for key, item in value.items() if key != "date_saved"}
    if (address := kept.pop("shared_object_id", None)) is not None and kept.get("class_name") != "DTypePolicy":
        kept["shared_object_id"] = numbers.setdefault(address, len(numbers))
    return kept
