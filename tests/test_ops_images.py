"""Operators that make other images of an image: resizing, transposed convolutions."""

import numpy as np
import pytest
from judge import judge, random_inputs
from writer import quantized, single

from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph, Tensor
from mcuprune.ops import resize_bilinear, transpose_conv


def integers(*values: int) -> Tensor:
    return quantized("numbers", (len(values),), [], data=np.array(values, np.int32), dtype="int32")


def resized(random: np.random.Generator, kind: str) -> Graph:
    shape, size = (1, *map(int, random.integers(1, 9, 3))), [int(n) for n in random.integers(1, 20, 2)]
    x, y = (quantized(name, s, 0.1, 5) for name, s in (("x", shape), ("y", (1, *size, shape[3]))))
    corners, centers = [(False, False), (True, False), (False, True)][random.integers(3)]
    return single(kind, [x, integers(*size)], y, align_corners=corners, half_pixel_centers=centers)


@pytest.mark.parametrize("kind", ["resize_nearest_neighbor", "resize_bilinear"])
def test_resized_images_agree(kind):
    random = np.random.default_rng(len(kind))
    graphs = [resized(random, kind) for _ in range(60)]
    if kind == "resize_bilinear":
        graphs = [graph for graph in graphs if not overflows(graph)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def overflows(graph: Graph) -> bool:
    try:
        resize_bilinear.check(graph, graph.ops[0])
    except UnsupportedModel:
        return True
    return False


def transposed(random: np.random.Generator) -> Graph:
    stride, kernel, image = ([int(n) for n in random.integers(1, most, 2)] for most in (4, 6, 6))
    channels, filters = map(int, random.integers(1, 7, 2))
    padding = str(random.choice(["SAME", "VALID"]))
    size = [n * s + (max(k - s, 0) if padding == "VALID" else 0) for n, s, k in zip(image, stride, kernel, strict=True)]
    data = random.integers(-127, 128, (filters, *kernel, channels)).astype(np.int8)
    data[random.random(data.shape) < random.choice([0, 0.6, 0.95])] = 0
    scale = random.uniform(0.002, 0.01, filters if random.random() < 0.7 else 1).astype(np.float32)
    x = quantized("x", (1, *image, channels), 0.1, random.integers(-128, 128))
    operands = [integers(1, *size, filters), quantized("weights", data.shape, scale, data=data), x]
    if random.random() < 0.7:
        bias = random.integers(-3000, 3000, filters).astype(np.int32)
        operands.append(quantized("bias", bias.shape, 0.1 * scale, data=bias, dtype="int32"))
    y = quantized("y", (1, *size, filters), 0.5, random.integers(-128, 128))
    attrs = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1], "fused_activation_function": "NONE"}
    return single("transpose_conv", operands, y, **attrs)


def test_transposed_convolutions_agree():
    random = np.random.default_rng(1)
    graphs = [transposed(random) for _ in range(60)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs], version=3)


def test_a_transposed_convolution_multiplies_by_no_zeros_between_pixels():
    random = np.random.default_rng(2)
    graph = next(g for g in iter(lambda: transposed(random), None) if dict(g.ops[0].attrs)["padding"] == "VALID")
    source, filters = graph.tensors[2], graph.tensors[1]
    assert (
        sum(y.window.seen for y in transpose_conv.phases(graph, graph.ops[0], 1)) == source.shape[1] * filters.shape[1]
    )
