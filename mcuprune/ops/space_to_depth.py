"""SPACE_TO_DEPTH, and DEPTH_TO_SPACE: squares of pixels become one pixel of many channels, and back; a strided copy."""

import numpy as np
import tflite

from mcuprune import strides
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.layer import Layer
from mcuprune.operand import check_shape, sample_shape, samples, unsupported

CODE = "SPACE_TO_DEPTH"
ABOUT = "any block size"


def read(options: tflite.SpaceToDepthOptions | tflite.DepthToSpaceOptions) -> dict[str, object]:
    return {"block_size": options.BlockSize()}


def check(graph: Graph, op: Op) -> None:
    large, small, block = _image(graph, op), _squares(graph, op), op.attrs["block_size"]
    if len(large.shape) != 4 or large.shape[0] != 1 or block < 1:
        raise unsupported(op, f"reads a tensor of shape {large.shape}", "use images: batch 1, height, width, channels")
    _, height, width, channels = large.shape
    if height % block or width % block or small.shape != (1, height // block, width // block, block**2 * channels):
        why = f"turns {list(large.shape)} into {list(small.shape)}, or back, in squares of {block}"
        raise unsupported(op, why, "convert the model again")
    check_shape(graph, op, graph.tensors[op.outputs[0]].shape)


def _image(graph: Graph, op: Op) -> Tensor:
    """The one with the pixels."""
    return graph.tensors[op.inputs[0] if op.kind == "space_to_depth" else op.outputs[0]]


def _squares(graph: Graph, op: Op) -> Tensor:
    """The one with the channels."""
    return graph.tensors[op.outputs[0] if op.kind == "space_to_depth" else op.inputs[0]]


def _dims(graph: Graph, op: Op) -> tuple[int, int, int, int, int]:
    """The image as (row of squares, row within, column of squares, column within, channel)."""
    _, height, width, channels = _image(graph, op).shape
    block = op.attrs["block_size"]
    return height // block, block, width // block, block, channels


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] -> int8 [N, ...]"""
    x = samples(graph.tensors[op.inputs[0]], inputs[0])
    rows, block, columns, _, channels = _dims(graph, op)
    shape = (rows, block, columns, block, channels)
    if op.kind == "depth_to_space":
        shape = (rows, columns, block, block, channels)
    y = x.reshape(len(x), *shape).swapaxes(2, 3)
    return [y.reshape(len(x), *sample_shape(graph.tensors[op.outputs[0]]))]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    dims = rows, block, columns, _, channels = _dims(graph, op)
    image = strides.steps(dims)
    squares = strides.steps((rows, columns, block, block, channels))
    squares = squares[0], squares[2], squares[1], squares[3], squares[4]
    source, target = (image, squares) if op.kind == "space_to_depth" else (squares, image)
    summary = f"{list(graph.tensors[op.inputs[0]].shape)} in squares of {block}"
    return Layer(op, (strides.copy(0, dims, source, target),), summary=summary)
