"""Prune once, by global magnitude, and train nothing: all that can be done without data."""

from typing import Any

from mcuprune.prune import masks
from mcuprune.prune.backend import keras
from mcuprune.prune.task import Task


def prune(model: keras.Model, task: Task) -> tuple[masks.Masks, list[dict[str, Any]]]:
    chosen = masks.global_masks(model, task.sparsity)
    masks.apply(model, chosen)
    return chosen, []
