"""Operators: one file each, and everything mcuprune knows about an operator is in its file.

The file's name is TFLite's name in lower case.  A module offers CODE, ABOUT, read, check, reference and lower, and
`weights` where the weights can be encoded; docs/DESIGN.md describes them.  Here are the registry and the interpreter
that runs a whole graph through the references.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import numpy as np

from mcuprune import ends
from mcuprune.graph import Graph
from mcuprune.operand import sample_shape


def run(graph: Graph, inputs: np.ndarray, keep: bool = False) -> np.ndarray | dict[int, np.ndarray]:
    """Run a graph through the integer references.  inputs: int8 [n, ...], as in mcuprune.ends.

    -> the outputs, int8 [n, *ends.shape]; with keep, every activation by its tensor index.
    """
    values: dict[int, np.ndarray] = dict(zip(graph.inputs, ends.split(graph.sources, inputs), strict=True))
    last_use = {i: position for position, op in enumerate(graph.ops) for i in op.inputs}
    for position, step in graph.schedule():
        op = graph.ops[position]
        operands = [None if i < 0 else _read(graph, values, i, step) for i in op.inputs]
        for i, result in zip(op.outputs, OPS[op.kind].reference(graph, op, operands), strict=True):
            _write(graph, values, i, step, result, len(inputs))
        if not keep and not graph.loops:
            for i in op.inputs:
                if last_use[i] == position and i not in graph.outputs:
                    values.pop(i, None)
    return values if keep else ends.join(graph.targets, [values[i] for i in graph.outputs])


def _read(graph: Graph, values: dict[int, np.ndarray], i: int, step: int) -> np.ndarray | None:
    if slot := graph.slots.get(i):
        tensor, begin = graph.tensors[i], slot.offset + step * slot.stride
        whole = values[slot.tensor]
        piece = whole.reshape(len(whole), -1)[:, begin : begin + tensor.count]
        return piece.reshape(len(whole), *sample_shape(tensor))
    return values[i] if i in values else graph.tensors[i].data


def _write(graph: Graph, values: dict[int, np.ndarray], i: int, step: int, result: np.ndarray, n: int) -> None:
    slot = graph.slots.get(i)
    if slot is None:
        values[i] = result
        return
    whole, begin = graph.tensors[slot.tensor], slot.offset + step * slot.stride
    target = values.setdefault(slot.tensor, np.empty((n, *sample_shape(whole)), np.int8))
    target.reshape(n, -1)[:, begin : begin + graph.tensors[i].count] = result.reshape(len(result), -1)


OPS: Mapping[str, ModuleType] = {m.name: import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)}
