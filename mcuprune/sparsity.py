"""TFLite's sparse tensors (SparsityParameters) made dense.

A sparse tensor is a tree: one level per dimension, and per block dimension after them.  A dense level has every
branch; a compressed one lists, for each node above, the branches that exist.  Walking all levels, with all nodes of a
level in one array, gives the coordinates of every stored value.
"""

from math import prod

import numpy as np
import tflite

LARGEST = 1 << 26  # elements; a larger constant is a corrupt file

_INDICES = {
    tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
    tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
    tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
}


def densify(sparsity: tflite.SparsityParameters, shape: tuple[int, ...], values: np.ndarray) -> np.ndarray:
    """values: the stored ones, in the file's order -> an array of this shape, zero elsewhere."""
    if prod(shape) > LARGEST:
        raise ValueError(f"a sparse tensor of shape {shape}")
    rank = len(shape)
    order = sparsity.TraversalOrderAsNumpy()
    block_map = sparsity.BlockMapAsNumpy() if sparsity.BlockMapLength() else np.zeros(0, int)

    node = np.zeros(1, np.int64)
    coordinates: list[np.ndarray] = []
    sizes: list[int] = []
    for level in range(sparsity.DimMetadataLength()):
        metadata = sparsity.DimMetadata(level)
        if metadata.Format() == tflite.DimensionType.DENSE:
            size = metadata.DenseSize()
            if len(node) * size > LARGEST:
                raise ValueError(f"a sparse tensor with {len(node)} x {size} branches")
            parent = np.repeat(np.arange(len(node)), size)
            branch = np.tile(np.arange(size), len(node))
            node = node[parent] * size + branch
        else:
            size = 0  # never the size of a block: blocks are dense
            segments = _indices(metadata.ArraySegmentsType(), metadata.ArraySegments())
            count = segments[node + 1] - segments[node]
            parent = np.repeat(np.arange(len(node)), count)
            start = np.repeat(segments[node] - np.cumsum(count) + count, count)
            node = start + np.arange(len(parent))
            branch = _indices(metadata.ArrayIndicesType(), metadata.ArrayIndices())[node]
        coordinates = [c[parent] for c in coordinates] + [branch]
        sizes.append(size)

    place = [np.zeros(len(node), np.int64) for _ in shape]
    for level, dimension in enumerate(order[:rank]):
        place[dimension] = coordinates[level]
    for level, dimension in enumerate(order[rank:], start=rank):
        inner = block_map[dimension - rank]
        place[inner] = place[inner] * sizes[level] + coordinates[level]
    dense = np.zeros(shape, values.dtype)
    dense[tuple(place)] = values[: len(node)]
    return dense


def _indices(kind: int, table) -> np.ndarray:
    """An index vector, whose type is a union in the schema.  -> int64"""
    vector = _INDICES[kind]()
    vector.Init(table.Bytes, table.Pos)
    return vector.ValuesAsNumpy().astype(np.int64)
