"""Feature maps go whose absence would change the loss the least, to first order."""

import numpy as np

from mcuprune.prune import recipe
from mcuprune.prune.backend import keras, tf
from mcuprune.prune.channels import Channels
from mcuprune.prune.network import Call, run
from mcuprune.prune.objective import targets
from mcuprune.prune.structured import lowest, shrink
from mcuprune.prune.task import Pruned, Task

ABOUT = (
    "Feature maps and neurons go whose absence would change the loss the least, by its gradient, in rounds with "
    "training between them (Molchanov et al. 2016, arXiv 1611.06440). Layers that take many cycles lose a little "
    "more than others."
)
UNIT = "parameters"
OPTIONS = ("distill",)
ROUNDS = 5
SAMPLES, BATCH = 1024, 64
PRICE = 1e-3  # of a million MACs, against scores whose squares add up to one in a layer


def prune(model: keras.Model, task: Task) -> Pruned:
    return shrink(model, task, lowest(lambda model, channels: score(model, channels, task)), ROUNDS)


def score(model: keras.Model, channels: Channels, task: Task) -> np.ndarray:
    """By channel: |mean over positions of activation x gradient|, the mean over samples; normalised in each layer.

    Activations are taken where they are read, as nobody reads a channel that is gone; where several layers read one,
    it is the mean over them.
    """
    data, objective = task.trained()
    training, _ = recipe.hold_back(len(data.x_train), task.seed)
    samples = np.random.default_rng(task.seed).choice(training, min(SAMPLES, len(training)), replace=False)
    y = targets(objective, data.x_train, data.y_train, model)
    readers = {w.layer: w.axes[w.reads] for w in channels.weights if w.reads is not None}
    sums: dict[str, np.ndarray] = {}
    for at in range(0, len(samples), BATCH):
        batch = samples[at : at + BATCH]
        with tf.GradientTape() as tape:
            outputs, read = _observed(model, tf.constant(data.x_train[batch]), set(readers))
            loss = objective.loss(y[batch], outputs)
        gradients = tape.gradient(loss, read, unconnected_gradients="zero")
        for layer, labels in readers.items():
            products = (read[layer] * gradients[layer]).numpy().reshape(len(batch), -1, len(labels)).sum(axis=1)
            each = np.zeros((len(channels.fixed), len(batch)))
            np.add.at(each, labels, products.T)  # one channel has many labels after a Flatten
            sums[layer] = sums.get(layer, 0) + np.abs(each).sum(axis=1)
    total, count = np.zeros(len(channels.fixed)), np.zeros(len(channels.fixed))
    for layer, labels in readers.items():
        total += sums[layer] / max(float(np.linalg.norm(sums[layer])), 1e-30)
        count[np.unique(labels)] += 1
    return total / np.maximum(count, 1) - PRICE * _megamacs(channels)


def _observed(model: keras.Model, x: tf.Tensor, layers: set[str]) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """The model's outputs and what these layers read."""
    read: dict[str, tf.Tensor] = {}

    def visit(call: Call) -> list:
        if call.name in layers:
            read.setdefault(call.name, call.inputs[0])
        return call.again(call.layer)

    return run(model, [x], visit)[0], read


def _megamacs(channels: Channels) -> np.ndarray:
    """What removing each channel saves; all of a group save the same."""
    every = np.ones(len(channels.fixed), bool)
    saved = np.zeros(len(every))
    for group in range(channels.group.max() + 1):
        members, without = channels.members(group), every.copy()
        without[members[0]] = False
        saved[members] = (channels.macs(every) - channels.macs(without)) / 1e6
    return saved
