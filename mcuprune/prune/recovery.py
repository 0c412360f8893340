"""Batch norm after surgery: its means and variances are those of a network that is no more."""

import numpy as np

from mcuprune.prune.backend import keras
from mcuprune.prune.layers import walk

BATCHES, BATCH = 32, 128


def recalibrate(model: keras.Model, x: np.ndarray, seed: int = 0) -> None:
    """Measure the statistics of all batch norms anew: the plain mean over a few batches of x, drawn by the seed."""
    norms = [layer for _, layer in walk(model) if isinstance(layer, keras.layers.BatchNormalization)]
    if not norms:
        return
    order = np.random.default_rng(seed).permutation(len(x))
    momentum = [norm.momentum for norm in norms]
    for i in range(max(min(BATCHES, len(x) // BATCH), 1)):
        for norm in norms:
            norm.momentum = i / (i + 1)  # each batch counts alike
        model(x[order[i * BATCH : (i + 1) * BATCH]], training=True)
    for norm, before in zip(norms, momentum, strict=True):
        norm.momentum = before
