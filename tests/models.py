"""Small int8 networks, made without TensorFlow: between them every kind of kernel, encoding and shape of graph.

tiny       a convolution and a classifier: as little as a network can be
residual   convolution, depthwise, a sum of two paths, both pools, fully connected, softmax
sparse     fully connected layers of 0 to 100 % zeros: every encoding, and a layer with nothing in it
layout     pad, slice, concatenate, transpose, mean: bytes that move, several calls to a layer
forked     two inputs and two outputs, one of which is computed from the other
gated      fully connected layers between functions of one and of two bytes: lookup tables, products
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from writer import quantized, write

from mcuprune import board, choose, compiled
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.layer import Layer
from mcuprune.plan import Plan, plan

WINDOW = {"dilation_h_factor": 1, "dilation_w_factor": 1}


class Net:
    """A network under construction: each method adds an operator and returns its output."""

    def __init__(self, name: str, *shape: int, seed: int = 0, scale: float | None = None) -> None:
        """scale: of every output with weights; None: as large as its sums are."""
        self.name, self.random, self.scale = name, np.random.default_rng(seed), scale
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.input = self._add(quantized("input", (1, *shape), 0.05, 3))
        self.inputs = [self.input]

    def graph(self, *outputs: Tensor) -> Graph:
        inputs = tuple(self._index(tensor) for tensor in self.inputs)
        return Graph(self.name, tuple(self.tensors), tuple(self.ops), inputs, tuple(map(self._index, outputs)))

    def another_input(self, *shape: int) -> Tensor:
        self.inputs.append(self._add(quantized("another", (1, *shape), 0.03, -8)))
        return self.inputs[-1]

    def conv(self, x: Tensor, filters: int, kernel=3, *, stride=1, padding="SAME", sparsity=0.0) -> Tensor:
        """With ReLU; kernel: of a square."""
        shape = (filters, kernel, kernel, x.shape[3])
        weights, bias, scale = self._weights(x, shape, 0, sparsity)
        y, attrs = self._window(x, filters, kernel, stride, padding, scale)
        return self._op("conv_2d", [x, weights, bias], y, fused_activation_function="RELU", **attrs, **WINDOW)

    def depthwise(self, x: Tensor, kernel=3, *, stride=1, padding="SAME", multiplier=1) -> Tensor:
        filters = x.shape[3] * multiplier
        weights, bias, scale = self._weights(x, (1, kernel, kernel, filters), 3, 0.0)
        y, attrs = self._window(x, filters, kernel, stride, padding, scale)
        attrs |= {"fused_activation_function": "RELU", "depth_multiplier": multiplier}
        return self._op("depthwise_conv_2d", [x, weights, bias], y, **attrs, **WINDOW)

    def dense(self, x: Tensor, rows: int, *, sparsity=0.0) -> Tensor:
        weights, bias, scale = self._weights(x, (rows, x.count), 0, sparsity)
        attrs = {"fused_activation_function": "NONE", "weights_format": "DEFAULT", "keep_num_dims": False}
        return self._op("fully_connected", [x, weights, bias], self._result((1, rows), scale, 4), **attrs)

    def constant(self, shape: Sequence[int], values, scale: float, zero_point: int) -> Tensor:
        data = np.broadcast_to(np.asarray(values, np.int8), shape).copy()
        return self._add(quantized("constant", tuple(shape), scale, zero_point, data=data))

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        return self._op("add", [a, b], self._result(a.shape, a.s + b.s, -7), fused_activation_function="NONE")

    def pool(self, kind: str, x: Tensor, size: int) -> Tensor:
        """kind: 'max' or 'average'"""
        _, height, width, channels = x.shape
        y = self._result((1, height // size, width // size, channels), x.s, x.z)
        attrs = {"stride_h": size, "stride_w": size, "filter_height": size, "filter_width": size}
        return self._op(f"{kind}_pool_2d", [x], y, padding="VALID", fused_activation_function="NONE", **attrs)

    def unary(self, kind: str, x: Tensor, scale: float, zero_point: int, **attrs) -> Tensor:
        return self._op(kind, [x], self._result(x.shape, scale, zero_point), **attrs)

    def multiply(self, a: Tensor, b: Tensor) -> Tensor:
        y = self._result(a.shape, 100 * a.s * b.s, 2)
        return self._op("mul", [a, b], y, fused_activation_function="RELU6")

    def mean(self, x: Tensor) -> Tensor:
        """Over height and width."""
        return self._op(
            "mean", [x, self._integers([1, 2])], self._result((1, x.shape[3]), x.s / 2, x.z), keep_dims=False
        )

    def reshape(self, x: Tensor, *shape: int) -> Tensor:
        return self._op("reshape", [x, self._integers((1, *shape))], self._result((1, *shape), x.s, x.z))

    def softmax(self, x: Tensor) -> Tensor:
        """So flat that every step of x shows."""
        return self._op("softmax", [x], self._result(x.shape, 1 / 256, -128), beta=0.03 / x.s)

    def concat(self, parts: Sequence[Tensor], axis: int) -> Tensor:
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        y = self._result(shape, parts[0].s, parts[0].z)
        return self._op("concatenation", list(parts), y, axis=axis, fused_activation_function="NONE")

    def pad(self, x: Tensor, frame: Sequence[tuple[int, int]]) -> Tensor:
        y = self._result([n + sum(edges) for n, edges in zip(x.shape, frame, strict=True)], x.s, x.z)
        return self._op("pad", [x, self._integers(frame)], y)

    def slice(self, x: Tensor, index: tuple[slice, ...]) -> Tensor:
        shape = np.empty(x.shape)[index].shape
        bounds = zip(*(part.indices(n) for part, n in zip(index, x.shape, strict=True)), strict=True)
        masks = dict.fromkeys([f"{m}_mask" for m in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")], 0)
        return self._op("strided_slice", [x, *map(self._integers, bounds)], self._result(shape, x.s, x.z), **masks)

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        y = self._result([x.shape[axis] for axis in order], x.s, x.z)
        return self._op("transpose", [x, self._integers(order)], y)

    def _weights(self, x: Tensor, shape: tuple[int, ...], axis: int, sparsity: float) -> tuple[Tensor, Tensor, float]:
        """Weights and bias, per channel along axis, and the scale of an output whose bytes they spread well."""
        values = self.random.integers(-127, 128, shape).astype(np.int8)
        values[self.random.random(shape) < sparsity] = 0
        scale = self.random.uniform(0.005, 0.01, shape[axis]).astype(np.float32)
        bias = self.random.integers(-3000, 3000, shape[axis]).astype(np.int32)
        terms = max(np.count_nonzero(values) / shape[axis], 1)
        spread = x.s * 0.0075 * 70 * terms**0.5
        if self.scale:
            scale, spread = scale * np.float32(self.scale / spread), self.scale
        return (
            self._add(quantized("weights", shape, scale, data=values, axis=axis)),
            self._add(quantized("bias", bias.shape, x.s * scale, data=bias, dtype="int32")),
            spread,
        )

    def _window(self, x: Tensor, filters: int, kernel: int, stride: int, padding: str, scale: float):
        """(output, attributes) of a convolution; the output's zero point is what ReLU leaves of the range."""
        sizes = [-(-n // stride) if padding == "SAME" else (n - kernel) // stride + 1 for n in x.shape[1:3]]
        return self._result((1, *sizes, filters), scale, -128), {
            "padding": padding,
            "stride_h": stride,
            "stride_w": stride,
        }

    def _integers(self, values) -> Tensor:
        data = np.array(values, np.int32)
        return self._add(quantized("numbers", data.shape, [], data=data, dtype="int32"))

    def _result(self, shape: Sequence[int], scale: float, zero_point: int) -> Tensor:
        return quantized("", tuple(shape), scale, zero_point)

    def _op(self, kind: str, operands: list[Tensor], result: Tensor, **attrs) -> Tensor:
        """The name of its output is the name of a layer, as TensorFlow writes it."""
        name = f"{kind}_{len(self.ops)}"
        self.ops.append(Op(kind, name, tuple(map(self._index, operands)), (len(self.tensors),), attrs))
        return self._add(replace(result, name=f"{self.name}/{name}/out"))

    def _add(self, tensor: Tensor) -> Tensor:
        self.tensors.append(tensor)
        return tensor

    def _index(self, tensor: Tensor) -> int:
        return next(i for i, known in enumerate(self.tensors) if known is tensor)


def tiny() -> Graph:
    net = Net("tiny", 5, 5, 2)
    x = net.conv(net.input, 4, stride=2, padding="VALID")
    return net.graph(net.dense(net.reshape(x, x.count), 3, sparsity=0.6))


def residual() -> Graph:
    net = Net("residual", 12, 10, 3)
    x = net.conv(net.input, 8)
    side = net.conv(net.depthwise(x), 8, 1, sparsity=0.6)
    x = net.pool("max", net.add(x, side), 2)
    x = net.pool("average", net.conv(x, 16, stride=2, sparsity=0.95), 3)
    return net.graph(net.softmax(net.dense(net.reshape(x, x.count), 10, sparsity=0.3)))


def sparse() -> Graph:
    net = Net("sparse", 300)
    x = net.input
    for rows, zeros in ((40, 0.97), (48, 0.75), (24, 0.0), (16, 1.0), (8, 0.5)):
        x = net.dense(x, rows, sparsity=zeros)
    return net.graph(x)


def layout() -> Graph:
    net = Net("layout", 6, 8, 4)
    every, odd = slice(None), slice(1, None, 2)
    x = net.pad(net.input, [(0, 0), (1, 2), (2, 1), (0, 0)])
    left, right = net.slice(x, (every, odd, every, every)), net.slice(x, (every, slice(-2, 0, -2), every, every))
    x = net.concat([left, right, left], 3)
    x = net.conv(net.transpose(x, (0, 2, 1, 3)), 6, 2, padding="VALID")
    return net.graph(net.mean(x))


def gated() -> Graph:
    net = Net("gated", 40)
    x = net.dense(net.input, 24, sparsity=0.8)
    gate = net.unary("logistic", x, 1 / 256, -128)
    x = net.multiply(net.unary("hard_swish", x, x.s, -100), gate)
    x = net.unary("leaky_relu", net.dense(x, 24), 0.2, 10, alpha=0.1)
    return net.graph(net.unary("tanh", net.unary("quantize", x, 0.05, -3), 1 / 128, 0))


def forked() -> Graph:
    net = Net("forked", 8, 6, 2)
    side = net.another_input(8, 6, 3)
    x = net.conv(net.concat([net.unary("quantize", side, 0.05, 3), net.input], 3), 4)
    return net.graph(net.dense(net.pool("max", x, 2), 5, sparsity=0.5), x)


NETWORKS: dict[str, Callable[[], Graph]] = {
    make.__name__: make for make in (tiny, residual, sparse, layout, gated, forked)
}


def save(name: str, folder: Path) -> Path:
    """Write folder/<name>.tflite."""
    path = folder / f"{name}.tflite"
    write(NETWORKS[name](), path)
    return path


def planned(path: Path, target: str = "stm32f405") -> tuple[Graph, list[Layer], Plan]:
    """Everything about a program but its files, with the smallest choice of kernels."""
    graph = compiled.read(path, path.stem)
    layers = choose.layers(graph, board.load(target), "size")
    return graph, layers, plan(graph, layers)
