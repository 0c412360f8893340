"""Memory planning: give every activation a place in one arena.

Buffers are placed largest first, each at the lowest offset where it overlaps nothing that is alive at the same time.
That is not optimal (the problem is NP-hard) but close, and easy to check.  Tensors that are one another under a new
shape, or that an operator may overwrite in place, share a buffer.  The network's input and output live in the
caller's memory and take no room.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcuprune.graph import Graph
from mcuprune.layer import Layer, Scratch, leaves
from mcuprune.report import PlanRow

ALIGNMENT = 4  # bytes: scratch may hold words
FOREVER = 1 << 30  # the last use of the network's output


@dataclass(frozen=True)
class Plan:
    """Where everything lives.  place: tensor index -> 'input', 'output' or an offset in the arena."""

    size: int
    slots: tuple[PlanRow, ...]
    place: dict[int, str | int]
    scratch: dict[int, int]  # layer index -> offset of its scratch


def plan(graph: Graph, layers: Sequence[Layer]) -> Plan:
    """The arena of a network whose layers are in execution order."""
    last_use = dict.fromkeys(graph.outputs, FOREVER)
    for i, layer in enumerate(layers):
        for tensor in layer.op.inputs:
            last_use[tensor] = max(last_use.get(tensor, i), i)
    first_use = dict.fromkeys(graph.inputs, -1)
    first_use |= {tensor: i for i, layer in enumerate(layers) for tensor in layer.op.outputs}

    place: dict[int, str | int] = {}
    scratch: dict[int, int] = {}
    wanted: list[tuple[PlanRow, list[int]]] = []  # a buffer without its offset, and its tensors; none: scratch
    for group in _share(graph, layers, last_use):
        if group[0] in graph.inputs:
            place |= dict.fromkeys(group, "input")
        elif set(group) & set(graph.outputs):
            place |= dict.fromkeys(group, "output")
        else:
            first = min(first_use[t] for t in group)
            last = max(last_use.get(t, first_use[t]) for t in group)
            name = " = ".join(layers[first_use[t]].op.name for t in group)
            wanted.append((PlanRow(name, 0, graph.tensors[group[0]].size, first, last), group))
    for i, layer in enumerate(layers):
        if size := scratch_size(layer):
            wanted.append((PlanRow(f"scratch of {layer.op.name}", 0, size, i, i), []))

    slots: list[PlanRow] = []
    for row, group in sorted(wanted, key=lambda w: (-w[0].size, w[0].first)):
        offset = _lowest_gap(slots, row)
        slots.append(replace(row, offset=offset))
        place |= dict.fromkeys(group, offset)
        if not group:
            scratch[row.first] = offset
    return Plan(
        size=_align(max((s.offset + s.size for s in slots), default=0)),
        slots=tuple(sorted(slots, key=lambda s: (s.first, s.offset))),
        place=place,
        scratch=scratch,
    )


def scratch_size(layer: Layer) -> int:
    """Bytes of scratch: calls run one after the other, so the largest need counts."""
    sizes = [f.size for call in layer.calls for _, f in leaves(call.fields) if isinstance(f, Scratch)]
    return max(sizes, default=0)


def _share(graph: Graph, layers: Sequence[Layer], last_use: dict[int, int]) -> list[list[int]]:
    """Groups of activations, in order of creation, that use the same memory."""
    group_of = {tensor: [tensor] for tensor in graph.inputs}
    for i, layer in enumerate(layers):
        output = layer.op.outputs[0]
        for tensor in _sources(graph, layer):
            group = group_of.get(tensor)
            if group is None or graph.tensors[tensor].size != graph.tensors[output].size:
                continue  # a constant, or another size
            read_only = group[0] in graph.inputs
            if layer.alias:
                shared = not (read_only and output in graph.outputs)  # then the emitter copies input to output
            else:
                others = [t for p, t in enumerate(layer.op.inputs) if p not in _in_place(layer)]
                finished = all(last_use.get(t, 0) <= i for t in group)
                shared = finished and not read_only and not set(group).intersection(others)
            if shared:
                group.append(output)
                group_of[output] = group
                break
        else:
            group_of[output] = [output]
    return list({id(g): g for g in group_of.values()}.values())


def _sources(graph: Graph, layer: Layer) -> list[int]:
    """Tensors whose memory the layer's output may take over."""
    return [layer.op.inputs[0]] if layer.alias else [layer.op.inputs[p] for p in _in_place(layer)]


def _in_place(layer: Layer) -> tuple[int, ...]:
    return (0,) if layer.below == 0 else layer.in_place


def _lowest_gap(slots: Sequence[PlanRow], row: PlanRow) -> int:
    """The lowest offset at which row overlaps nothing that is alive at the same time."""
    alive = (s for s in slots if s.first <= row.last and row.first <= s.last)
    offset = 0
    for slot in sorted(alive, key=lambda s: s.offset):
        if offset + row.size <= slot.offset:
            break
        offset = max(offset, _align(slot.offset + slot.size))
    return offset


def _align(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
