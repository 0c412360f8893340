"""Adam under masks.  The running means of the gradient and of its square are what criteria need, free of charge.

Plain: the gradient is masked.  What is pruned stays exactly zero and loses its moments, so that nothing can move it;
what is left learns to do without it.
Shadow: behind each masked kernel stands a dense one that gets the whole gradient, and from which the masked one is
made anew after each step; what was pruned may grow and come back (dynamic pruning with feedback, Lin et al. 2020,
arXiv 2006.07253).
Rounded: behind each kernel stands the real one, and the network sees it as int8 will hold it.
"""

import numpy as np

from mcuprune.prune.backend import keras, tf
from mcuprune.prune.layers import prunable, walk
from mcuprune.prune.masks import Masks

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7  # as Keras has them


def rounding(model: keras.Model) -> dict[int, list[int]]:
    """Axes over which weights share a scale in an int8 file, by position in trainable_variables."""
    position = {id(weight): i for i, weight in enumerate(model.trainable_variables)}
    axes = {}
    for _, layer in walk(model):
        if (kernel := getattr(layer, "kernel", None)) is not None:
            rank = len(kernel.shape)
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            axes[position[id(kernel)]] = list(range(rank - 2 if depthwise else rank - 1))
    return axes


def rounded(kernel: tf.Tensor, axes: list[int]) -> tf.Tensor:
    """Weights as int8 holds them: symmetric, -127 to 127, a scale for each output channel; zero stays zero."""
    largest = tf.reduce_max(tf.abs(kernel), axes, keepdims=True)
    scale = tf.where(largest > 0, largest, 1.0) / 127
    return tf.round(kernel / scale) * scale


class MaskedAdam:
    """The optimizer of one model; it owns the masks of its prunable kernels."""

    def __init__(self, model: keras.Model, shadow: bool = False, rounded: bool = False) -> None:
        self.weights = [weight.value for weight in model.trainable_variables]
        self._first = [tf.Variable(tf.zeros_like(weight)) for weight in self.weights]
        self._second = [tf.Variable(tf.zeros_like(weight)) for weight in self.weights]
        self._powers = tf.Variable([1.0, 1.0])  # of the betas
        position = {id(weight): i for i, weight in enumerate(model.trainable_variables)}
        self._position = {name: position[id(kernel)] for name, kernel in prunable(model)}
        self._kept = {i: tf.Variable(tf.ones_like(self.weights[i])) for i in self._position.values()}
        self._shadow, self._rounded = shadow, rounding(model) if rounded else {}
        behind = {*self._rounded, *(self._kept if shadow else ())}
        self._behind = {i: tf.Variable(self.weights[i]) for i in behind}  # real kernels, unmasked with shadows
        self.masks: Masks = {}
        self.mask({name: self.weights[i].numpy() != 0 for name, i in self._position.items()})

    def step(self, gradients: list[tf.Tensor], rate: tf.Tensor) -> None:
        """One update, inside a tf.function.  gradients: one for each of `weights`."""
        self._powers.assign(self._powers * [BETA1, BETA2])
        for i, gradient in enumerate(gradients):
            masked = i in self._kept and not self._shadow
            tf.raw_ops.ResourceApplyAdam(
                var=self._behind.get(i, self.weights[i]).handle,
                m=self._first[i].handle,
                v=self._second[i].handle,
                beta1_power=self._powers[0],
                beta2_power=self._powers[1],
                lr=rate,
                beta1=BETA1,
                beta2=BETA2,
                epsilon=EPSILON,
                grad=tf.convert_to_tensor(gradient) * (self._kept[i] if masked else 1.0),
            )
        for i in self._behind:
            self._show(i)

    def _show(self, i: int) -> None:
        """Make the kernel that the network sees from the one behind it."""
        kernel = self._behind[i] * self._kept.get(i, 1.0)
        self.weights[i].assign(rounded(kernel, self._rounded[i]) if i in self._rounded else kernel)

    def mask(self, masks: Masks) -> None:
        """Prune: weights outside the masks become zero, and without shadows their moments, too."""
        self.masks = masks
        for name, mask in masks.items():
            i = self._position[name]
            self._kept[i].assign(mask.astype(np.float32))
            if not self._shadow:
                for variable in (self._behind.get(i, self.weights[i]), self._first[i], self._second[i]):
                    variable.assign(variable * self._kept[i])
        for i in self._behind:
            self._show(i)

    def kernels(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """name -> (weights, running mean of their gradients, of their squared gradients); weights are those behind

        the masks where there are shadows, else what is pruned is zero
        """
        return {
            name: (self._behind.get(i, self.weights[i]).numpy(), self._first[i].numpy(), self._second[i].numpy())
            for name, i in self._position.items()
        }

    def squares(self) -> tf.Tensor:
        """The sum of all squared prunable weights, inside a tf.function."""
        return tf.add_n([2 * tf.nn.l2_loss(self.weights[i]) for i in self._kept])

    def variables(self) -> list[tf.Variable]:
        """All of its state but the model's own weights."""
        return [*self._first, *self._second, self._powers, *self._kept.values(), *self._behind.values()]

    def restore(self) -> None:
        """Take the masks from the variables, which were assigned."""
        self.masks = {name: self._kept[i].numpy() != 0 for name, i in self._position.items()}
