"""Channels that nobody needs vanish: with the weights that compute them, and with those that read them.

mcuprune.channels says which.  A channel that is always the same number lives on in the biases of its readers; where
padding makes a border of it, so that no bias will do, it stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mcuprune import channels
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.ops import pad
from mcuprune.ranges import Reach


def apply(graph: Graph, reach: Reach) -> Graph:
    alive = channels.alive(graph, reach)
    if not alive:
        return graph
    cut = _Cut(graph, reach, alive, list(graph.tensors))
    for i, mask in alive.items():
        cut.tensors[i] = _narrowed(graph.tensors[i], mask)
    ops = tuple(_CUTS.get(op.kind, _as_it_is)(cut, op) for op in graph.ops)
    return replace(graph, tensors=tuple(cut.tensors), ops=ops)


@dataclass(frozen=True)
class _Cut:
    """A graph whose operators lose channels one after the other."""

    graph: Graph
    reach: Reach
    alive: Mapping[int, np.ndarray]
    tensors: list[Tensor] = field(repr=False)  # with new constants at the end

    def mask(self, tensor: int) -> np.ndarray:
        """bool [channels]: those that are left"""
        return self.alive.get(tensor, np.ones(self.graph.tensors[tensor].shape[-1], bool))

    def touches(self, op: Op) -> bool:
        return not self.alive.keys().isdisjoint({*op.inputs, *op.outputs})

    def constant(self, old: Tensor, data: np.ndarray, scale: np.ndarray | None = None) -> int:
        """The index of a new constant in the place of an old one; scale: which of its scales are left, a mask."""
        if scale is not None and len(old.scale) > 1:
            old = replace(old, scale=old.scale[scale], zero_point=old.zero_point[scale])
        self.tensors.append(replace(old, shape=data.shape, data=np.ascontiguousarray(data, old.dtype)))
        return len(self.tensors) - 1


def _narrowed(tensor: Tensor, mask: np.ndarray) -> Tensor:
    left = (np.arange(tensor.count) if tensor.kept is None else tensor.kept).reshape(tensor.shape)[..., mask]
    data = None if tensor.data is None else np.ascontiguousarray(tensor.data[..., mask])
    return replace(tensor, shape=left.shape, data=data, kept=left.reshape(-1))


def _matrix(cut: _Cut, op: Op) -> Op:
    """CONV_2D and FULLY_CONNECTED lose rows and columns; what columns have always added goes into the bias."""
    if not cut.touches(op):
        return op
    graph, filters = cut.graph, cut.graph.operand(op, 1)
    rows, columns = cut.mask(op.outputs[0]), cut.mask(op.inputs[0])
    added = np.zeros(rows.sum(), np.int64)
    if not columns.all():
        added = channels.demand(graph, op, cut.reach).constant[rows][:, ~columns].sum(axis=1)
    weights = filters.values[rows].reshape(rows.sum(), -1, columns.size)[:, :, columns]
    shape = (*filters.shape[1:-1], columns.sum()) if op.kind == "conv_2d" else (weights[0].size,)
    data = weights.reshape(rows.sum(), *shape)
    return replace(op, inputs=(op.inputs[0], cut.constant(filters, data, rows), _bias(cut, op, rows, added)))


def _bias(cut: _Cut, op: Op, rows: np.ndarray, added: np.ndarray | int = 0) -> int:
    """The bias of the rows that are left.  It cannot overflow: what is added was part of a sum of 32 bits."""
    _, filters, bias = (*cut.graph.operands(op), None)[:3]
    if bias is not None:
        return cut.constant(bias, bias.values.reshape(-1)[rows] + added, rows)
    assert filters is not None
    scale = filters.scale * np.float32(cut.graph.operand(op, 0).s)
    zero_point = np.zeros(len(scale), np.int64)
    none = Tensor(f"{op.name}/bias", rows.shape, "int32", scale, zero_point, data=np.zeros(rows.shape, np.int32))
    return cut.constant(none, none.values[rows] + added, rows)


def _depthwise(cut: _Cut, op: Op) -> Op:
    if not cut.touches(op):
        return op
    filters, rows = cut.graph.operand(op, 1), cut.mask(op.outputs[0])
    data = filters.values[..., rows]
    return replace(op, inputs=(op.inputs[0], cut.constant(filters, data, rows), _bias(cut, op, rows)))


def _pad(cut: _Cut, op: Op) -> Op:
    """A frame of channels may have lost some of its own."""
    if not cut.touches(op):
        return op
    frame, mask = np.array(pad.paddings(cut.graph, op)), cut.mask(op.outputs[0])
    before, after = frame[-1]
    frame[-1] = mask[:before].sum(), mask[len(mask) - after :].sum()
    return replace(op, inputs=(op.inputs[0], cut.constant(cut.graph.operand(op, 1), frame), *op.inputs[2:]))


def _reshape(cut: _Cut, op: Op) -> Op:
    if not cut.touches(op) or len(op.inputs) < 2:
        return op
    shape = np.array(cut.tensors[op.outputs[0]].shape)
    return replace(op, inputs=(op.inputs[0], cut.constant(cut.graph.operand(op, 1), shape)))


def _strided_slice(cut: _Cut, op: Op) -> Op:
    """What is selected of the channels that are left is still a run."""
    if not cut.touches(op):
        return op
    begin, end = (cut.graph.operand(op, i).values.copy() for i in (1, 2))
    last, mask = len(begin) - 1, cut.mask(op.inputs[0])
    count = cut.mask(op.outputs[0]).size
    start = 0 if op.attrs["begin_mask"] >> last & 1 else int(range(mask.size)[begin[last] :].start)
    begin[last] = mask[:start].sum()
    end[last] = mask[: start + count].sum()
    bounds = [cut.constant(cut.graph.operand(op, i), data) for i, data in ((1, begin), (2, end))]
    masks = {name: op.attrs[name] & ~(1 << last) for name in ("begin_mask", "end_mask")}
    return replace(op, inputs=(op.inputs[0], *bounds, op.inputs[3]), attrs={**op.attrs, **masks})


def _as_it_is(cut: _Cut, op: Op) -> Op:
    return op


_CUTS = {
    "conv_2d": _matrix,
    "fully_connected": _matrix,
    "depthwise_conv_2d": _depthwise,
    "pad": _pad,
    "padv2": _pad,
    "reshape": _reshape,
    "strided_slice": _strided_slice,
}
