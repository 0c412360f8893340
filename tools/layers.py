"""Networks of one operator, to be measured: of given shapes, and at random.

Weights are what training leaves: Laplace distributed, the smallest pruned, each row scaled to the range of int8.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import arm
import numpy as np
from lstms import lstm
from svdfs import svdf
from wide import widened
from writer import quantized, single

from mcuprune import choose
from mcuprune.board import Board
from mcuprune.graph import Graph, Tensor
from mcuprune.layer import Layer
from mcuprune.operand import sample_shape
from mcuprune.plan import scratch_size
from mcuprune.window import axis

Random = np.random.Generator
SPARSITIES = (0.0, 0.3, 0.5, 0.75, 0.8, 0.9, 0.95)
STACK_CASES = 6  # layers that a kernel's stack is measured in
STACK_LIMIT = 480  # bytes that a kernel may take of it
CHANNELS = (1, 3, 4, 7, 8, 12, 16, 24, 32, 40, 64)


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


def measure(cases: Sequence[tuple[Graph, Layer]], board: Board) -> list[tuple[int, int]]:
    """(instructions, estimated cycles) of layers in QEMU, on random inputs; a layer without calls takes none."""
    random = np.random.default_rng(0)
    counts = [(0, 0)] * len(cases)
    shares = [_share(graph, layer, board) for graph, layer in cases]
    for part in _programs(shares):
        inputs = [random_operands(random, *cases[i]) for i in part]
        results = arm.measure_all([(*cases[i], arrays) for i, arrays in zip(part, inputs, strict=True)], board, 4)
        for i, (_, instructions, cycles) in zip(part, results, strict=True):
            counts[i] = instructions, cycles
    return counts


def random_operands(random: Random, graph: Graph, layer: Layer) -> list[np.ndarray]:
    """A sample of each activation that a layer reads."""
    return [random.integers(-128, 128, (1, *sample_shape(t)), np.int8) for t in _read(graph, layer)]


def stacks(board: Board, rounds: int = 300) -> dict[str, int]:
    """Bytes of stack that kernels take, of those that so many random layers run: {kernel: at most}."""
    random, seen, cases = np.random.default_rng(0), Counter[str](), []
    for graph in islice(at_random(random), rounds):
        for candidate in choose.candidates(graph, graph.ops[0], board):
            functions = {call.function for call in candidate.layer.calls}
            if functions and min(seen[f] for f in functions) < STACK_CASES:
                seen.update(functions)
                cases.append((graph, candidate.layer))
    found: dict[str, int] = {}
    for part in _programs([_share(graph, layer, board) for graph, layer in cases]):
        inputs = [random_operands(random, *cases[i]) for i in part]
        used = arm.stacks([(*cases[i], arrays) for i, arrays in zip(part, inputs, strict=True)], board)
        for i, size in zip(part, used, strict=True):
            for call in cases[i][1].calls:
                found[call.function] = max(found.get(call.function, 0), size)
    return found


def _share(graph: Graph, layer: Layer, board: Board) -> float:
    """Of a machine that a layer takes; its activations are there up to four times (tests/arm.py)."""
    if not layer.calls:
        return 0.0
    activations = sum(t.size for t in (*_read(graph, layer), *graph.results(layer.op)))
    ram = 4 * (activations + scratch_size(layer))
    return max(2 * choose.constant_bytes(layer) / board.machine.flash.size, ram / board.machine.ram.size)


def _programs(shares: Sequence[float]) -> Iterator[list[int]]:
    """Indices of the layers that are called, as many in a program as one machine holds."""
    part: list[int] = []
    for i, share in enumerate(shares):
        if part and sum(shares[k] for k in part) + share > 1:
            yield part
            part = []
        if share:
            part.append(i)
    if part:
        yield part


def _read(graph: Graph, layer: Layer) -> list[Tensor]:
    """The activations that a layer reads."""
    indices = dict.fromkeys(i for i in layer.op.inputs if i >= 0)
    return [graph.tensors[i] for i in indices if not graph.tensors[i].constant]


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


def at_random(random: Random) -> Iterator[Graph]:
    """Layers of every kind, small ones for what a kernel does once and larger ones for what it does often."""
    return _rounds(random, _SHARES)


def seldom(random: Random) -> Iterator[Graph]:
    """Layers for kernels that few of these come to, or in few of their ways."""
    return _rounds(random, _SELDOM)


def _rounds(random: Random, shares: Mapping[Callable[[Random], Graph], int]) -> Iterator[Graph]:
    while True:
        for kind, share in shares.items():
            for _ in range(share):
                yield activated(kind(random)) if random.random() < 0.2 else kind(random)


def _convolution(random: Random) -> Graph:
    """Windows as networks have them, and odd ones."""
    kernel = _pick(random, ((1, 1), (1, 1), (3, 3), (3, 3), (3, 3), (5, 5), (10, 4), (3, 1), (1, 5)))
    dilation = _pick(random, (1, 1, 1, 1, 1, 1, 2))
    height, width = ((k - 1) * dilation + 1 + int(n) for k, n in zip(kernel, random.integers(0, 12, 2), strict=True))
    channels, filters = _pick(random, CHANNELS), _pick(random, CHANNELS)
    return convolution(
        random, (height, width, channels), filters, kernel, _pick(random, (1, 1, 1, 2)), dilation,
        _pick(random, ("SAME", "SAME", "VALID")), _pick(random, SPARSITIES),
    )  # fmt: skip


def _first(random: Random) -> Graph:
    """The first layers of networks: large images of few channels."""
    kernel, stride = _pick(random, (((3, 3), 1), ((3, 3), 2), ((3, 3), 2), ((10, 4), 2), ((5, 5), 2)))
    height, width = map(int, random.integers(16, 64, 2))
    return convolution(random, (height, width, _pick(random, (1, 3, 3, 3))), _pick(random, (8, 16, 32)), kernel, stride)


def _wide(random: Random) -> Graph:
    """Rows of such large weights that sums of products need more bits than usual."""
    kernel, channels = _pick(random, (((1, 1), 700), ((1, 1), 1024), ((3, 3), 96)))
    height, width = map(int, random.integers(3, 7, 2))
    graph = convolution(random, (height, width, channels), _pick(random, (4, 8, 12)), kernel)
    values = random.integers(64, 128, graph.tensors[1].shape) * random.choice([-1, 1], graph.tensors[1].shape)
    values[random.random(values.shape) < _pick(random, (0.0, 0.2, 0.4))] = 0
    tensors = list(graph.tensors)
    tensors[1] = replace(tensors[1], data=values.astype(np.int8))
    return replace(graph, tensors=tuple(tensors))


def _depthwise(random: Random) -> Graph:
    kernel = _pick(random, ((3, 3), (3, 3), (3, 3), (3, 1), (1, 3), (5, 5), (9, 1), (1, 5), (2, 4)))
    height, width = (k + int(n) for k, n in zip(kernel, random.integers(0, 14, 2), strict=True))
    image = (2 * height, 2 * width, _pick(random, CHANNELS))
    stride, multiplier = _pick(random, (1, 1, 2)), _pick(random, (1, 1, 1, 1, 2))
    return depthwise(random, image, kernel, stride, multiplier, _pick(random, ("SAME", "SAME", "VALID")))


def _line(random: Random) -> Graph:
    kernel = _pick(random, ((3, 1), (1, 3)))
    height, width = (k + int(n) for k, n in zip(kernel, random.integers(0, 16, 2), strict=True))
    image = height, width, _pick(random, CHANNELS)
    return depthwise(random, image, kernel, padding=_pick(random, ("SAME", "VALID")))


def _fully_connected(random: Random) -> Graph:
    inputs, rows = (_pick(random, (8, 10, 16, 31, 64, 100, 128, 256, 640)) for _ in range(2))
    inputs = inputs if rows < 256 else min(inputs, 128)
    return fully_connected(random, inputs, rows, _pick(random, SPARSITIES), _pick(random, (1, 1, 1, 1, 3)))


def _lstm(random: Random) -> Graph:
    inputs, units = (_pick(random, (4, 8, 13, 28, 40, 64)) for _ in range(2))
    scales = 0.008, _pick(random, (0.005, 0.01)), 1 / 128
    return lstm(random, inputs=inputs, units=units, steps=_pick(random, (1, 2, 5)), scales=scales,
                sparsity=_pick(random, SPARSITIES), cell=-14 if units == 13 else -11)  # fmt: skip


def _image(random: Random, largest: int) -> tuple[int, int, int]:
    height, width = map(int, random.integers(2, largest, 2))
    return height, width, _pick(random, CHANNELS)


def _pool(kind: str) -> Callable[[Random], Graph]:
    def make(random: Random) -> Graph:
        height, width, channels = _image(random, 16)
        channels = channels if random.random() < 0.7 else _pick(random, (1, 2, 3))
        size = (min(height, 8), min(width, 8)) if random.random() < 0.4 else (2, 2)
        return pool(kind, (height, width, channels), size, _pick(random, (1, 2, 2)), _pick(random, ("SAME", "VALID")))

    return make


def _pair(kind: str) -> Callable[[Random], Graph]:
    def make(random: Random) -> Graph:
        height, width, channels = _image(random, 12)
        other = _pick(random, ((height, width, channels), (height, width, channels), (1, 1, channels), (1, 1, 1)))
        scales = _pick(random, ((0.05, 0.05), (0.05, 0.08), (0.09, 0.02)))
        return pair(kind, (height, width, channels), scales, other)

    return make


_SHARES: dict[Callable[[Random], Graph], int] = {  # of every round of at_random
    _convolution: 16,
    _first: 3,
    _wide: 2,
    _depthwise: 8,
    _fully_connected: 8,
    _lstm: 3,
    _pair("add"): 4,
    _pair("mul"): 3,
    _pool("average"): 6,
    _pool("max"): 5,
    lambda random: mean(_image(random, 12)): 3,
    lambda random: softmax(*map(int, random.integers((1, 2), (6, 60)))): 2,
    lambda random: relu(_image(random, 12)): 1,
    lambda random: transpose(_image(random, 12), _pick(random, ((1, 0, 2), (2, 0, 1), (0, 2, 1)))): 2,
    lambda random: pad(_image(random, 12), _pick(random, (1, 2))): 3,
    lambda random: _pair(_pick(random, ("maximum", "minimum")))(random): 2,
    _pair("sub"): 4,
    _pair("squared_difference"): 1,
    lambda random: prelu(_image(random, 12)): 1,
    lambda random: extreme(_pick(random, ("reduce_max", "reduce_min")), _image(random, 12)): 2,
    lambda random: resize("nearest_neighbor", _image(random, 8), _pick(random, (1, 2, 3))): 3,
    lambda random: resize("bilinear", _image(random, 8), _pick(random, (1, 2, 3))): 1,
    lambda random: transposed(
        random,
        _image(random, 8),
        _pick(random, CHANNELS),
        _pick(random, (2, 3, 4)),
        _pick(random, (1, 2, 2)),
        _pick(random, SPARSITIES),
    ): 3,
    lambda random: product(*map(int, random.integers(1, 20, 3)), bool(random.integers(2))): 2,
    lambda random: gather(random, _image(random, 12), int(random.integers(1, 12))): 3,
    lambda random: embedding(random, *map(int, random.integers(1, 30, 3))): 3,
    lambda random: arg_max((1, *_image(random, 8)), int(random.integers(1, 4))): 3,
    lambda random: normalization(*map(int, random.integers((1, 2), (6, 60)))): 1,
    lambda random: log_softmax(*map(int, random.integers((1, 2), (6, 60)))): 1,
    lambda random: svdf(
        random,
        inputs=_pick(random, (10, 40, 100)),
        units=_pick(random, (8, 24, 64)),
        rank=_pick(random, (1, 2)),
        memory=_pick(random, (4, 10)),
        sparsity=_pick(random, SPARSITIES),
    ): 3,
    lambda random: widened(_convolution(random)): 5,
    lambda random: widened(_depthwise(random)): 3,
    lambda random: widened(_fully_connected(random)): 4,
    lambda random: widened(_pair(_pick(random, ("add", "mul")))(random)): 4,
    lambda random: widened(_pool(_pick(random, ("average", "max")))(random)): 4,
    lambda random: widened(mean(_image(random, 12))): 2,
    lambda random: widened(softmax(*map(int, random.integers((1, 2), (6, 60))))): 1,
    lambda random: widened(curve(_pick(random, ("logistic", "tanh")), _image(random, 12))): 2,
    lambda random: requantized(_pick(random, ("int8", "int16")), _image(random, 12)): 2,
}

_SELDOM: dict[Callable[[Random], Graph], int] = {
    _line: 4,
    lambda random: depthwise(random, _image(random, 20), stride=2): 2,
    lambda random: fully_connected(random, _pick(random, (4, 10, 31, 64)), int(random.integers(1, 4))): 2,
    lambda random: widened(convolution(random, _image(random, 8), _pick(random, (1, 3, 8)), (1, 1))): 2,
    lambda random: softmax(*map(int, random.integers((4, 2), (30, 60))), _pick(random, (0.05, 0.1, 0.2))): 3,
    lambda random: log_softmax(*map(int, random.integers((4, 2), (30, 60))), _pick(random, (0.05, 0.1, 0.2))): 4,
    lambda random: widened(softmax(*map(int, random.integers((1, 2), (6, 60))))): 1,
    lambda random: normalization(*map(int, random.integers((1, 2), (6, 60)))): 1,
    lambda random: relu(_image(random, 12)): 1,
    lambda random: prelu(_image(random, 12)): 1,
    _pair("maximum"): 2,
    _pair("minimum"): 2,
    _pair("squared_difference"): 1,
    lambda random: widened(_pair("add")(random)): 1,
    lambda random: extreme("reduce_max", _image(random, 12)): 2,
    lambda random: extreme("reduce_min", _image(random, 12)): 2,
    lambda random: widened(_pool("average")(random)): 2,
    lambda random: widened(_pool("max")(random)): 1,
    lambda random: widened(curve(_pick(random, ("logistic", "tanh")), _image(random, 12))): 2,
    lambda random: requantized(_pick(random, ("int8", "int16")), _image(random, 12)): 2,
    lambda random: embedding(random, *map(int, random.integers(1, 30, 3))): 3,
    lambda random: gather(random, _image(random, 12), int(random.integers(1, 12))): 1,
    lambda random: arg_max((1, *_image(random, 8)), int(random.integers(1, 4))): 2,
    lambda random: pad(_image(random, 12), _pick(random, (1, 2))): 2,
    lambda random: resize("bilinear", _image(random, 8), _pick(random, (1, 2, 3))): 1,
    lambda random: product(*map(int, random.integers(1, 20, 3)), bool(random.integers(2))): 2,
    lambda random: transposed(random, (4, 5, _pick(random, (1, 3, 7))), _pick(random, (3, 8)), 2, 2): 2,
    lambda random: depthwise(random, _image(random, 8), multiplier=_pick(random, (2, 3))): 1,
    lambda random: widened(depthwise(random, _image(random, 8), multiplier=_pick(random, (1, 2, 3)))): 2,
}  # fmt: skip


def _pick(random: Random, choices):
    return choices[random.integers(len(choices))]


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
