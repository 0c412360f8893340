"""Augmentation: photographs are shifted by up to 4 pixels and mirrored, so that a short training sees more of them.

It is used where it is safe: on RGB images of at least 24 x 24 pixels, and mirroring only where the dense model still
knows the mirrored images (it would not know mirrored letters or digits).
"""

from dataclasses import dataclass

import numpy as np

from mcuprune.data import Data
from mcuprune.prune.backend import keras
from mcuprune.prune.objective import Objective

SMALLEST = 24  # pixels
PROBE = 500  # images to try the mirror on
STILL_KNOWN = 0.9  # of the accuracy without mirroring


@dataclass(frozen=True)
class Augment:
    shift: int = 0  # pixels, in both directions and axes
    mirror: bool = False

    @classmethod
    def safe_for(cls, model: keras.Model, data: Data, objective: Objective) -> "Augment":
        shape = data.x_train.shape[1:]
        photographs = len(shape) == 3 and shape[2] == 3 and min(shape[:2]) >= SMALLEST
        if not photographs or objective.kind != "classes" or data.y_train is None or data.y_train.ndim != 1:
            return cls()
        x, y = data.x_train[:PROBE], data.y_train[:PROBE]
        plain, mirrored = (objective.score(model(images, training=False).numpy(), y) for images in (x, x[:, :, ::-1]))
        return cls(shift=4, mirror=mirrored >= STILL_KNOWN * plain)

    def __call__(self, x: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Each image of a batch [n, height, width, channels] on its own; edges are repeated."""
        if not self.shift:
            return x
        n, height, width, _ = x.shape
        down, right = random.integers(-self.shift, self.shift + 1, (2, n, 1))
        rows = np.clip(np.arange(height) + down, 0, height - 1)
        columns = np.clip(np.arange(width) + right, 0, width - 1)
        if self.mirror:
            columns = np.where(random.random((n, 1)) < 0.5, columns[:, ::-1], columns)
        return x[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
