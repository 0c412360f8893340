"""Which channels of a network somebody needs.

A channel is an index of a tensor's last dimension.  Most operators pass channels on: what they read and what they
write can only be removed together.  Such channels form a group.  CONV_2D and FULLY_CONNECTED end groups and begin new
ones: their weights can lose a column and a row.  A group is alive if it holds a byte of the network's ends or of an
operator that is not known here, or if a row that is alive cannot do without one of its channels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.operand import sample_shape
from mcuprune.ops import OPS, mean
from mcuprune.ranges import LAYOUT, LOOKUPS, Reach, columns

ELEMENTWISE = LOOKUPS | {"average_pool_2d", "max_pool_2d"}
PAIRS = ("add", "mul")
MATRICES = ("conv_2d", "fully_connected")

Link = tuple[np.ndarray, np.ndarray]  # nodes, pairwise one group


@dataclass(frozen=True, eq=False)
class Demand:
    """What a matrix operator wants of the channels that it reads.

    needed: bool [rows, channels]: the row cannot do without the channel.
    constant: int64 [rows, channels]: what the channel adds to every sum of the row, where that is always the same.
    """

    needed: np.ndarray
    constant: np.ndarray


def alive(graph: Graph, reach: Reach) -> dict[int, np.ndarray]:
    """bool [channels] for every tensor that has channels nobody needs, by its index.  At least one is always left."""
    first = _numbered(graph)
    links, pinned, matrices = _links(graph, first)
    label = _groups(int(first[-1]), links)
    live = np.zeros(label.max(initial=0) + 1, bool)
    live[label[pinned]] = True
    demands = [(op, demand(graph, op, reach)) for op in reversed(matrices)]

    def group(tensor: int) -> np.ndarray:
        return label[first[tensor] : first[tensor] + _channels(graph.tensors[tensor].shape)]

    used = sorted({i for op in graph.ops for i in (*op.inputs, *op.outputs) if i >= 0})
    before = -1
    while before != live.sum():
        before = live.sum()
        for op, wants in demands:
            live[group(op.inputs[0])[wants.needed[live[group(op.outputs[0])]].any(axis=0)]] = True
        if before == live.sum():
            live[[group(i)[0] for i in used if not live[group(i)].any()]] = True
    masks = {i: live[group(i)] for i in used}
    return {i: mask for i, mask in masks.items() if not mask.all()}


def demand(graph: Graph, op: Op, reach: Reach) -> Demand:
    """Of a CONV_2D of one group or a FULLY_CONNECTED."""
    source, weights = graph.operand(op, 0), OPS[op.kind].weights(graph, op)
    channels = source.shape[-1]
    taps = weights.reshape(len(weights), -1, channels).astype(np.int64)
    needed, constant = (taps != 0).any(axis=1), np.zeros((len(weights), channels), np.int64)
    least, most = reach[op.inputs[0]]
    known = (least == most).reshape(-1, channels).all(axis=0)
    seen = columns(graph, op, least).reshape(-1, taps.shape[1], channels)
    for channel in np.flatnonzero(known & needed.any(axis=0)):
        sums = (seen[:, :, channel].astype(np.int64) - source.z) @ taps[:, :, channel].T
        same = (sums == sums[0]).all(axis=0)
        needed[same, channel] = False
        constant[same, channel] = sums[0, same]
    return Demand(needed, constant)


def _channels(shape: tuple[int, ...]) -> int:
    return shape[-1] if shape else 1


def _numbered(graph: Graph) -> np.ndarray:
    """The number of each tensor's first channel: the nodes of the groups."""
    return np.cumsum([0, *(_channels(t.shape) for t in graph.tensors)])


def _links(graph: Graph, first: np.ndarray) -> tuple[list[Link], np.ndarray, list[Op]]:
    """What belongs together, which nodes have to stay, and the operators that end groups."""
    links: list[Link] = []
    pinned: list[np.ndarray] = []
    matrices: list[Op] = []

    def nodes(tensor: int) -> np.ndarray:
        return np.arange(first[tensor], first[tensor + 1])

    fixed = {*graph.inputs, *graph.outputs}
    for op in graph.ops:
        operands = [i for i in op.inputs if i >= 0]
        if op.kind in MATRICES and _splits(graph, op):
            matrices.append(op)
            fixed.update(operands[1:])
        elif passed := _passed(graph, op, nodes):
            links += passed
            sources = np.concatenate([source for _, source in passed])
            fixed.update(set(operands) - set(np.searchsorted(first, sources, "right") - 1))
        else:
            fixed.update(operands, op.outputs)
    pinned = [nodes(i) for i in sorted(fixed)]
    return links, np.concatenate(pinned), matrices


def _splits(graph: Graph, op: Op) -> bool:
    """Whether a matrix has a column, or some, to each channel that it reads, and a row to each that it writes."""
    source, weights, target = graph.operand(op, 0), graph.operand(op, 1), graph.results(op)[0]
    if source.constant or target.shape[-1] != weights.shape[0]:
        return False
    if op.kind == "conv_2d":
        return source.shape[3] == weights.shape[3]
    return weights.shape[1] % source.shape[-1] == 0


def _passed(graph: Graph, op: Op, nodes) -> list[Link]:
    """(nodes of the output, nodes of operands) that go together; nothing for an operator that is not known."""
    result = op.outputs[0]
    target = graph.tensors[result]
    if op.kind in ELEMENTWISE or (op.kind == "mean" and _keeps_channels(graph, op)):
        return [(nodes(result), nodes(op.inputs[0]))]
    if op.kind == "depthwise_conv_2d":
        return [(nodes(result), np.repeat(nodes(op.inputs[0]), target.shape[3] // graph.operand(op, 0).shape[3]))]
    if op.kind in PAIRS:
        whole = [i for i in op.inputs if _channels(graph.tensors[i].shape) == target.shape[-1]]
        return [(nodes(result), nodes(i)) for i in whole]
    if op.kind in LAYOUT and (op.kind != "strided_slice" or cuts_a_run(graph, op)):
        return list(_moved(graph, op, nodes))
    return []


def _keeps_channels(graph: Graph, op: Op) -> bool:
    return len(graph.operand(op, 0).shape) - 1 not in mean.axes(graph, op)


def cuts_a_run(graph: Graph, op: Op) -> bool:
    """Whether a STRIDED_SLICE takes neighbouring channels and has an item of its own for each dimension."""
    masks = sum(op.attrs.get(f"{mask}_mask", 0) for mask in ("ellipsis", "new_axis", "shrink_axis"))
    items, steps = graph.operand(op, 1).count, graph.operand(op, 3).values
    return masks == 0 and items == len(graph.operand(op, 0).shape) and steps[-1] == 1


def _moved(graph: Graph, op: Op, nodes) -> Iterator[Link]:
    """Where every byte of the output comes from, by the reference run on the numbers of the channels."""
    base = 1000  # more than any byte that PAD writes
    numbers = [graph.tensors[i].data for i in op.inputs]
    for position in range(len(op.inputs) if op.kind == "concatenation" else 1):
        tensor = graph.operand(op, position)
        shape = tensor.shape if tensor.constant else (1, *sample_shape(tensor))
        numbers[position] = np.broadcast_to(base + nodes(op.inputs[position]), shape)
    (came,) = OPS[op.kind].reference(graph, op, numbers)
    came = came.reshape(-1, graph.results(op)[0].shape[-1])
    for line in came[:1] if (came == came[0]).all() else np.unique(came, axis=0):
        yield nodes(op.outputs[0])[line >= base], line[line >= base] - base


def _groups(count: int, links: list[Link]) -> np.ndarray:
    """The group of each node: the least node in it.  Each round, links and paths of nodes grow shorter."""
    label = np.arange(count)
    if not links:
        return label
    a, b = (np.concatenate(ends) for ends in zip(*links, strict=True))
    while not np.array_equal(label[a], label[b]):
        least = np.minimum(label[a], label[b])
        np.minimum.at(label, label[a], least)
        np.minimum.at(label, label[b], least)
        label = label[label]
    return label
