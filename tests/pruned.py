"""Networks as channel pruning leaves them, for tests of the lossless passes.

Whole rows and columns of weights are zero, and biases make every kind of constant of them: the zero point, another
number, one that an activation clamps whatever the few weights say that are left.
"""

from dataclasses import replace

import numpy as np
from models import Net

from mcuprune.graph import Graph, Op, Tensor
from mcuprune.rewrite import ROWS


def prune(graph: Graph, random: np.random.Generator, share: float = 0.5) -> Graph:
    """The graph with about so many rows and columns of each weight matrix gone; shapes stay."""
    tensors = list(graph.tensors)
    for op in graph.ops:
        if op.kind in ROWS:
            tensors[op.inputs[1]], tensors[op.inputs[2]] = _pruned(graph, op, random, share * random.integers(0, 3) / 2)
    return replace(graph, tensors=tuple(tensors))


def _pruned(graph: Graph, op: Op, random: np.random.Generator, share: float) -> tuple[Tensor, Tensor]:
    filters, bias = graph.operand(op, 1), graph.operand(op, 2)
    weights, biases = filters.values.copy(), bias.values.copy()
    rows = np.moveaxis(weights, ROWS[op.kind], 0)
    dead = random.random(len(rows)) < share
    left = np.sign(rows[dead]) * (random.random(dead.sum()) < 0.2).reshape(-1, *[1] * (rows.ndim - 1))
    rows[dead] = left
    biases[dead] = random.choice([0, 0, 0, 900, -900, -200_000, 200_000], dead.sum())
    if op.kind != "depthwise_conv_2d":
        weights[..., random.random(weights.shape[-1]) < share / 2] = 0
    return replace(filters, data=weights), replace(bias, data=biases)


def random_network(seed: int, most: int = 9) -> Graph:
    """Some operators, each on any activation that there is, channels of all of them pruned."""
    random = np.random.default_rng(seed)
    size = [int(n) for n in random.integers(4, 8, 2)]
    net = Net(f"net{seed}", *size, int(random.integers(1, 5)), seed=seed)
    alive = [net.conv(net.input, 6)]
    for _ in range(random.integers(1, most)):
        alive.append(_grown(net, alive[random.integers(len(alive))], alive, random))
    return prune(net.graph(_classified(net, alive[-1], random)), random)


def _classified(net: Net, x: Tensor, random: np.random.Generator) -> Tensor:
    ends = [lambda: net.dense(net.reshape(x, x.count), 3), lambda: net.dense(x, 3), lambda: x]
    if len(x.shape) == 4:
        ends += [lambda: net.dense(net.mean(x), 3), lambda: net.conv(x, 3, 1)]
    return ends[random.integers(len(ends))]()


def _grown(net: Net, x: Tensor, alive: list[Tensor], random: np.random.Generator) -> Tensor:
    same = [t for t in alive if t.shape == x.shape]
    other, channels = same[random.integers(len(same))], x.shape[-1]
    kin = [t for t in same if (t.s, t.z) == (x.s, x.z)]
    kin, some, every = kin[random.integers(len(kin))], int(random.integers(1, 9)), slice(None)
    constant = net.constant((1, *[1] * (len(x.shape) - 2), channels), random.integers(-128, 128, channels), x.s, x.z)
    first = int(random.integers(0, channels))
    kind = str(random.choice(["leaky_relu", "quantize", "tanh", "hard_swish", "relu6"]))
    attrs = {"alpha": 0.3} if kind == "leaky_relu" else {}
    scale, zero = (1 / 128, 0) if kind == "tanh" else (x.s, x.z) if random.random() < 0.5 else (2 * x.s, 9)
    steps = [
        lambda: net.add(x, other),
        lambda: net.multiply(other, x),
        lambda: net.add(x, constant),
        lambda: net.multiply(x, constant),
        lambda: net.concat([x, kin, x], len(x.shape) - 1),
        lambda: net.concat([x, constant], len(x.shape) - 1) if len(x.shape) == 2 else net.concat([x, kin], 1),
        lambda: net.unary(kind, x, scale, zero, **attrs),
        lambda: net.slice(x, (*[every] * (len(x.shape) - 1), slice(first, None))),
        lambda: net.pad(x, [*[(0, 0)] * (len(x.shape) - 1), (1, 2)]),
        lambda: net.dense(x, some),
        lambda: net.reshape(net.reshape(x, x.count), *x.shape[1:]),
        lambda: net.softmax(x),
    ]
    if len(x.shape) == 4:
        frame = [(0, 0), *((int(a), int(b)) for a, b in random.integers(0, 3, (2, 2))), (0, 0)]
        steps += 2 * [
            lambda: net.conv(x, some, int(random.integers(1, 4)), stride=int(random.integers(1, 3))),
            lambda: net.conv(net.pad(x, frame), some, min(3, *x.shape[1:3]), padding="VALID"),
            lambda: net.depthwise(x, stride=int(random.integers(1, 3)), multiplier=int(random.integers(1, 3))),
            lambda: net.depthwise(net.pad(x, frame), stride=2),
            lambda: net.add(x, net.conv(x, channels)),
            lambda: net.multiply(x, net.reshape(net.dense(net.mean(x), channels), 1, 1, channels)),
            lambda: net.pool("max", x, 1),
            lambda: net.pool("average", x, min(2, *x.shape[1:3])),
            lambda: net.transpose(x, (0, 2, 1, 3)),
            lambda: net.transpose(x, (0, *(1 + random.permutation(3)).tolist())),
            lambda: net.mean(x),
        ]
    return steps[random.integers(len(steps))]()


def mobilenet(seed: int = 0, *, size: int = 96, dead: float = 0.9, elsewhere: float = 0.15) -> Graph:
    """A look-alike of MobileNetV1 0.25, ReLU6, with whole output channels of its pointwise convolutions zero.

    dead: share of them in the widest layers, less in others; elsewhere: of these, a constant that is no zero point.
    """
    net, random = Net("mobilenet", size, size, 3, seed=seed, scale=6 / 255), np.random.default_rng(seed)
    x, share = net.conv(net.input, 8, stride=2), 0.0
    for filters, stride in [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), *[(128, 2 - (i > 0)) for i in range(6)],
                            (256, 2), (256, 1)]:  # fmt: skip
        x = net.conv(net.depthwise(x, stride=stride), filters, 1)
    graph = net.graph(net.softmax(net.dense(net.reshape(net.pool("average", x, x.shape[1]), x.shape[3]), 2)))
    tensors = list(graph.tensors)
    for op in graph.ops:
        if op.kind != "conv_2d" or graph.operand(op, 1).shape[1] > 1:
            continue
        filters, bias = graph.operand(op, 1), graph.operand(op, 2)
        louder = np.float32((1 - share) ** -0.5)  # so that what is left is not lost among what is gone
        share = dead * (np.log2(len(filters.values)) - 2) / 6
        gone = random.random(len(filters.values)) < share
        other = gone & (random.random(len(gone)) < elsewhere)
        weights, biases = filters.values.copy(), bias.values.copy()
        weights[gone], biases[gone] = 0, np.where(other[gone], 4000, -np.abs(biases[gone]))
        tensors[op.inputs[1]] = replace(filters, data=weights, scale=filters.scale * louder)
        tensors[op.inputs[2]] = replace(bias, data=biases, scale=bias.scale * louder)
    clamped = {"fused_activation_function": "RELU6"}
    ops = [replace(op, attrs=op.attrs | clamped) if op.kind.endswith("conv_2d") else op for op in graph.ops]
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))
