"""The ends of a network: where samples come in and results go out.

Almost every network has one input and one output, int8 or int16, and a sample is an array of the tensor's shape.  With
several tensors at an end, or another type, a sample is the bytes of them all, one tensor behind the other
in the order of the file: int8 [bytes].  So files, pipes and serial ports carry one stream whatever the network, and
only references, the oracle and generated code see the single tensors.
"""

from collections.abc import Sequence

import numpy as np

from mcuprune.graph import Tensor
from mcuprune.operand import sample_shape

Tensors = Sequence[Tensor]


def names(end: str, tensors: Sequence[Tensor] | Sequence[int]) -> list[str]:
    """What C calls the tensors of an end, 'input' or 'output': input_0, input_1 where there are several."""
    return [end] if len(tensors) == 1 else [f"{end}_{i}" for i in range(len(tensors))]


def size(tensors: Tensors) -> int:
    """Bytes of a sample."""
    return sum(tensor.size for tensor in tensors)


def dtype(tensors: Tensors) -> str:
    """The type of a sample's elements."""
    return tensors[0].dtype if _plain(tensors) else "int8"


def shape(tensors: Tensors) -> tuple[int, ...]:
    """The shape of a sample."""
    return sample_shape(tensors[0]) if _plain(tensors) else (size(tensors),)


def split(tensors: Tensors, values: np.ndarray) -> list[np.ndarray]:
    """Samples [n, ...] -> an array per tensor, [n, *sample_shape] of its own type."""
    rows = np.ascontiguousarray(values, dtype(tensors)).reshape(len(values), -1).view(np.int8)
    parts = np.split(rows, np.cumsum([tensor.size for tensor in tensors])[:-1], axis=1)
    return [
        np.ascontiguousarray(part).view(tensor.dtype).reshape(len(rows), *sample_shape(tensor))
        for tensor, part in zip(tensors, parts, strict=True)
    ]


def join(tensors: Tensors, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The inverse of split: an array per tensor -> samples [n, *shape(tensors)]."""
    n = len(arrays[0])
    rows = [
        np.ascontiguousarray(array, tensor.dtype).reshape(n, -1).view(np.int8)
        for tensor, array in zip(tensors, arrays, strict=True)
    ]
    return np.concatenate(rows, axis=1).view(dtype(tensors)).reshape(n, *shape(tensors))


def _plain(tensors: Tensors) -> bool:
    return len(tensors) == 1 and tensors[0].dtype in ("int8", "int16")
