"""What the files of ops/ and their helpers have in common: operands, attributes, shapes, how to refuse an operator."""

from collections.abc import Sequence

import numpy as np

from mcuprune import fixed
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph, Op, Tensor

# Enumerations of the schema, in its order.
PADDINGS = ("SAME", "VALID")
ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")
PORTABLE = ("portable",)  # the set of kernels that every core can run
FUSED = ACTIVATIONS[:4]  # those that are a clamp of the output, and all that TFLite's int8 kernels know


def unsupported(op: Op, why: str, rewrite: str) -> UnsupportedModel:
    """The error that refuses an operator; rewrite: what to do instead, an imperative without a full stop."""
    return UnsupportedModel(f"{op.name}: {op.kind.upper()} {why}. {rewrite[:1].upper()}{rewrite[1:]}.")


def check_activation(op: Op) -> None:
    """Refuse a fused activation that is more than a clamp."""
    activation = op.attrs["fused_activation_function"]
    if activation not in FUSED:
        raise unsupported(op, f"has the fused activation {activation}", "make the activation a layer of its own")


def check_shape(graph: Graph, op: Op, shape: Sequence[int]) -> None:
    """Refuse an output of another shape than the operator gives: kernels write as much as the file says."""
    declared = graph.tensors[op.outputs[0]].shape
    if tuple(shape) != declared:
        raise unsupported(op, f"gives shape {list(shape)}, the file says {list(declared)}", "convert the model again")


def operands(graph: Graph, op: Op) -> list[Tensor]:
    """The inputs of an operator that has no optional ones."""
    return [graph.tensors[i] for i in op.inputs]


def constant(graph: Graph, op: Op, position: int, what: str) -> np.ndarray:
    """The values of an operand that has to be a constant; what: its name in the error, 'axes'."""
    data = graph.tensors[op.inputs[position]].data
    if data is None:
        raise unsupported(op, f"takes its {what} from another layer", f"make the {what} constant")
    return data


def output_range(graph: Graph, op: Op) -> tuple[int, int]:
    """The least and the most that the fused activation leaves of the output."""
    target = graph.tensors[op.outputs[0]]
    return fixed.activation_range(str(op.attrs["fused_activation_function"]), target.s, target.z, target.dtype)


def wide(graph: Graph, op: Op) -> bool:
    """Whether an operator computes in int16."""
    return graph.tensors[op.outputs[0]].dtype == "int16"


def sample_shape(tensor: Tensor) -> tuple[int, ...]:
    """The shape of one sample: TFLite's without its batch of 1; all of it where a RESHAPE has removed the batch."""
    return tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape


def samples(tensor: Tensor, values: np.ndarray) -> np.ndarray:
    """An operand of a reference under TFLite's own shape, samples before it: [n, *shape], a constant [1, *shape]."""
    return values[None] if tensor.constant else values.reshape(len(values), *tensor.shape)
