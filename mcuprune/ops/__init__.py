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


def run(graph: Graph, inputs: np.ndarray, keep: bool = False) -> np.ndarray | dict[int, np.ndarray]:
    """Run a graph through the integer references.  inputs: int8 [n, ...], as in mcuprune.ends.

    -> the outputs, int8 [n, *ends.shape]; with keep, every activation by its tensor index.
    """
    values: dict[int, np.ndarray] = dict(zip(graph.inputs, ends.split(graph.sources, inputs), strict=True))
    last_use = {i: step for step, op in enumerate(graph.ops) for i in op.inputs}
    for step, op in enumerate(graph.ops):
        operands = [None if i < 0 else values[i] if i in values else graph.tensors[i].data for i in op.inputs]
        values.update(zip(op.outputs, OPS[op.kind].reference(graph, op, operands), strict=True))
        if not keep:
            for i in op.inputs:
                if last_use[i] == step and i not in graph.outputs:
                    values.pop(i, None)
    return values if keep else ends.join(graph.targets, [values[i] for i in graph.outputs])


OPS: Mapping[str, ModuleType] = {m.name: import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)}
