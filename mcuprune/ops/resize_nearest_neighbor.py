"""RESIZE_NEAREST_NEIGHBOR: every pixel is a copy of one of the input's; which one, tables say."""

import numpy as np
import tflite

from mcuprune import libc
from mcuprune.graph import Graph, Op
from mcuprune.layer import Array, Call, Field, Layer
from mcuprune.operand import check_shape, constant, sample_shape, unsupported

CODE = "RESIZE_NEAREST_NEIGHBOR"
ABOUT = "any constant size, align_corners, half_pixel_centers"


def read(options: tflite.ResizeNearestNeighborOptions | tflite.ResizeBilinearOptions) -> dict[str, object]:
    return {"align_corners": bool(options.AlignCorners()), "half_pixel_centers": bool(options.HalfPixelCenters())}


def check(graph: Graph, op: Op) -> None:
    shape = graph.tensors[op.inputs[0]].shape
    if len(shape) != 4 or shape[0] != 1:
        raise unsupported(op, f"reads a tensor of shape {shape}", "use images: batch 1, height, width, channels")
    size = constant(graph, op, 1, "size").reshape(-1).tolist()
    if not all(1 <= n < 2**15 for n in (*shape, *size)):
        raise unsupported(op, f"has a size outside 1..32767: {list(shape)}, {size}", "make it smaller")
    check_shape(graph, op, (1, *size, shape[3]))


def places(graph: Graph, op: Op) -> list[np.ndarray]:
    """[row of the input for each row of the output, the same of columns], int64; in float32, as TFLite computes it."""
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    return [_nearest(source[axis], target[axis], op) for axis in (1, 2)]


def _nearest(inputs: int, outputs: int, op: Op) -> np.ndarray:
    corners, centers = op.attrs["align_corners"], op.attrs["half_pixel_centers"]
    less = int(corners and outputs > 1)
    scale = np.float32(inputs - less) / np.float32(outputs - less)
    place = (np.arange(outputs, dtype=np.float32) + np.float32(0.5 if centers else 0)) * scale
    return np.minimum(np.floor(place + np.float32(0.5)) if corners else np.floor(place), inputs - 1).astype(np.int64)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, height, width, channels] -> int8 [N, height, width, channels]"""
    rows, columns = places(graph, op)
    x = inputs[0].reshape(len(inputs[0]), *sample_shape(graph.tensors[op.inputs[0]]))
    return [np.ascontiguousarray(x[:, rows][:, :, columns])]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    row, column = (Array("int16_t", found, 2 * len(found)) for found in places(graph, op))
    _, height, width, channels = graph.tensors[op.outputs[0]].shape
    return layer(graph, op, row, column, libc.copied(height * width, channels))


def layer(graph: Graph, op: Op, row: Array, column: Array, work: dict[str, float]) -> Layer:
    """A resize whose places in the input are tables: an entry for each row and each column of the output.

    work: what all pixels take for their channels, for mcuprune.cost.
    """
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    fields: dict[str, Field] = {
        "row": row,
        "column": column,
        "height": target[1],
        "width": target[2],
        "channels": target[3],
        "input_width": source[2],
    }
    pixels = target[1] * target[2]
    work = {"line": target[1], "pixel": pixels} | work
    call = Call(f"mcup_{op.kind}_s8", f"mcup_{op.kind}_t", fields, work=work)
    return Layer(op, (call,), summary=f"{source[1]}x{source[2]} -> {target[1]}x{target[2]}, {target[3]} channels")
