"""What goes into each kernel of a network: its columns, and their moments.

The error that pruning brings to a layer's outputs is quadratic in its weights, and its Hessian is the second moment of
the columns.  They come from samples alone; labels are not asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from mcuprune.prune.backend import keras, tf
from mcuprune.prune.layers import CONVOLUTIONS, walk

L = keras.layers
RECURRENT = (L.LSTM, L.GRU, L.SimpleRNN)
AT_ONCE = 64  # samples that are unfolded together

Hear = Callable[[keras.layers.Layer, tf.Tensor], None]


@contextmanager
def listening(model: keras.Model, hear: Hear) -> Iterator[None]:
    """Every layer tells its input before it computes, in the order in which layers compute."""
    layers = {id(layer): layer for _, layer in walk(model)}
    for layer in layers.values():
        layer.call = _telling(layer, layer.call, hear)
    try:
        yield
    finally:
        for layer in layers.values():
            del layer.call


def _telling(layer: keras.layers.Layer, call: Callable, hear: Hear) -> Callable:
    def tell(x, *args, **kwargs):
        if tf.executing_eagerly():  # not where a wrapper traces a loop
            hear(layer, x)
        return call(x, *args, **kwargs)

    return tell


def operands(layer: keras.layers.Layer, x: tf.Tensor) -> Iterator[tuple[keras.Variable, tf.Tensor]]:
    """The kernels of a layer, and what each is multiplied with, for an input of the layer.

    A kernel may be changed before the next is asked for.  Convolutions in groups have none.
    """
    if isinstance(layer, L.Dense) or (isinstance(layer, CONVOLUTIONS) and layer.groups == 1):
        yield layer.kernel, x
    elif isinstance(layer, L.SeparableConv1D | L.SeparableConv2D):
        how = {"strides": layer.strides, "padding": layer.padding, "dilation_rate": layer.dilation_rate}
        yield layer.pointwise_kernel, keras.ops.depthwise_conv(x, layer.depthwise_kernel, **how)
    elif isinstance(layer, RECURRENT):
        yield layer.cell.kernel, x
        whole = type(layer).from_config({**layer.get_config(), "return_sequences": True, "return_state": False})
        whole.build(x.shape)
        whole.set_weights(layer.get_weights())
        states = whole(x)
        yield layer.cell.recurrent_kernel, tf.pad(states[:, :-1], [[0, 0], [1, 0], [0, 0]])


def columns(layer: keras.layers.Layer, x: tf.Tensor) -> tf.Tensor:
    """The operand of a layer's kernel as a matrix [positions of all samples, inputs]: columns @ kernel = outputs."""
    if isinstance(layer, CONVOLUTIONS):
        size, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
        padding = layer.padding.upper()
        if padding == "CAUSAL":
            x, padding = tf.pad(x, [[0, 0], [dilation[0] * (size[0] - 1), 0], [0, 0]]), "VALID"
        if len(size) == 1:
            x, size, strides, dilation = x[:, None], (1, *size), (1, *strides), (1, *dilation)
        x = tf.image.extract_patches(x, [1, *size, 1], [1, *strides, 1], [1, *dilation, 1], padding)
    return tf.reshape(x, [-1, x.shape[-1]])


@dataclass(frozen=True, eq=False)
class Moments:
    """Of columns a and b that belong together, float64: means [inputs], and E[(a - mean) (b - mean)^T]."""

    a: np.ndarray
    b: np.ndarray
    covariance: np.ndarray

    def hessian(self, central: bool) -> np.ndarray:
        """2 E[a b^T]; central: around the means, where a bias takes care of these."""
        return 2 * (self.covariance if central else self.covariance + np.outer(self.a, self.b))


def moments(layer: keras.layers.Layer, operands: Sequence[tf.Tensor], others: Sequence[tf.Tensor]) -> Moments:
    """Over all operands of a kernel, and others of the same shapes, such as those in another network."""
    chunks = [
        (a[i : i + AT_ONCE], b[i : i + AT_ONCE])
        for a, b in zip(operands, others, strict=True)
        for i in range(0, len(a), AT_ONCE)
    ]
    # Sums of float32 products stay small, and exact enough, around about the means.
    near_a, near_b = (tf.reduce_mean(columns(layer, part), axis=0) for part in chunks[0])
    inputs = len(near_a)
    count, sum_a, sum_b, product = 0, np.zeros(inputs), np.zeros(inputs), np.zeros((inputs, inputs))
    for part_a, part_b in chunks:
        a, b = columns(layer, part_a) - near_a, columns(layer, part_b) - near_b
        count += len(a)
        sum_a += tf.reduce_sum(a, axis=0).numpy()
        sum_b += tf.reduce_sum(b, axis=0).numpy()
        product += tf.matmul(a, b, transpose_a=True).numpy()
    mean_a, mean_b = sum_a / count, sum_b / count
    covariance = product / count - np.outer(mean_a, mean_b)
    return Moments(near_a.numpy() + mean_a, near_b.numpy() + mean_b, covariance)
