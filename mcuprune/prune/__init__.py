"""Pruning Keras models: `prune` in one call, or `Pruning` as a callback in a training loop of your own.

    import mcuprune
    pruned = mcuprune.prune(model, data, sparsity=0.9)

This module imports neither Keras nor TensorFlow; they come with the first use.  It can be called itself: it is
`mcuprune.prune`, and so is the function, which lives here.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mcuprune import data as datasets
from mcuprune.data import Data
from mcuprune.errors import UnsupportedModel, UsageError
from mcuprune.prune import methods
from mcuprune.prune.checkpoint import Checkpoints
from mcuprune.prune.interrupt import Interrupt
from mcuprune.prune.task import Fits, Progress, Pruned, Say, Task
from mcuprune.request import Options

if TYPE_CHECKING:
    import keras

    from mcuprune.prune.callback import Pruning
    from mcuprune.prune.objective import Objective, evaluate

__all__ = ["Checkpoints", "Options", "Pruned", "Pruning", "evaluate", "prune"]
LAZY = {"Pruning": "callback", "evaluate": "objective"}
METHOD = "gradual"


def prune(
    model: "keras.Model",
    data: "Data | str | Path | tuple | None",
    *,
    sparsity: float | None = None,
    method: str = METHOD,
    epochs: int | None = None,
    seed: int = 0,
    options: Options | None = None,
    progress: Progress | None = None,
    say: Say = print,
    objective: "Objective | None" = None,
    fits: Fits | None = None,
    teacher: "keras.Model | None" = None,
    checkpoints: Checkpoints | None = None,
    interrupt: Interrupt | None = None,
) -> Pruned:
    """A pruned copy of a model; the model itself is left as it is.

    data: ((x_train, y_train), (x_test, y_test)), the name of an .npz file, a Data, or None for methods that train
    nothing.  sparsity: the share of prunable weights that become zero; those that are zero already count and stay, so
    a pruned model can be pruned further.  Methods that remove whole channels: the share of all parameters that go.
    options: criterion, allocation, pattern and the like; methods know different ones.
    epochs: chosen from the model and the data when None.  checkpoints: where a long training can go on after a kill.
    fits: asked of int8 matrices, it moves the sparsity of a gradual method to the least that fits.
    teacher: whose outputs the pruned model is trained to give, the model itself when None; in a further round it
    should be the dense model again.
    Ctrl-C ends the training and keeps the best so far.  The same seed gives the same weights on the same machine:
    Keras' and numpy's global generators are seeded, and TensorFlow is switched to deterministic operators.
    """
    from mcuprune.prune.backend import copied, deterministic
    from mcuprune.prune.layers import left_dense, prunable
    from mcuprune.prune.loading import accept
    from mcuprune.prune.objective import infer

    options, interrupt = options or Options(), interrupt or Interrupt()
    sparsity = check(method, sparsity, options, epochs)
    if sparsity is None:
        raise UsageError("say how much to prune, with a sparsity such as 0.8")
    deterministic(seed)
    model = accept(model)
    data = _data(data, model)
    if not prunable(model):
        raise UnsupportedModel(f"{model.name} has no layer whose weights could be pruned")
    if methods.unit(method) == "weights":
        for name, kind in left_dense(model):
            say(f"{name} stays dense: {kind} layers are not pruned")
    if data is not None and objective is None:
        objective = infer(model, data)
    with interrupt.listening():
        task = Task(
            sparsity, teacher or model, data, objective, epochs, options, fits, seed, progress, say,
            checkpoints or Checkpoints(), interrupt,
        )  # fmt: skip
        return methods.load(method).prune(copied(model), task)


def check(method: str, sparsity: float | None, options: Options, epochs: int | None = None) -> float | None:
    """The sparsity that is asked for, by the pattern where that says it; or a UsageError.  Imports no TensorFlow."""
    from mcuprune.prune.patterns import NofM, parse

    methods.check(method)
    pattern = parse(options.pattern)
    if isinstance(pattern, NofM):
        if sparsity is not None and abs(sparsity - pattern.sparsity) > 1e-3:
            raise UsageError(
                f"a sparsity of {sparsity:g} and the pattern {options.pattern} contradict each other: that pattern "
                f"has a sparsity of {pattern.sparsity:g}"
            )
        sparsity = pattern.sparsity
    if sparsity is not None and not 0 <= sparsity < 1:
        raise UsageError(f"a sparsity of {sparsity:g} cannot be: it is a share of zeros, at least 0 and below 1")
    if epochs is not None and epochs < 1:
        raise UsageError(f"{epochs} epochs cannot be; at least 1, or none to have them chosen")
    options.check(method, methods.options(method))
    return sparsity


def _data(data: "Data | str | Path | tuple | None", model: "keras.Model") -> Data | None:
    if data is None:
        return None
    if isinstance(data, str | Path):
        data = datasets.load(str(data))
    elif not isinstance(data, Data):
        try:
            (x_train, y_train), (x_test, y_test) = data
        except (TypeError, ValueError):
            raise UsageError(
                f"data is ((x_train, y_train), (x_test, y_test)) or the name of an .npz file, not a "
                f"{type(data).__name__} of another shape"
            ) from None
        arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
        data = datasets.check(arrays, "the data")
    from mcuprune.prune.indices import fitted

    return fitted(model, data)


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(import_module(f"{__name__}.{LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Callable(ModuleType):
    __call__ = staticmethod(prune)


sys.modules[__name__].__class__ = _Callable
