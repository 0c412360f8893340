"""A Keras model as the calls of its layers, those of nested models among them.

`run` interprets the graph with whatever values are given: labels of channels, or the tensors of a model that is built
anew.  Keras exports no way to walk its graph; that it is kept in nodes by depth is known here alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mcuprune.prune.backend import keras

Shape = tuple[int | None, ...]


@dataclass(frozen=True, eq=False)
class Call:
    """One use of a layer.  inputs: values, in the order of the arguments."""

    name: str  # of the layer, with the models around it in front, as prune/layers.py has it
    layer: keras.Operation  # or an operation such as x + y, which has no weights
    args: tuple
    kwargs: dict[str, Any]
    inputs: list
    shapes_in: list[Shape]  # the batch first
    shapes: list[Shape]  # of the outputs

    def again(self, layer: keras.Operation) -> list:
        """Call another layer in the same way.  Its outputs."""
        return keras.tree.flatten(layer(*self.args, **self.kwargs))


def run(model: keras.Model, inputs: Sequence, visit: Callable[[Call], list], prefix: str = "") -> list:
    """Values of the outputs.  visit: the values that a call gives."""
    graph: Any = keras.Model(model.inputs, model.outputs) if isinstance(model, keras.Sequential) else model
    values = {id(tensor): value for tensor, value in zip(graph.inputs, inputs, strict=True)}
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            if node.is_input:
                continue
            given = [values[id(tensor)] for tensor in node.input_tensors]
            name = prefix + node.operation.name
            if isinstance(node.operation, keras.Model):
                results = run(node.operation, given, visit, f"{name}/")
            else:
                args, kwargs = node.arguments.fill_in(values)
                read, made = ([tensor.shape for tensor in tensors] for tensors in (node.input_tensors, node.outputs))
                results = visit(Call(name, node.operation, args, kwargs, given, read, made))
            values |= {id(tensor): value for tensor, value in zip(node.outputs, results, strict=True)}
    return [values[id(tensor)] for tensor in graph.outputs]
