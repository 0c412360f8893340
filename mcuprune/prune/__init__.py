"""Pruning Keras models: `prune` in one call, or `Pruning` as a callback in a training loop of your own.

    from mcuprune.prune import prune
    pruned = prune(model, data, sparsity=0.9)

This module imports neither Keras nor TensorFlow; they come with the first use.
"""

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mcuprune.data import Data
from mcuprune.errors import UsageError
from mcuprune.prune import methods
from mcuprune.prune.task import Fits, Progress, Task

if TYPE_CHECKING:
    import keras

    from mcuprune.prune.callback import Pruning
    from mcuprune.prune.masks import Masks
    from mcuprune.prune.objective import Objective
    from mcuprune.prune.train import evaluate

__all__ = ["Pruned", "Pruning", "evaluate", "prune"]
LAZY = {"Pruning": "callback", "evaluate": "train"}


@dataclass(frozen=True, eq=False)
class Pruned:
    """A pruned model: weights outside the masks are exactly zero."""

    model: "keras.Model"
    masks: "Masks"
    sparsity: float  # zeros / prunable weights
    history: list[dict[str, Any]] = field(default_factory=list)  # an entry an epoch: epoch, loss, sparsity, metric


def prune(
    model: "keras.Model",
    data: Data | None,
    *,
    sparsity: float,
    method: str = "gradual",
    epochs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    objective: "Objective | None" = None,
    fits: Fits | None = None,
    teacher: "keras.Model | None" = None,
) -> Pruned:
    """A pruned copy of a model; the model itself is left as it is.

    sparsity: the share of prunable weights that become zero; those that are zero already count and stay, so a pruned
    model can be pruned further.  fits: asked of int8 matrices, it moves the sparsity of a gradual method to the least
    that fits.  epochs: chosen from the model and the data when None.  teacher: whose outputs the pruned model is
    trained to give, the model itself when None; in a further round it should be the dense model again.
    The same seed gives the same weights on the same machine: Keras' and numpy's global generators are seeded, and
    TensorFlow is switched to deterministic operators.
    """
    from mcuprune.prune.backend import deterministic, keras
    from mcuprune.prune.loading import accept
    from mcuprune.prune.masks import sparsity as share_of_zeros
    from mcuprune.prune.objective import infer

    if not 0 <= sparsity < 1:
        raise UsageError(f"a sparsity of {sparsity:g} cannot be: it is a share of zeros, at least 0 and below 1")
    if epochs is not None and epochs < 1:
        raise UsageError(f"{epochs} epochs cannot be; at least 1, or none to have them chosen")
    chosen = methods.load(method)
    deterministic(seed)
    model = accept(model)
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.trainable = True
    if data is not None and objective is None:
        objective = infer(model, data)
    task = Task(sparsity, teacher or model, data, objective, epochs, fits, seed, progress)
    masks, history = chosen.prune(copy, task)
    return Pruned(copy, masks, share_of_zeros(masks), history)


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(import_module(f"{__name__}.{LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
