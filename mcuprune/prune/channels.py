"""Which channels of a model belong together: remove one, and all that shares it becomes smaller by one.

Every index of the last axis of every tensor has a label, the number of its channel.  A convolution makes new ones; what
works on each channel alone passes them on; a sum makes the labels of its inputs one, so that a whole residual stream
has the channels of one layer; a concatenation puts them side by side; flattening an image repeats them.  Each axis of a
weight is then described by the labels of what it reads or makes, and to remove a channel is to delete indices.  (The
dependency graph of Fang et al. 2023, arXiv 2301.12900, per channel instead of per layer.)

Channels of the network's input and output are fixed, and so are those that a layer meets whose way with channels
mcuprune.prune.rules does not know.
"""

from dataclasses import dataclass, replace
from functools import partial
from math import prod

import numpy as np

from mcuprune.prune.backend import keras
from mcuprune.prune.network import run
from mcuprune.prune.rules import visit
from mcuprune.prune.tracing import Labels, Trace, Weight


@dataclass(frozen=True, eq=False)
class Channels:
    """The channels of a model, numbered."""

    fixed: np.ndarray  # bool by channel: may not go
    group: np.ndarray  # int by channel: alike where the same layers make them
    weights: list[Weight]
    sizes: dict[str, dict[str, Labels]]  # layer -> option of its constructor -> the channels that it counts
    barriers: dict[str, str]  # layers that are not known, and hold channels: name -> type
    parameters: int

    def count(self, keep: np.ndarray) -> int:
        """Parameters of the model without the channels that are not kept."""
        return self.parameters - sum(prod(w.variable.shape) - w.size(keep) for w in self.weights)

    def macs(self, keep: np.ndarray) -> int:
        """Multiply-accumulates of one inference."""
        return sum(w.places * w.size(keep) for w in self.weights)

    def members(self, group: int) -> np.ndarray:
        return np.flatnonzero(self.group == group)

    def makers(self, group: int) -> list[Weight]:
        """The weights that make the channels of a group."""
        return [w for w in self.weights if w.makes is not None and (self.group[w.axes[w.makes]] == group).any()]


def trace(model: keras.Model) -> Channels:
    """The channels of a model."""
    found = Trace()
    outputs = run(model, [found.fresh(tensor.shape[-1], fixed=True) for tensor in model.inputs], partial(visit, found))
    for labels in outputs:
        found.fix(labels)
    roots = np.array([found.root(label) for label in range(len(found.parent))])
    numbers, number = np.unique(roots, return_inverse=True)  # of the channel of each label
    fixed = np.zeros(len(numbers), bool)
    np.logical_or.at(fixed, number, found.fixed)
    weights = [
        replace(w, axes={axis: number[labels] for axis, labels in w.axes.items()}) for w in found.weights.values()
    ]
    sizes = {name: {key: number[labels] for key, labels in options.items()} for name, options in found.sizes.items()}
    return Channels(fixed, _groups(len(fixed), weights), weights, sizes, found.barriers, model.count_params())


def _groups(channels: int, weights: list[Weight]) -> np.ndarray:
    """Number the channels by the set of the layers that make them."""
    makers: list[list[str]] = [[] for _ in range(channels)]
    for weight in weights:
        if weight.makes is not None:
            for channel in np.unique(weight.axes[weight.makes]):
                makers[channel].append(weight.layer)
    numbers: dict[tuple[str, ...], int] = {}
    return np.array([numbers.setdefault(tuple(names), len(numbers)) for names in makers])
