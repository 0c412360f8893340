"""Masks: which weights stay.  A mask is a bool array of its kernel's shape; masks are a dict by kernel name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mcuprune.errors import UsageError

if TYPE_CHECKING:
    import keras

Masks = dict[str, np.ndarray]


def rank(scores: Mapping[str, np.ndarray], sparsity: float) -> Masks:
    """Keep the highest scores of all kernels together, exactly round((1 - sparsity) * count) of them.

    The best weight of each kernel stays in any case, since a kernel without weights would cut the network in two.
    """
    flat = np.concatenate([s.ravel() for s in scores.values()])
    pruned = flat.size - max(round(flat.size * (1 - sparsity)), 1)
    keep = np.ones(flat.size, bool)
    if pruned:
        keep[np.argpartition(flat, pruned - 1)[:pruned]] = False
    masks, at = {}, 0
    for name, s in scores.items():
        masks[name] = keep[at : at + s.size].reshape(s.shape)
        masks[name].flat[s.argmax()] = True
        at += s.size
    return masks


def global_masks(model: "keras.Model", sparsity: float, scores: Mapping[str, np.ndarray] | None = None) -> Masks:
    """Masks of all prunable kernels by global rank, of |w| unless there are better scores."""
    from mcuprune.prune.layers import prunable

    if not 0 <= sparsity < 1:
        raise UsageError(f"a sparsity of {sparsity:g} cannot be: it is a share of zeros, at least 0 and below 1")
    return rank(scores or {name: np.abs(kernel.numpy()) for name, kernel in prunable(model)}, sparsity)


def apply(model: "keras.Model", masks: Masks) -> None:
    """Set what the masks prune to exactly zero."""
    from mcuprune.prune.layers import prunable

    for name, kernel in prunable(model):
        if name in masks:
            kernel.assign(np.where(masks[name], kernel.numpy(), np.float32(0)))


def sparsity(masks: Masks) -> float:
    """Share of zeros in all masks together."""
    return 1 - sum(int(m.sum()) for m in masks.values()) / sum(m.size for m in masks.values())
