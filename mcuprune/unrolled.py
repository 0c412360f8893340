"""GRU and SimpleRNN as one step after the other, for TensorFlow's converter, which has no int8 loop.

Every step is quantized alike: what plays the same role in each of them has one range, over all steps of all samples.
So the steps are the same integers, and the compiling half rolls them up again (mcuprune.loops).  What the input adds
to a step is computed for all steps at once, ahead of them.

GRU: Cho et al. 2014 (arXiv 1406.1078), and with reset_after, which is Keras' default, the variant of cuDNN.
"""

from collections.abc import Callable

import numpy as np
import tf_keras

from mcuprune.prune.backend import keras, tf

ACTIVATIONS = {"tanh": tf.tanh, "sigmoid": tf.sigmoid, "relu": tf.nn.relu}
FIXED = {"tanh": (-1.0, 127 / 128), "sigmoid": (0.0, 255 / 256)}  # the ranges that TFLite gives their results
SATURATED = {"tanh": 4.0, "sigmoid": 8.0}  # arguments beyond give an end of these ranges


class Unrolled(tf_keras.layers.Layer):
    """A layer of Keras 3 that computes step by step.

    Calls are (x, state), float32 [n, steps, features] and zeros [n, units] -> [n, steps, units] or [n, units].
    Until it is settled, eager calls note the ranges of what will be int8.
    """

    def __init__(self, source: keras.layers.Layer) -> None:
        super().__init__(name=source.name)
        self.settled = False
        self.units = source.units
        self._make_step = self._gru if isinstance(source, keras.layers.GRU) else self._simple
        self._cell, self._sequences, self._backwards = source.cell, source.return_sequences, source.go_backwards
        self._arrays = _arrays(source)
        self._ranges: dict[str, tuple[float, float]] = {}

    def call(self, x: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        step, states = self._make_step(x), []
        state = self._ranged("state", state)
        for i in range(x.shape[1])[:: -1 if self._backwards else 1]:
            state = step(i, state)
            states.append(state)
        return tf.stack(states, axis=1) if self._sequences else state

    def _simple(self, x: tf.Tensor) -> Callable[[int, tf.Tensor], tf.Tensor]:
        """h = activation(W x + b + R h)"""
        kernel, recurrent, bias, inner = self._arrays
        ahead = self._ahead("input", x, kernel, bias)

        def step(i: int, h: tf.Tensor) -> tf.Tensor:
            recalled = self._product("recurrent", h, recurrent, inner)
            return self._activated("state", self._cell.activation, recalled, ahead[i])

        return step

    def _gru(self, x: tf.Tensor) -> Callable[[int, tf.Tensor], tf.Tensor]:
        """z, r = activation(W x + b + R h); c = activation(W' x + b' + r * (R' h)); h = c + z * (h - c)"""
        cell, gates, candidate = self._cell, slice(2 * self.units), slice(2 * self.units, None)
        kernel, recurrent, bias, inner = self._arrays
        ahead = self._ahead("gates_input", x, kernel[:, gates], bias[gates])
        ahead_of_candidate = self._ahead("candidate_input", x, kernel[:, candidate], bias[candidate])

        def step(i: int, h: tf.Tensor) -> tf.Tensor:
            recalled = self._product("gates_recurrent", h, recurrent[:, gates], inner[gates])
            both = self._activated("gates", cell.recurrent_activation, recalled, ahead[i])
            z, r = both[:, : self.units], both[:, self.units :]
            if cell.reset_after:
                recalled = self._product("candidate_recurrent", h, recurrent[:, candidate], inner[candidate])
                recalled = self._result("reset", tf.multiply, r, recalled)
            else:
                reset = self._result("reset", tf.multiply, r, h)
                recalled = self._product("candidate_recurrent", reset, recurrent[:, candidate], inner[candidate])
            c = self._activated("candidate", cell.activation, recalled, ahead_of_candidate[i])
            change = self._result("change", tf.subtract, h, c)
            kept = self._result("kept", tf.multiply, z, change)
            return self._result("state", tf.add, c, kept)

        return step

    def _ahead(self, role: str, x: tf.Tensor, kernel: np.ndarray, bias: np.ndarray) -> list[tf.Tensor]:
        """What the input adds to each step, [n, outputs] each."""
        rows = self._product(role, tf.reshape(x, (-1, x.shape[2])), kernel, bias)
        return tf.unstack(tf.reshape(rows, (-1, x.shape[1], kernel.shape[1])), axis=1)

    def _product(self, role: str, x: tf.Tensor, kernel: np.ndarray, bias: np.ndarray) -> tf.Tensor:
        return self._result(role, lambda: tf.nn.bias_add(tf.matmul(x, kernel), bias))

    def _activated(self, role: str, activation: Callable, *terms: tf.Tensor) -> tf.Tensor:
        """The activation of a sum.  What TFLite fixes needs no range; ReLU is one operator with the sum."""
        name = activation.__name__
        if name not in FIXED:
            return self._result(role, lambda: ACTIVATIONS[name](tf.add(*terms)))
        total = self._result(f"{role}_sum", tf.add, *terms, limit=SATURATED[name])
        with tf.name_scope(f"{self.name}_{role}"):
            return ACTIVATIONS[name](total)

    def _result(self, role: str, function: Callable, *operands: tf.Tensor, limit: float = np.inf) -> tf.Tensor:
        """What a function gives, in the range of its role, under a name that says so."""
        with tf.name_scope(f"{self.name}_{role}"):
            return self._ranged(role, function(*operands), limit)

    def _ranged(self, role: str, x: tf.Tensor, limit: float = np.inf) -> tf.Tensor:
        if role == "state" and self._cell.activation.__name__ in FIXED:
            low, high = FIXED[self._cell.activation.__name__]
        else:
            low, high = self._ranges.get(role, (0.0, 0.0))
        if self.settled:
            return tf.quantization.fake_quant_with_min_max_args(x, max(low, -limit), min(max(high, low + 1e-6), limit))
        if tf.executing_eagerly():
            self._ranges[role] = min(low, float(tf.reduce_min(x))), max(high, float(tf.reduce_max(x)))
        return x


def _arrays(source: keras.layers.Layer) -> tuple[np.ndarray, ...]:
    """Kernel, recurrent kernel, and the biases of both, zeros where there are none."""
    kernel, recurrent, *biases = source.get_weights()
    both = np.zeros((2, kernel.shape[1]), np.float32)
    if biases:
        both[: len(np.atleast_2d(biases[0]))] = biases[0]
    return kernel, recurrent, both[0], both[1]
