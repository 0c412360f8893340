"""Networks of one operator, to be measured.

Weights are what training leaves: Laplace distributed, the smallest pruned, each row scaled to the range of int8.
"""

from dataclasses import replace

import numpy as np
from writer import quantized, single

from mcuprune.graph import Graph, Tensor
from mcuprune.window import axis

Random = np.random.Generator


def convolution(random: Random, image: tuple[int, int, int], filters: int, kernel: tuple[int, int] = (3, 3),
                stride: int = 1, dilation: int = 1, padding: str = "SAME", sparsity: float = 0.0) -> Graph:  # fmt: skip
    """image: height, width, channels"""
    weights = pruned(random, filters, kernel[0] * kernel[1] * image[2], sparsity)
    operands = _weighted(random, image, weights.reshape(filters, *kernel, image[2]), 0)
    return _windowed("conv_2d", operands, filters, kernel, stride, dilation, padding)


def depthwise(random: Random, image: tuple[int, int, int], kernel: tuple[int, int] = (3, 3), stride: int = 1,
              multiplier: int = 1, padding: str = "SAME") -> Graph:  # fmt: skip
    filters = image[2] * multiplier
    weights = pruned(random, filters, kernel[0] * kernel[1], 0.0)
    operands = _weighted(random, image, np.ascontiguousarray(weights.T).reshape(1, *kernel, filters), 3)
    return _windowed("depthwise_conv_2d", operands, filters, kernel, stride, 1, padding, depth_multiplier=multiplier)


def fully_connected(random: Random, inputs: int, rows: int, sparsity: float = 0.0, batches: int = 1) -> Graph:
    operands = _weighted(random, (inputs,), pruned(random, rows, inputs, sparsity), 0)
    operands[0] = replace(operands[0], shape=(batches, inputs))
    y = quantized("y", (batches, rows), 0.1, 5)
    attrs = {"fused_activation_function": "NONE", "weights_format": "DEFAULT", "keep_num_dims": False}
    return single("fully_connected", operands, y, **attrs)


def pair(kind: str, shape: tuple[int, ...], scales: tuple[float, float] = (0.05, 0.08), other=None) -> Graph:
    """kind: 'add', 'mul' or another that takes two; other: the shape of the second operand, if not the same"""
    a, b = quantized("a", (1, *shape), scales[0], 3), quantized("b", (1, *(other or shape)), scales[1], -7)
    if kind in ("maximum", "minimum"):
        return single(kind, [a, replace(b, scale=a.scale, zero_point=a.zero_point)], replace(a, name="y"))
    attrs = {} if kind == "squared_difference" else {"fused_activation_function": "NONE"}
    return single(kind, [a, b], quantized("y", (1, *shape), 0.1, 5), **attrs)


def pool(kind: str, image: tuple[int, int, int], size: tuple[int, int], stride: int, padding: str = "VALID") -> Graph:
    """kind: 'average' or 'max'"""
    down, across = (axis(n, k, stride, padding) for n, k in zip(image, size, strict=False))
    x, y = (quantized("", (1, *shape), 0.05, 3) for shape in (image, (down.outputs, across.outputs, image[2])))
    attrs = {"stride_h": stride, "stride_w": stride, "filter_height": size[0], "filter_width": size[1]}
    return single(f"{kind}_pool_2d", [x], y, padding=padding, fused_activation_function="NONE", **attrs)


def mean(image: tuple[int, int, int]) -> Graph:
    """Over height and width."""
    x, y = quantized("x", (1, *image), 0.05, 3), quantized("y", (1, image[2]), 0.02, -3)
    return single("mean", [x, _integers([1, 2])], y, keep_dims=False)


def softmax(rows: int, depth: int, scale: float = 0.1) -> Graph:
    """scale: of the input"""
    x, y = quantized("x", (rows, depth), scale), quantized("y", (rows, depth), 1 / 256, -128)
    return single("softmax", [x], y, beta=1.0)


def log_softmax(rows: int, depth: int, scale: float = 0.1) -> Graph:
    x, y = quantized("x", (rows, depth), scale), quantized("y", (rows, depth), 1 / 16, 127)
    return single("log_softmax", [x], y)


def relu(shape: tuple[int, ...]) -> Graph:
    return single("relu", [quantized("x", (1, *shape), 0.05, 3)], quantized("y", (1, *shape), 0.03, -128))


def curve(kind: str, shape: tuple[int, ...]) -> Graph:
    """kind: 'logistic' or 'tanh'"""
    return single(kind, [quantized("x", (1, *shape), 0.05)], quantized("y", (1, *shape), 1 / 256, -128))


def requantized(dtype: str, shape: tuple[int, ...]) -> Graph:
    """From int16 to another type or scale"""
    x = quantized("x", (1, *shape), 1e-4, dtype="int16")
    return single("quantize", [x], quantized("y", x.shape, 1.5e-4 if dtype == "int16" else 0.03, dtype=dtype))


def transpose(image: tuple[int, int, int], order: tuple[int, int, int]) -> Graph:
    shape = tuple(image[i] for i in order)
    numbers = _integers([0, *(i + 1 for i in order)])
    return single("transpose", [quantized("x", (1, *image), 0.05), numbers], quantized("y", (1, *shape), 0.05))


def pad(image: tuple[int, int, int], frame: int) -> Graph:
    """frame: pixels around the image"""
    shape = (image[0] + 2 * frame, image[1] + 2 * frame, image[2])
    numbers = _integers([(0, 0), (frame, frame), (frame, frame), (0, 0)])
    return single("pad", [quantized("x", (1, *image), 0.05), numbers], quantized("y", (1, *shape), 0.05))


def prelu(image: tuple[int, int, int]) -> Graph:
    x, alpha = quantized("x", (1, *image), 0.05, 3), quantized("alpha", (1, 1, image[2]), 0.01, -7)
    return single("prelu", [x, alpha], quantized("y", x.shape, 0.03, 5))


def extreme(kind: str, image: tuple[int, int, int]) -> Graph:
    """kind: 'reduce_max' or 'reduce_min', over height and width"""
    x, y = quantized("x", (1, *image), 0.05, 3), quantized("y", (1, image[2]), 0.05, 3)
    return single(kind, [x, _integers([1, 2])], y, keep_dims=False)


def resize(kind: str, image: tuple[int, int, int], times: int) -> Graph:
    """kind: 'nearest_neighbor' or 'bilinear'"""
    size = [times * image[0], times * image[1]]
    x, y = quantized("x", (1, *image), 0.05, 3), quantized("y", (1, *size, image[2]), 0.05, 3)
    attrs = {"align_corners": False, "half_pixel_centers": True}
    return single(f"resize_{kind}", [x, _integers(size)], y, **attrs)


def transposed(random: Random, image: tuple[int, int, int], filters: int, kernel: int, stride: int,
               sparsity: float = 0.0) -> Graph:  # fmt: skip
    """A transposed convolution, SAME"""
    weights = pruned(random, filters, kernel * kernel * image[2], sparsity).reshape(filters, kernel, kernel, image[2])
    x, weights, bias = _weighted(random, image, weights, 0)
    y = quantized("y", (1, stride * image[0], stride * image[1], filters), 0.05, -5)
    attrs = {"padding": "SAME", "stride_h": stride, "stride_w": stride, "fused_activation_function": "NONE"}
    return single("transpose_conv", [_integers(y.shape), weights, x, bias], y, **attrs)


def product(rows: int, depth: int, columns: int, adj_y: bool = False) -> Graph:
    """Of two activations"""
    a = quantized("a", (1, rows, depth), 0.05, 3)
    b = quantized("b", (1, columns, depth) if adj_y else (1, depth, columns), 0.05, 3)
    return single("batch_matmul", [a, b], quantized("y", (1, rows, columns), 0.5, 3), adj_x=False, adj_y=adj_y)


def gather(random: Random, image: tuple[int, int, int], count: int) -> Graph:
    """Columns of pixels"""
    x, y = quantized("x", (1, *image), 0.05, 3), quantized("y", (1, image[0], count, image[2]), 0.05, 3)
    return single("gather", [x, _integers(random.integers(0, image[1], count))], y, axis=2, batch_dims=0)


def embedding(random: Random, rows: int, width: int, count: int) -> Graph:
    """Rows of a table that an input chooses"""
    data = random.integers(-128, 128, (rows, width)).astype(np.int8)
    table, indices = quantized("table", data.shape, 0.05, data=data), quantized("x", (1, count), [], dtype="int32")
    return single("gather", [table, indices], quantized("y", (1, count, width), 0.05), axis=0, batch_dims=0)


def arg_max(shape: tuple[int, ...], axis: int) -> Graph:
    x, y = quantized("x", shape, 0.05), quantized("y", (*shape[:axis], *shape[axis + 1 :]), [], dtype="int32")
    return single("arg_max", [x, _integers([axis])], y, output_type=2)


def normalization(rows: int, depth: int) -> Graph:
    x, y = quantized("x", (rows, depth), 0.1), quantized("y", (rows, depth), 1 / 128)
    return single("l2_normalization", [x], y, fused_activation_function="NONE")


def pruned(random: Random, rows: int, inputs: int, sparsity: float) -> np.ndarray:
    """int8 [rows, inputs], of which exactly round(sparsity * size) are zero."""
    real = random.laplace(size=(rows, inputs))
    weights = np.rint(127 * real / np.abs(real).max(axis=1, keepdims=True)).astype(np.int8)
    weights[weights == 0] = 1
    smallest = np.argsort(np.abs(real), axis=None, kind="stable")[: round(sparsity * real.size)]
    weights.reshape(-1)[smallest] = 0
    return weights


def activated(graph: Graph) -> Graph:
    """With ReLU6, if its operator can have an activation: an output that is clamped to less than int8."""
    (op,) = graph.ops
    attrs = {name: "RELU6" if name == "fused_activation_function" else value for name, value in op.attrs.items()}
    return replace(graph, ops=(replace(op, attrs=attrs),))


def _weighted(random: Random, image: tuple[int, ...], weights: np.ndarray, along: int) -> list[Tensor]:
    """Input, weights and bias, per channel along an axis of the weights."""
    rows = weights.shape[along]
    scale = random.uniform(0.002, 0.01, rows).astype(np.float32)
    bias = random.integers(-3000, 3000, rows).astype(np.int32)
    return [
        quantized("x", (1, *image), 0.05, 3),
        quantized("weights", weights.shape, scale, data=weights, axis=along),
        quantized("bias", (rows,), 0.05 * scale, data=bias, dtype="int32"),
    ]


def _windowed(kind, operands, filters, kernel, stride, dilation, padding, **attrs) -> Graph:
    shape = operands[0].shape[1:3]
    down, across = (axis(n, k, stride, padding, dilation) for n, k in zip(shape, kernel, strict=True))
    y = quantized("y", (1, down.outputs, across.outputs, filters), 0.05, -5)
    return single(
        kind, operands, y,
        stride_h=stride, stride_w=stride, dilation_h_factor=dilation, dilation_w_factor=dilation,
        padding=padding, fused_activation_function="NONE", **attrs,
    )  # fmt: skip


def _integers(values) -> Tensor:
    data = np.array(values, np.int32)
    return quantized("numbers", data.shape, [], data=data, dtype="int32")
