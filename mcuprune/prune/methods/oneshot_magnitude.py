"""Prune once, by global magnitude, and train nothing: all that can be done without data."""

from typing import Any

from mcuprune.data import Data
from mcuprune.prune import masks
from mcuprune.prune.backend import keras
from mcuprune.prune.objective import Objective
from mcuprune.prune.train import Progress


def prune(
    model: keras.Model,
    data: Data | None,
    *,
    sparsity: float,
    epochs: int | None,
    seed: int,
    progress: Progress | None,
    objective: Objective | None,
) -> tuple[masks.Masks, list[dict[str, Any]]]:
    chosen = masks.global_masks(model, sparsity)
    masks.apply(model, chosen)
    return chosen, []
