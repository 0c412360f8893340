"""RESHAPE: the same bytes under another shape, at no cost.  The output tensor's shape says it all."""

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import sample_shape, unsupported

CODE = "RESHAPE"
ABOUT = "any shapes; free"
WIDE = True


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    source, target = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    if source.count != target.count:
        why = f"makes {list(target.shape)} of {list(source.shape)}, another number of elements"
        raise unsupported(op, why, "convert the model again, with a fixed batch of 1")


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    return [inputs[0].reshape(len(inputs[0]), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    return Layer(op, (), summary=str(list(sample_shape(graph.tensors[op.outputs[0]]))))
