"""Operators with activations of 16 bits: reference, oracle and kernels agree in every byte."""

import re
from dataclasses import replace
from pathlib import Path

import kernel
import numpy as np
import pytest
import tflite as schema
from judge import judge, random_inputs
from test_conv_2d import convolution, random_convolution
from test_depthwise_conv_2d import depthwise, random_depthwise
from test_fully_connected import dense, random_dense
from test_ops_reduce import averaged, pooled
from writer import quantized, single, write

from mcuprune import curve16, softmax16, tflite
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.operand import FUSED


def widened(random, graph: Graph, biases: str = "int64") -> Graph:
    """A graph of one operator with weights, with int16 activations; outputs fill their range, more or less."""
    x, weights, *bias, y = graph.tensors
    zero, x_scale = np.zeros(1, np.int64), np.array([10 ** random.uniform(-5, -3)], np.float32)
    spread = 64 * 16_000 * (weights.count / len(weights.data)) ** 0.5  # of the sums
    y_scale = np.array([x_scale[0] * weights.scale.mean() * spread / 10 ** random.uniform(3.5, 5)], np.float32)
    bias = [
        replace(
            tensor,
            dtype=biases,
            data=random.integers(-int(spread), int(spread), tensor.shape, np.dtype(biases)),
            scale=x_scale * weights.scale,
        )
        for tensor in bias
    ]
    x, y = (replace(t, dtype="int16", scale=s, zero_point=zero) for t, s in ((x, x_scale), (y, y_scale)))
    (op,) = graph.ops
    if biases == "int32":  # as the converter writes it; ai-edge-litert takes biases for int64 where it is not said
        op = replace(op, attrs={**op.attrs, "quantized_bias_type": schema.TensorType.INT32})
    return replace(graph, tensors=(x, weights, *bias, y), ops=(op,))


MATRICES = {"conv_2d": random_convolution, "depthwise_conv_2d": random_depthwise, "fully_connected": random_dense}


@pytest.mark.parametrize(("kind", "biases"), [
    *((kind, "int64") for kind in MATRICES), ("conv_2d", "int32"), ("fully_connected", "int32"),
])  # fmt: skip
def test_weights_meet_int16_as_the_oracle_has_it(kind, biases):
    random = np.random.default_rng(1)
    graphs = [widened(random, MATRICES[kind](random), biases) for _ in range(60)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def int16(name: str, shape: tuple[int, ...], scale: float, **options) -> Tensor:
    return quantized(name, shape, scale, dtype="int16", **options)


def broadcast(random, kind: str) -> Graph:
    """ADD or MUL, of activations or of a constant."""
    shape = (1, *map(int, random.integers(1, 6, 3)))
    other = tuple(n if random.random() < 0.7 else 1 for n in shape)[int(random.integers(0, 4)) :] or (1,)
    scales = 10 ** random.uniform(-6, -3, 2)
    a, b = int16("a", shape, scales[0]), int16("b", (1, *other[1:]) if other[0] == 1 else (1, *other), scales[1])
    if random.random() < 0.4:
        b = replace(b, data=random.integers(-32768, 32768, b.shape).astype(np.int16))
    largest = 32768 * (scales.max() if kind == "add" else scales.prod() * 32768)
    y = int16("y", np.broadcast_shapes(a.shape, b.shape), largest / 10 ** random.uniform(3.5, 5))
    attrs = {"pot_scale_int16": False} if kind == "add" else {}
    operands = [a, b] if random.random() < 0.5 else [b, a]
    return single(kind, operands, y, fused_activation_function=str(random.choice(FUSED)), **attrs)


@pytest.mark.parametrize("kind", ["add", "mul"])
def test_pairs_of_int16_agree(kind):
    random = np.random.default_rng(2)
    graphs = [broadcast(random, kind) for _ in range(80)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


EVERY = np.arange(-32768, 32768).astype(np.int16).reshape(1, 65536)


@pytest.mark.parametrize("kind", ["logistic", "tanh"])
def test_curves_agree_on_every_int16(kind):
    random = np.random.default_rng(3)
    scales = [2.0**-power for power in range(8, 17)] + (10 ** random.uniform(-7, 0, 12)).tolist() + [5.0]
    judge([(curve(random, kind, EVERY.shape, scale), EVERY) for scale in scales])


def curve(random, kind: str, shape: tuple[int, ...] = (1, 300), scale: float | None = None) -> Graph:
    return single(kind, [int16("x", shape, scale or 10 ** random.uniform(-5, -3))], int16("y", shape, 2**-15))


def test_the_firmware_s_table_is_the_reference_s():
    header = Path(kernel.FIRMWARE / "include/mcup_curve_s16.h").read_text()
    points = re.search(r"mcup_logistic_points\[256\] = \{(.*?)\};", header, re.DOTALL)[1]
    assert [int(n) for n in re.findall(r"\d+", points)] == curve16.TABLE.tolist()


def softmaxed(random, shape: tuple[int, ...]) -> Graph:
    scale = 10 ** random.uniform(-6, -2)
    beta = float(random.choice([1.0, 1.0, 0.5, 3.7]))
    return single("softmax", [int16("x", shape, scale)], int16("y", shape, 2**-15), beta=beta)


def test_softmaxes_of_int16_agree():
    random = np.random.default_rng(4)
    shapes = [(1, *map(int, random.integers(1, 4, random.integers(0, 3))), int(random.integers(1, 40)))
              for _ in range(120)] + [(1, int(n)) for n in random.integers(40, 3000, 12)]  # fmt: skip
    graphs = [softmaxed(random, shape) for shape in shapes]
    inputs = [random_inputs(random, graph, 6) for graph in graphs]
    judge([(g, x // random.choice([1, 1, 16, 256]).astype(np.int16)) for g, x in zip(graphs, inputs, strict=True)])


def test_the_curves_of_a_softmax_are_near_the_real_ones():
    exponential, reciprocal = softmax16.exponential() / 32768, softmax16.reciprocal() / 32768
    assert np.abs(exponential - np.exp(np.linspace(-10, 0, 513))).max() < 2**-14
    assert np.abs(reciprocal - 1 / (1 + np.linspace(0, 1, 513))).max() < 2**-14


@pytest.mark.parametrize("dtype", ["int16", "int8"])
def test_quantize_agrees_on_every_int16(dtype):
    random = np.random.default_rng(5)
    judge([(requantized(random, dtype, EVERY.shape), EVERY) for _ in range(30)])


def requantized(random, dtype: str, shape: tuple[int, ...] = (1, 300)) -> Graph:
    x = int16("x", shape, 10 ** random.uniform(-5, -1))
    times = 10 ** random.uniform(-1, 1) * (256 if dtype == "int8" else 1)
    zero_point = random.integers(-128, 128) if dtype == "int8" else 0
    return single("quantize", [x], quantized("y", x.shape, x.s * times, zero_point, dtype=dtype))


@pytest.mark.parametrize("kind", ["max_pool_2d", "average_pool_2d"])
def test_pools_of_int16_agree(kind):
    random = np.random.default_rng(6)
    graphs = [in_int16(pooled(random, kind)) for _ in range(80)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def in_int16(graph: Graph) -> Graph:
    """A graph without weights, with int16 activations."""
    zero = np.zeros(1, np.int64)
    tensors = [t if t.dtype == "int32" else replace(t, dtype="int16", zero_point=zero) for t in graph.tensors]
    return replace(graph, tensors=tuple(tensors))


def test_means_of_int16_agree():
    random = np.random.default_rng(7)
    graphs = []
    for _ in range(80):
        shape = (1, *map(int, random.integers(1, 9, random.integers(1, 4))))
        over = random.permutation(len(shape))[: random.integers(1, len(shape) + 1)]
        graphs.append(in_int16(averaged(random, shape, over.tolist(), bool(random.random() < 0.5))))
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def numbers(*values: int) -> Tensor:
    return quantized("numbers", (len(values),), [], data=np.array(values, np.int32), dtype="int32")


def test_layouts_of_int16_agree():
    x, masks = int16("x", (1, 4, 3, 5), 1e-4), ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    graphs = [
        single("slice", [x, numbers(0, 1, 0, 2), numbers(1, 2, -1, 3)], int16("y", (1, 2, 3, 3), 1e-4)),
        single("squeeze", [int16("x", (1, 4, 1, 5), 1e-4)], int16("y", (1, 4, 5), 1e-4), squeeze_dims=(2,)),
        single("expand_dims", [int16("x", (1, 4, 5), 1e-4), numbers(1)], int16("y", (1, 1, 4, 5), 1e-4)),
        single("transpose", [x, numbers(0, 3, 1, 2)], int16("y", (1, 5, 4, 3), 1e-4)),
        single("strided_slice", [x, numbers(0, 3, 0, 0), numbers(1, 0, 3, 5), numbers(1, -2, 1, 2)],
               int16("y", (1, 2, 3, 3), 1e-4), **{f"{mask}_mask": 0 for mask in masks}),
    ]  # fmt: skip
    random = np.random.default_rng(10)
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


# --- what is refused ---------------------------------------------------------------------------------------------


def refused(tmp_path, graph: Graph) -> str:
    write(graph, tmp_path / "model.tflite")
    with pytest.raises(UnsupportedModel) as error:
        tflite.read(tmp_path / "model.tflite")
    return str(error.value)


def test_an_operator_without_a_kernel_for_int16_is_refused(tmp_path):
    graph = single("leaky_relu", [int16("x", (1, 4), 1e-4)], int16("y", (1, 4), 1e-4), alpha=0.5)
    assert "leaky_relu: LEAKY_RELU computes in int16 (x), for which it has no kernel" in refused(tmp_path, graph)


def test_a_zero_point_is_refused(tmp_path):
    x = int16("x", (1, 4), 1e-4, zero_point=5)
    assert "has the int16 tensor x with zero point 5, not 0" in refused(
        tmp_path, single("tanh", [x], int16("y", (1, 4), 2**-15))
    )


def test_operands_of_two_widths_are_refused(tmp_path):
    graph = single("tanh", [int16("x", (1, 4), 1e-4)], quantized("y", (1, 4), 1 / 128))
    assert "has operands of int8 and of int16" in refused(tmp_path, graph)


def test_more_than_four_dimensions_are_refused(tmp_path):
    graph = single("tanh", [int16("x", (1, 2, 2, 2, 2), 1e-4)], int16("y", (1, 2, 2, 2, 2), 2**-15))
    assert "has the int16 tensor x of 5 dimensions" in refused(tmp_path, graph)


def test_an_int16_that_would_lie_at_an_odd_address_is_refused(tmp_path):
    a, b = (quantized(name, (1, 3), 0.1) for name in "ab")
    x, y = (int16(name, (1, 3), 2**-15) for name in "xy")
    ops = (Op("relu", "relu", (0,), (1,)), Op("tanh", "tanh", (2,), (3,)))
    graph = Graph("two", (a, b, x, y), ops, (0, 2), (1, 3))
    assert "the input x is int16 and stands behind an odd number of bytes" in refused(tmp_path, graph)


@pytest.mark.parametrize(
    ("kind", "source", "target", "attrs", "reason"),
    [
        ("logistic", 1e-4, 1e-4, {}, "has output scale 0.0001, TFLite's kernel demands 1/32768"),
        ("tanh", 8.0, 2**-15, {}, "has input scale 8, which overflows"),
        ("softmax", 1e-4, 1e-4, {"beta": 1.0}, "has output scale 0.0001, TFLite's kernel demands 1/32768"),
    ],
)
def test_scales_that_the_oracle_does_not_take_are_refused(tmp_path, kind, source, target, attrs, reason):
    graph = single(kind, [int16("x", (1, 4), source)], int16("y", (1, 4), target), **attrs)
    assert reason in refused(tmp_path, graph)


def test_powers_of_two_in_an_add_are_refused(tmp_path):
    a, b, y = (int16(name, (1, 4), 2**-12) for name in "aby")
    graph = single("add", [a, b], y, fused_activation_function="NONE", pot_scale_int16=True)
    assert "ADD scales int16 by powers of two" in refused(tmp_path, graph)


def test_a_quantize_that_widens_is_refused(tmp_path):
    graph = single("quantize", [quantized("x", (1, 4), 0.1)], int16("y", (1, 4), 1e-3))
    assert "QUANTIZE widens int8 to int16" in refused(tmp_path, graph)


@pytest.mark.parametrize(("kind", "change", "reason"), [
    ("conv_2d", {"dtype": "int8"}, "has a bias of 3 int8, TFLite's 16x8 kernel demands 3 int32 or int64"),
    ("depthwise_conv_2d", {"dtype": "int32"}, "int32, TFLite's 16x8 kernel demands"),
    ("fully_connected", {"data": np.full(5, 2**47)}, "can overflow its 48-bit sums in output"),
])  # fmt: skip
def test_biases_that_no_kernel_reads_are_refused(tmp_path, kind, change, reason):
    random = np.random.default_rng(8)
    make = {
        "conv_2d": lambda: convolution(random, image=(4, 4, 2), filters=(3, 3, 3, 2)),
        "depthwise_conv_2d": lambda: depthwise(random, image=(4, 4, 2), kernel=(3, 3)),
        "fully_connected": lambda: dense(random, inputs=8, rows=5),
    }[kind]
    x, w, b, y = widened(random, make()).tensors
    b = replace(b, **{"data": b.data.astype(change.get("dtype", "int64")), **change})
    assert reason in refused(tmp_path, replace(widened(random, make()), tensors=(x, w, b, y)))


def test_sums_of_32_bits_that_overflow_are_refused(tmp_path):
    random = np.random.default_rng(9)
    graph = dense(random, inputs=3000, rows=2, bias=False, sparsity=0)
    assert "can overflow its 32-bit sums in output" in refused(tmp_path, widened(random, graph))
