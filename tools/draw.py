"""Layers at random, of every kind that there is a kernel for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from layers import (
    Random,
    activated,
    arg_max,
    convolution,
    curve,
    depthwise,
    embedding,
    extreme,
    fully_connected,
    gather,
    log_softmax,
    mean,
    normalization,
    pad,
    pair,
    pool,
    prelu,
    product,
    relu,
    requantized,
    resize,
    softmax,
    transpose,
    transposed,
)
from lstms import lstm
from svdfs import svdf
from wide import widened

from mcuprune.graph import Graph

SPARSITIES = (0.0, 0.3, 0.5, 0.75, 0.8, 0.9, 0.95)
CHANNELS = (1, 3, 4, 7, 8, 12, 16, 24, 32, 40, 64)


def at_random(random: Random) -> Iterator[Graph]:
    """Layers of every kind, small ones for what a kernel does once and larger ones for what it does often."""
    return _rounds(random, _SHARES)


def seldom(random: Random) -> Iterator[Graph]:
    """Layers for kernels that few of those come to, or in few of their ways."""
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
