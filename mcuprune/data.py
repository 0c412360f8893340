"""Data sets: the arrays a network is trained, calibrated and judged with, checked once, when they are read.

A Data has been through every check that can be made without a model; `fit` makes those that need one.  What a score
means is defined here too, in numpy, so that float model, int8 model and device are judged by the same function.
"""

import importlib
import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mcuprune.errors import UsageError

NAMES = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class Data:
    """Samples first in every array.  x: float32.

    y: class numbers [n] (from one-hot rows, too) or targets of the output's shape without a last axis of 1; None for
    an autoencoder, whose target is x.
    """

    x_train: np.ndarray
    y_train: np.ndarray | None
    x_test: np.ndarray
    y_test: np.ndarray | None


def load(spec: str, rescale: str | None = None) -> Data:
    """Read 'file.npz' or call 'package.module:function'; `rescale`, such as '1/255', multiplies x."""
    factor = 1.0 if rescale is None else parse_factor(rescale)
    path = Path(spec)
    if path.suffix == ".npz" or path.exists() or ":" not in spec:
        arrays = _read_npz(path)
    else:
        arrays = _call(spec)
    return check(arrays, spec, factor)


def parse_factor(text: str) -> float:
    """A number or a fraction.

    >>> parse_factor("1/255") == 1 / 255, parse_factor("0.5")
    (True, 0.5)
    """
    try:
        above, _, below = text.partition("/")
        factor = float(above) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        factor = 0.0
    if factor == 0 or not np.isfinite(factor):
        raise UsageError(f"--rescale {text}: not a factor; write a number such as 0.5 or a fraction such as 1/255")
    return factor


def _read_npz(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UsageError(f"{path}: no such file; data is an .npz file or 'package.module:function'")
    if not zipfile.is_zipfile(path):
        raise UsageError(f"{path} is not an .npz file, or only a part of one; write it with numpy.savez")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in NAMES if name in archive.files}
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError, OSError) as error:
        raise UsageError(f"{path} cannot be read: {error}; write it with numpy.savez") from None


def _call(spec: str) -> dict[str, Any]:
    """Call a function that returns (x_train, y_train), (x_test, y_test), as keras.datasets do."""
    module, _, function = spec.rpartition(":")
    sys.path.insert(0, "")  # the current folder, as `python -m` has it
    try:
        make = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{spec}: {error}; data is an .npz file or 'package.module:function'") from None
    finally:
        sys.path.remove("")
    try:
        (x_train, y_train), (x_test, y_test) = make()
    except (TypeError, ValueError) as error:
        raise UsageError(f"{spec}() does not return (x_train, y_train), (x_test, y_test): {error}") from None
    return dict(zip(NAMES, (x_train, y_train, x_test, y_test), strict=True))


def check(arrays: dict[str, Any], where: str, factor: float = 1.0) -> Data:
    """Arrays by name -> Data, or an error that names the array of `where` that is wrong."""
    missing = [name for name in ("x_train", "x_test") if arrays.get(name) is None]
    labels = [name for name in ("y_train", "y_test") if arrays.get(name) is not None]
    if len(labels) == 1:
        missing += {"y_train", "y_test"} - set(labels)
    if missing:
        raise UsageError(
            f"{where} has no {' and no '.join(missing)}; it needs x_train, y_train, x_test and y_test "
            "(no y at all for an autoencoder)"
        )
    values = {name: _numbers(arrays.get(name), f"{where}: {name}") for name in NAMES}
    for part in ("train", "test"):
        x, y = values[f"x_{part}"], values[f"y_{part}"]
        assert x is not None
        if len(x) == 0:
            raise UsageError(f"{where}: x_{part} is empty")
        if y is not None and len(x) != len(y):
            raise UsageError(f"{where}: x_{part} has {len(x)} samples, y_{part} has {len(y)}; they must be as many")
        values[f"x_{part}"] = (x * np.float32(factor)).astype(np.float32, copy=False)
        values[f"y_{part}"] = y[:, 0] if y is not None and y.ndim == 2 and y.shape[1] == 1 else y
    ys = [y for y in (values["y_train"], values["y_test"]) if y is not None]
    if ys and all(_one_hot(y) for y in ys):
        values["y_train"], values["y_test"] = (y.argmax(-1) for y in ys)
    for kind in ("x", "y"):
        train, test = values[f"{kind}_train"], values[f"{kind}_test"]
        if train is not None and test is not None and train.shape[1:] != test.shape[1:]:
            raise UsageError(
                f"{where}: samples of {kind}_train have shape {train.shape[1:]}, those of {kind}_test {test.shape[1:]}"
            )
    return Data(**values)  # type: ignore[arg-type]


def _numbers(value: Any, where: str) -> np.ndarray | None:
    if value is None:
        return None
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise UsageError(f"{where} holds {array.dtype}, not numbers")
    if array.ndim == 0:
        raise UsageError(f"{where} is a single number, not an array of samples")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UsageError(f"{where} holds NaN or infinity in sample {np.argwhere(~np.isfinite(array))[0][0]}")
    return array


def _one_hot(y: np.ndarray) -> bool:
    return y.ndim > 1 and bool(np.isin(y, (0, 1)).all() and (y.sum(-1) == 1).all())


def fit(data: Data, input_shape: Sequence[int | None]) -> Data:
    """Give the samples the shape of a model's input (without the batch): a missing channel axis is added."""
    want = tuple(input_shape)
    have = data.x_train.shape[1:]
    if want == (*have, 1):
        return replace(data, x_train=data.x_train[..., None], x_test=data.x_test[..., None])
    if len(want) == len(have) and all(size in (None, actual) for size, actual in zip(want, have, strict=True)):
        return data
    raise UsageError(f"the model takes samples of shape {want}, x_train holds samples of shape {have}")


def check_indices(x: np.ndarray, name: str, layer: str, places: int) -> None:
    """Refuse samples [n, ...] that are not all indices below `places`, of the table that `layer` has."""
    wrong = np.argwhere((x < 0) | (x >= places) | (x != np.rint(x)))
    if len(wrong):
        at = tuple(wrong[0])
        raise UsageError(
            f"{name} holds {x[at]:g} in sample {at[0]}, and {layer} knows the indices 0 to {places - 1} only; give "
            "other samples, or a model with a larger table"
        )


def measure(metric: str, outputs: np.ndarray, targets: np.ndarray, threshold: float = 0.5) -> float:
    """The score of a model's real-valued outputs [n, ...], for targets as Data holds them.

    'accuracy' is a share, 0 to 1: of largest outputs that are the label, or of outputs on the label's side of
    `threshold` where there is only one.  'mse' and 'mae' are errors per element.
    """
    if metric != "accuracy":
        difference = outputs.reshape(len(outputs), -1).astype(np.float64) - targets.reshape(len(targets), -1)
        return float(np.mean(difference**2 if metric == "mse" else np.abs(difference)))
    if targets.ndim == outputs.ndim - 1 and outputs.shape[-1] > 1:
        return float(np.mean(outputs.argmax(-1) == targets))
    return float(np.mean((outputs > threshold) == (targets.reshape(outputs.shape) > 0.5)))


def better(metric: str, a: float, b: float) -> bool:
    """Is score a better than score b?"""
    return a > b if metric == "accuracy" else a < b
