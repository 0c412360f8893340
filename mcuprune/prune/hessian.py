"""What one-shot pruning knows of a network, all of it from inputs alone, without labels.

Of each kernel: the second moments of its inputs, which are the Hessian of the error of its layer's outputs; and the
Fisher information, how much the network's outputs move with each weight.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from mcuprune.prune.backend import keras, tf
from mcuprune.prune.layers import CONVOLUTIONS, prunable, walk

L = keras.layers
AT_ONCE = 64  # samples of a convolution that are unfolded together
BATCH = 16  # samples whose gradients are added up before they are squared

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
    """The kernels of a layer, and what each is multiplied with, for an input of the layer."""
    if isinstance(layer, CONVOLUTIONS):
        if layer.groups == 1:
            yield layer.kernel, x
    elif isinstance(layer, L.Dense):
        yield layer.kernel, x
    elif isinstance(layer, L.SeparableConv1D | L.SeparableConv2D):
        how = dict(strides=layer.strides, padding=layer.padding, dilation_rate=layer.dilation_rate)
        yield layer.pointwise_kernel, keras.ops.depthwise_conv(x, layer.depthwise_kernel, **how)
    elif isinstance(layer, L.LSTM | L.SimpleRNN | L.GRU):
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


def fisher(model: keras.Model, x: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """E[g^2] of each weight, for the error of the outputs of one sample, in the kernel's shape.

    Where outputs are probabilities, g is the gradient of log p of a class drawn by them; else of a sum of the outputs
    with random signs.  Both have a mean of zero, so that the samples of a batch do not disturb each other.
    """
    random = np.random.default_rng(seed)
    kernels = prunable(model)
    found = {name: np.zeros(kernel.shape) for name, kernel in kernels}

    @tf.function
    def gradients(batch: tf.Tensor, noise: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            outputs = model(batch, training=False)
            if probabilities:
                drawn = tf.argmax(tf.math.log(outputs + 1e-20) + noise, axis=-1)  # Gumbel's way to draw
                loss = tf.reduce_sum(tf.math.log(tf.gather(outputs, drawn, batch_dims=len(outputs.shape) - 1) + 1e-20))
            else:
                loss = tf.reduce_sum(outputs * tf.sign(noise))
        return tape.gradient(loss, [kernel.value for _, kernel in kernels], unconnected_gradients="zero")

    first = model(x[:BATCH], training=False).numpy()
    probabilities = bool((first >= 0).all() and first.shape[-1] > 1 and np.allclose(first.sum(-1), 1, atol=1e-3))
    for start in range(0, len(x), BATCH):
        shape = (len(x[start : start + BATCH]), *first.shape[1:])
        noise = random.gumbel(size=shape) if probabilities else random.normal(size=shape)
        for (name, _), g in zip(kernels, gradients(x[start : start + BATCH], noise.astype(np.float32)), strict=True):
            found[name] += np.square(tf.convert_to_tensor(g).numpy()) / len(x)
    return found
