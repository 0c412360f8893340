"""The dense model teaches: the pruned one learns to give its outputs, too (Hinton 2015, arXiv 1503.02531).

The teacher sees every batch as the pruned model sees it, augmented: its outputs for the plain images cost a point on
CIFAR-10.
"""

import numpy as np

from mcuprune.prune.augment import Augment
from mcuprune.prune.backend import keras, predict, tf
from mcuprune.prune.objective import Objective

SHARE, TEMPERATURE = 0.7, 3.0  # the share of the loss that the teacher's outputs make, and how soft they are
LESS = 0.3  # the same below TINY of the weights, with which a network cannot be like its teacher in everything
TINY = 0.01


class Teacher:
    """A dense model and what it says of samples.

    x: all samples [n, ...], as they are without augmentation; kept: the share of weights that are left in the end.
    """

    def __init__(
        self, model: keras.Model, objective: Objective, augment: Augment, x: np.ndarray, kept: float = 1.0
    ) -> None:
        self.model, self.objective, self.mirror = model, objective, augment.mirror
        self.share = LESS if kept < TINY else SHARE
        self.outputs = None if augment.shift else predict(model, x)  # of every sample, the same in each epoch

    def known(self, batch: np.ndarray) -> np.ndarray | None:
        """Outputs of samples by their indices; None where these are not the same each time."""
        return None if self.outputs is None else self.outputs[batch]

    def loss(self, alone: tf.Tensor, x: tf.Tensor, outputs: tf.Tensor, known: tf.Tensor | None) -> tf.Tensor:
        """The loss of a batch: by its targets alone, and how far the pruned model's outputs are from the teacher's.

        x: the batch, augmented; known: what the method of that name says of it.
        """
        taught = self._outputs(x) if known is None else known
        return (1 - self.share) * alone + self.share * self.objective.distance(taught, outputs, TEMPERATURE)

    def _outputs(self, x: tf.Tensor) -> tf.Tensor:
        """Of images that may be mirrored, the mean for both sides: it is right more often (CIFAR-10: 1.4 points)."""
        outputs = self.model(x, training=False)
        return (outputs + self.model(tf.reverse(x, [2]), training=False)) / 2 if self.mirror else outputs
