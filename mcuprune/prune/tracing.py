"""Labels while the graph of a model is walked, and what is found of its weights on the way.

Every index of the last axis of every tensor has a label.  Labels that are one channel grow together (union-find).
"""

from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from mcuprune.prune.backend import keras
from mcuprune.prune.network import Call

Labels = np.ndarray  # int [channels of a tensor]


@dataclass(frozen=True, eq=False)
class Weight:
    """A variable of a layer, and the channels along its axes; other axes stay whole."""

    layer: str
    variable: keras.Variable
    axes: dict[int, Labels]
    reads: int | None = None  # the axis that meets channels of the input
    makes: int | None = None  # the axis along which channels are made
    places: int = 0  # how often it is multiplied in one inference

    def size(self, keep: np.ndarray) -> int:
        """Elements that stay.  keep: bool by channel."""
        return prod(keep[self.axes[i]].sum() if i in self.axes else n for i, n in enumerate(self.variable.shape))

    def kept(self, keep: np.ndarray) -> np.ndarray:
        """The values that stay."""
        values = self.variable.numpy()
        for axis, labels in self.axes.items():
            values = np.compress(keep[labels], values, axis)
        return values


@dataclass(eq=False)
class Trace:
    """What is known so far."""

    parent: list[int] = field(default_factory=list)
    fixed: list[bool] = field(default_factory=list)
    weights: dict[int, Weight] = field(default_factory=dict)  # by id of the variable
    sizes: dict[str, dict[str, Labels]] = field(default_factory=dict)
    made: dict[int, Labels] = field(default_factory=dict)  # by id of the layer
    barriers: dict[str, str] = field(default_factory=dict)

    def fresh(self, count: int | None, fixed: bool = False) -> Labels:
        """New labels, one where the count is not known."""
        start, count = len(self.parent), count or 1
        self.parent += range(start, start + count)
        self.fixed += [fixed] * count
        return np.arange(start, start + count)

    def root(self, label: int) -> int:
        """The label that stands for its channel."""
        while self.parent[label] != label:
            self.parent[label] = self.parent[self.parent[label]]
            label = self.parent[label]
        return label

    def unite(self, a: Labels, b: Labels) -> None:
        """Each label of one tensor and its partner are one channel."""
        for one, other in zip(a, b, strict=True):
            self.parent[self.root(int(one))] = self.root(int(other))

    def fix(self, labels: Labels) -> None:
        """These channels stay."""
        for label in labels:
            self.fixed[label] = True

    def make(self, call: Call, count: int, fixed: bool = False) -> Labels:
        """The channels that a layer makes: the same at every use of it."""
        if id(call.layer) not in self.made:
            self.made[id(call.layer)] = self.fresh(count, fixed)
        return self.made[id(call.layer)]

    def weigh(self, call: Call, name: str, axes: dict[int, Labels], places: int = 0, **roles: int) -> None:
        """Describe a variable that the layer may have; at further uses its channels become those of the first."""
        variable = call.layer
        for part in name.split("."):
            variable = getattr(variable, part, None)
        if variable is None:
            return
        known = self.weights.setdefault(id(variable), Weight(call.name, variable, axes, **roles))
        for axis, labels in axes.items():
            self.unite(known.axes[axis], labels)
        self.weights[id(variable)] = replace(known, places=known.places + places)

    def size(self, call: Call, **options: Labels) -> None:
        """Note which channels the options of a layer count."""
        self.sizes.setdefault(call.name, options)

    def barrier(self, call: Call) -> list[Labels]:
        """Nothing is known: all that goes in and comes out stays whole."""
        for labels in call.inputs:
            if not all(self.fixed[label] for label in labels):
                self.barriers[call.name] = type(call.layer).__name__
            self.fix(labels)
        return [self.fresh(shape[-1] if len(shape) > 1 else 1, fixed=True) for shape in call.shapes]
