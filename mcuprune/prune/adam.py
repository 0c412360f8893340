"""Adam on masked gradients: what is pruned stays exactly zero, what is left learns to do without it.

A kernel that is masked loses its moments with its weights, so nothing can move it any more.  The second moment, the
running mean of the squared gradient, is what the criterion obd needs, free of charge.
"""

import numpy as np

from mcuprune.prune.backend import keras, tf
from mcuprune.prune.layers import prunable
from mcuprune.prune.masks import Masks

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7  # as Keras has them


class MaskedAdam:
    """The optimizer of one model; it owns the masks of its prunable kernels."""

    def __init__(self, model: keras.Model) -> None:
        self.weights = [weight.value for weight in model.trainable_variables]
        self._first = [tf.Variable(tf.zeros_like(weight)) for weight in self.weights]
        self._second = [tf.Variable(tf.zeros_like(weight)) for weight in self.weights]
        self._powers = tf.Variable([1.0, 1.0])  # of the betas
        position = {id(weight): i for i, weight in enumerate(model.trainable_variables)}
        self._position = {name: position[id(kernel)] for name, kernel in prunable(model)}
        self._kept = {i: tf.Variable(tf.ones_like(self.weights[i])) for i in self._position.values()}
        self.mask({name: self.weights[i].numpy() != 0 for name, i in self._position.items()})

    def step(self, gradients: list[tf.Tensor], rate: tf.Tensor) -> None:
        """One update, inside a tf.function.  gradients: one for each of `weights`."""
        self._powers.assign(self._powers * [BETA1, BETA2])
        for i, gradient in enumerate(gradients):
            tf.raw_ops.ResourceApplyAdam(
                var=self.weights[i].handle,
                m=self._first[i].handle,
                v=self._second[i].handle,
                beta1_power=self._powers[0],
                beta2_power=self._powers[1],
                lr=rate,
                beta1=BETA1,
                beta2=BETA2,
                epsilon=EPSILON,
                grad=tf.convert_to_tensor(gradient) * self._kept.get(i, 1.0),
            )

    def mask(self, masks: Masks) -> None:
        """Prune: weights and moments outside the masks become zero."""
        self.masks = masks
        for name, mask in masks.items():
            i = self._position[name]
            self._kept[i].assign(mask.astype(np.float32))
            for variable in (self.weights[i], self._first[i], self._second[i]):
                variable.assign(variable * self._kept[i])

    def kernels(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """name -> (weights, running mean of their squared gradients)"""
        return {name: (self.weights[i].numpy(), self._second[i].numpy()) for name, i in self._position.items()}
