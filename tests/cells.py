"""Networks that compute the same in every step, written out as the converter writes them: step after step."""

from dataclasses import replace

import numpy as np
from models import Net

from mcuprune.graph import Graph, Tensor

FEATURES, UNITS = 4, 6


class Steps(Net):
    """A network whose weights are the same in every step."""

    def __init__(self, name: str, steps: int, seed: int, features: int = FEATURES) -> None:
        super().__init__(name, steps, features, seed=seed)
        self.known: list[tuple[Tensor, Tensor, float]] = []
        self.used = 0

    def next(self) -> None:
        """A step begins."""
        self.used = 0

    def shared(self, x: Tensor, rows: int, sparsity: float = 0.0) -> Tensor:
        """A fully connected layer that is the same in every step."""
        if self.used == len(self.known):
            self.known.append(super()._weights(x, (rows, x.count), 0, sparsity))
        weights, bias, scale = self.known[self.used]
        self.used += 1
        attrs = {"fused_activation_function": "NONE", "weights_format": "DEFAULT", "keep_num_dims": False}
        return self._op("fully_connected", [x, weights, bias], self._result((1, rows), scale, 4), **attrs)

    def squashed(self, x: Tensor) -> Tensor:
        return self.unary("tanh", x, 1 / 128, 0)

    def piece(self, x: Tensor, i: int) -> Tensor:
        """[1, steps, features] -> [1, features]"""
        return self.reshape(self.slice(x, (slice(0, 1), slice(i, i + 1), slice(None))), x.shape[2])

    def pack(self, parts: list[Tensor]) -> Tensor:
        shape = (1, len(parts), *parts[0].shape[1:])
        return self._op("pack", parts, self._result(shape, parts[0].s, parts[0].z), axis=1, values_count=len(parts))


def network(number: int, steps: int | None = None) -> Graph:
    """Random steps, and random ways to begin, to go through the input and to end."""
    random = np.random.default_rng(number)
    steps = steps or int(random.integers(3, 7))
    net = Steps(f"steps{number}", steps, number)
    first = net.constant((1, UNITS), 5, 1 / 128, 0) if number % 3 else net.squashed(net.dense(net.input, UNITS))
    states = [first] * int(random.integers(1, 3))
    bound = net.squashed(net.dense(net.input, UNITS)) if random.random() < 0.3 else None
    seen, order = [], range(steps)[:: int(random.choice([-1, 1]))]
    shape = int(random.integers(1000))
    for i in order:
        net.next()
        states = _step(net, net.piece(net.input, i), states, bound, np.random.default_rng(shape))
        seen.append(states[0])
    kept = seen if random.random() < 0.5 else seen[::-1]
    side_by_side = net.pack(kept) if random.random() < 0.5 else net.concat(kept, 1)
    ends = [net.dense(states[0], 5), side_by_side, states[-1]]
    chosen = [end for end in ends if random.random() < 0.5] or ends[:1]
    return net.graph(*chosen)


def _step(net: Steps, x: Tensor, states: list[Tensor], bound: Tensor | None, random: np.random.Generator):
    """What a step makes of its piece of the input and of the states before."""
    alive = [net.shared(x, UNITS, 0.5), *states, *([bound] if bound else [])]
    for _ in range(random.integers(1, 5)):
        a, b = (alive[random.integers(len(alive))] for _ in range(2))
        grown = [
            lambda a=a, b=b: net.add(a, b),
            lambda a=a, b=b: net.multiply(a, b),
            lambda a=a: net.shared(a, UNITS, float(random.choice([0, 0.8]))),
            lambda a=a: net.slice(net.shared(a, 2 * UNITS), (slice(0, 1), slice(UNITS, 2 * UNITS))),
            lambda a=a: net.unary("logistic", a, 1 / 256, -128),
        ]
        alive.append(grown[random.integers(len(grown))]())
    mixed = net.add(alive[-1], alive[0])
    for state in states:
        mixed = net.add(mixed, state)
    made = [net.squashed(mixed)]
    return [*made, *(net.squashed(net.add(made[0], state)) for state in states[1:])]


def memory(steps: int = 5) -> Graph:
    """One state: h = tanh(W x + R h)."""
    net = Steps("memory", steps, 1)
    state = net.constant((1, UNITS), 0, 1 / 128, 0)
    for i in range(steps):
        net.next()
        state = net.squashed(net.add(net.shared(net.piece(net.input, i), UNITS), net.shared(state, UNITS)))
    return net.graph(net.dense(state, 3))


def unpacked(steps: int = 4) -> Graph:
    """The input taken apart by one UNPACK, as the reader knows it: an operator for each part."""
    net = Steps("unpacked", steps, 2)
    state = net.constant((1, UNITS), -3, 1 / 128, 0)
    for i in range(steps):
        net.next()
        piece = net.unary("unpack", net.input, net.input.s, net.input.z, num=steps, axis=1, part=i)
        net.tensors[-1] = piece = replace(piece, shape=(1, FEATURES))
        state = net.squashed(net.add(net.shared(piece, UNITS), net.shared(state, UNITS)))
    return net.graph(net.dense(state, 3))


def stacked(steps: int = 4) -> Graph:
    """Two layers, the second of which goes backwards and gives what it has computed in every step."""
    net = Steps("stacked", steps, 3)
    state, seen = net.constant((1, UNITS), 0, 1 / 128, 0), []
    for i in range(steps):
        net.next()
        state = net.squashed(net.add(net.shared(net.piece(net.input, i), UNITS), net.shared(state, UNITS)))
        seen.append(state)
    sequence, net.known = net.pack(seen), []
    state, seen = net.squashed(net.dense(sequence, UNITS)), []
    for i in reversed(range(steps)):
        net.next()
        state = net.squashed(net.add(net.shared(net.piece(sequence, i), UNITS), net.shared(state, UNITS)))
        seen.append(net.reshape(state, 1, UNITS))
    return net.graph(net.concat(seen[::-1], 1))


def renamed(graph: Graph, name: str) -> Graph:
    return replace(graph, name=name)
