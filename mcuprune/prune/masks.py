"""Masks: which weights stay.  A mask is a bool array of its kernel's shape; masks are a dict by kernel name."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

Masks = dict[str, np.ndarray]


def best(scores: np.ndarray, count: int) -> np.ndarray:
    """A mask of the `count` highest scores."""
    mask = np.ones(scores.size, bool)
    if count < scores.size:
        mask[np.argpartition(scores.ravel(), scores.size - count - 1)[: scores.size - count]] = False
    return mask.reshape(scores.shape)


def nonzero(model: "keras.Model") -> Masks:
    """Masks of what is not zero now."""
    from mcuprune.prune.layers import prunable

    return {name: kernel.numpy() != 0 for name, kernel in prunable(model)}


def apply(model: "keras.Model", masks: Masks) -> None:
    """Set what the masks prune to exactly zero."""
    from mcuprune.prune.layers import prunable

    for name, kernel in prunable(model):
        if name in masks:
            kernel.assign(np.where(masks[name], kernel.numpy(), np.float32(0)))


def sparsity(masks: Masks) -> float:
    """Share of zeros in all masks together."""
    return 1 - sum(int(m.sum()) for m in masks.values()) / sum(m.size for m in masks.values())
