"""Lossless passes: a smaller graph whose outputs are the same in every byte, for every input.

A pass is a file with `apply(graph, reach) -> Graph`, which returns the graph that it was given where there is nothing
to do; reach is what mcuprune.ranges knows of the tensors.  It knows nothing of int16: WIDE says that a pass can do
without.
All of them are applied in turn until none finds anything.  The network's ends keep their shapes; tensors keep their
indices, scales and zero points, and what is left of a tensor keeps its values, so that layers can be compared with the
oracle's one by one (Tensor.kept).  What a pass does not know stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

from mcuprune import loops, operand
from mcuprune.graph import Graph, Op
from mcuprune.ranges import ranges
from mcuprune.report import Rewrite

ROWS = {"conv_2d": 0, "fully_connected": 0, "depthwise_conv_2d": 3}  # the dimension of the weights that outputs are


@dataclass(frozen=True)
class Rewritten:
    """A graph before and after, and what each pass took away."""

    original: Graph
    graph: Graph
    rewrites: tuple[Rewrite, ...]


def rewrite(graph: Graph) -> Rewritten:
    """All passes, to the fixpoint, with repetitions rolled up to loops, which no pass looks into.

    A network that computes in int16 has only those that do not ask what its numbers can be, and no loops.
    """
    wide = any(operand.wide(graph, op) or graph.operand(op, 0).dtype == "int16" for op in graph.ops)
    passes = {name: module for name, module in PASSES.items() if not wide or getattr(module, "WIDE", False)}
    removed = dict.fromkeys(passes, Size(0, 0, 0, 0))
    original, graph = graph, graph if wide else loops.roll(graph)
    reach, changed = {} if wide else ranges(graph), True
    while changed:
        changed = False
        for name, module in passes.items():
            smaller = module.apply(graph, reach)
            if smaller is not graph:
                smaller = PASSES["unread"].apply(smaller, reach)  # what a pass leaves behind counts as its own
                lost = zip(removed[name], size(graph), size(smaller), strict=True)
                removed[name] = Size(*(so_far + before - after for so_far, before, after in lost))
                graph, reach, changed = smaller, {} if wide else ranges(smaller), True
    graph = loops.spread(graph)
    return Rewritten(original, graph, tuple(Rewrite(name, *lost) for name, lost in removed.items() if any(lost)))


class Size(NamedTuple):
    """Of a network, zeros included; bytes: of constants."""

    operators: int
    weights: int
    macs: int
    bytes: int


def size(graph: Graph) -> Size:
    weights = macs = 0
    for op in graph.ops:
        if op.kind in ROWS:
            filters = graph.operand(op, 1)
            weights += filters.count
            macs += graph.results(op)[0].count // filters.shape[ROWS[op.kind]] * filters.count
    constants = {i for op in graph.ops for i in op.inputs if i >= 0 and graph.tensors[i].constant}
    return Size(len(graph.ops), weights, macs, sum(graph.tensors[i].size for i in constants))


def without(graph: Graph, op: Op, source: int) -> Graph:
    """The graph less an operator; who read its output reads `source` instead."""
    (gone,) = op.outputs

    def now(tensors: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(source if i == gone else i for i in tensors)

    ops = tuple(replace(other, inputs=now(other.inputs)) for other in graph.ops if other is not op)
    return replace(graph, ops=ops, outputs=now(graph.outputs))


def readers(graph: Graph, tensor: int) -> list[Op]:
    return [op for op in graph.ops if tensor in op.inputs]


PASSES: Mapping[str, ModuleType] = {m.name: import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)}
