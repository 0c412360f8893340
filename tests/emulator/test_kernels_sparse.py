"""Sparse convolutions and fully connected layers on cores with DSP instructions: the bytes of the reference.

The same layers run on the host too: a fast kernel and its portable twin read the same constants.
"""

from dataclasses import replace

import arm
import kernel
import numpy as np
import pytest
from judge import random_inputs
from test_conv_2d import convolution, random_convolution
from test_fully_connected import dense, random_dense
from writer import quantized, single

from mcuprune import board, choose, operand, ops
from mcuprune.encodings import ENCODINGS
from mcuprune.kernels import conv_2d_d8_tile
from mcuprune.ops import conv_2d, fully_connected

pytestmark = pytest.mark.emulator

CORES = ["mps2_an386", "mps2_an500", "mps2_an505", "mps3_an547"]  # M4, M7, M33, M55
ISAS = board.load("mps2_an386").isas
SPARSE = ("d8", "n4")
FUNCTIONS = {f"mcup_conv_2d_{e}{w}_s8" for e in SPARSE for w in ("", "_wide")} | {"mcup_conv_2d_d8_tile_s8"}


def lowered(graph):
    """Every sparse way to compute a convolution or a fully connected layer that has one."""
    (op,) = graph.ops
    module = ops.OPS[op.kind]
    encoded = [ENCODINGS[name].encode(module.weights(graph, op)) for name in SPARSE]
    if op.kind == "fully_connected":
        return [module.lower(graph, op, e, ISAS) for e in encoded]
    columns = [module.lower(graph, op, e, ISAS, together) for e in encoded for together in (8, 4)]
    tiles = [conv_2d_d8_tile.lower(graph, op, ISAS, room) for room in (None, 1500, 1 << 16)]
    return columns + [layer for layer in tiles if layer]


def agree(core, graphs, inputs=random_inputs):
    random = np.random.default_rng(len(graphs))
    cases = [(graph, layer, (inputs(random, graph),)) for graph in graphs for layer in lowered(graph)]
    on_host = kernel.run_all(cases) if core == CORES[0] else [None] * len(cases)
    for (graph, layer, (x,)), got, twin in zip(cases, arm.run_all(cases, board.load(core)), on_host, strict=True):
        want = ops.run(graph, x)
        assert np.array_equal(got, want), f"{layer.calls[0].function} on {core}, {layer.summary}"
        assert twin is None or np.array_equal(twin, want), f"{layer.calls[0].function} on the host, {layer.summary}"


def with_data(graph, operand, data):
    """The graph with another constant in the place of one."""
    index, tensors = graph.ops[0].inputs[operand], list(graph.tensors)
    old = tensors[index]
    tensors[index] = replace(old, data=np.resize(data, old.shape).astype(old.dtype))
    return replace(graph, tensors=tuple(tensors))


def weighing(random, total, rows=3, inputs=310, pixels=(3, 7)):
    """A 1x1 convolution whose rows' absolute weights sum to exactly `total`: all positive, all negative, mixed."""
    weights = np.zeros((rows, inputs), np.int8)
    weights[:, : total // 127] = 127
    weights[:, total // 127] = total % 127
    weights[1] *= -1
    weights[2] *= random.choice([-1, 1], inputs).astype(np.int8)
    x, y = quantized("x", (1, *pixels, inputs), 0.05, 3), quantized("y", (1, *pixels, rows), 30.0, -5)
    w = quantized("w", (rows, 1, 1, inputs), 0.01, data=weights.reshape(rows, 1, 1, inputs))
    return single("conv_2d", [x, w], y, stride_h=1, stride_w=1, dilation_h_factor=1, dilation_w_factor=1,
                  padding="SAME", fused_activation_function="NONE")  # fmt: skip


def extremes(random, graph):
    """Every pixel of a sample the largest, or the smallest, or one beside the other."""
    shape = operand.sample_shape(graph.input)
    largest, smallest = np.full(shape, 127, np.int8), np.full(shape, -128, np.int8)
    mixed = [np.where(np.indices(shape)[axis] % 2, largest, smallest) for axis in range(len(shape))]
    return np.stack([largest, smallest, *mixed, *(~m for m in mixed)])


@pytest.mark.parametrize("core", CORES)
def test_convolutions(core):
    random = np.random.default_rng(1)
    agree(core, [random_convolution(random) for _ in range(40)])


@pytest.mark.parametrize("core", CORES)
def test_convolutions_over_wide_images(core):
    """Rows of output of more and of less than eight pixels; strides that a kernel jumps over places with."""
    random = np.random.default_rng(2)
    graphs = []
    for _ in range(30):
        kernel_size, stride = random.integers(1, 6, 2), random.integers(1, 4, 2)
        height, width = kernel_size + random.integers(0, 26, 2)
        channels = int(random.integers(1, 14))
        graphs.append(
            convolution(
                random,
                image=(int(height), int(width), channels),
                filters=(int(random.integers(1, 6)), *map(int, kernel_size), channels),
                stride=tuple(map(int, stride)),
                padding=str(random.choice(["SAME", "VALID"])),
                sparsity=float(random.choice([0, 0.5, 0.9, 0.99])),
                zero_points=tuple(map(int, random.integers(-128, 128, 2))),
            )
        )
    agree(core, graphs)


def test_every_number_of_pixels():
    """Groups of eight and of four, whole and in part."""
    random = np.random.default_rng(3)
    agree(CORES[0], [convolution(random, image=(1, n, 9), filters=(3, 1, 1, 9)) for n in range(1, 18)])


@pytest.mark.parametrize("core", CORES)
def test_fully_connected_layers(core):
    random = np.random.default_rng(4)
    agree(core, [random_dense(random) for _ in range(40)])


def test_every_number_of_pairs():
    """Rows enter the unrolled loops at every place."""
    random = np.random.default_rng(5)
    for make in (
        lambda n: convolution(random, image=(2, 3, n), filters=(4, 1, 1, n), sparsity=0),
        lambda n: dense(random, inputs=n, rows=4, sparsity=0),
    ):
        agree(CORES[0], [make(n) for n in range(1, 36)])


def test_long_gaps():
    """More than a delta holds: entries of value zero bridge them."""
    random = np.random.default_rng(6)
    agree(CORES[0], [convolution(random, image=(2, 5, 1200), filters=(4, 1, 1, 1200), sparsity=0.997),
                     convolution(random, image=(3, 8, 90), filters=(4, 3, 3, 90), sparsity=0.997),
                     dense(random, inputs=1200, rows=8, sparsity=0.997)])  # fmt: skip


def test_every_shift():
    """Right by up to 24, left by up to 3: some are left to C."""
    random = np.random.default_rng(7)
    scales = [2.0**exponent for exponent in range(-13, 15)]
    images = [convolution(random, image=(3, 4, 4), filters=(6, 1, 1, 4), sparsity=0, output_scale=s) for s in scales]
    columns = [dense(random, inputs=9, rows=6, scales=(0.05, 0.01, s)) for s in scales]
    shifts = {int(s) for g in images for s in conv_2d.matrix_of(g, g.ops[0]).shift}
    shifts |= {int(s) for g in columns for s in fully_connected.matrix_of(g, g.ops[0]).shift}
    assert {-24, -17, -16, -1, 0, 3} <= shifts
    agree(CORES[0], images + columns)


def test_biases_too_large_to_be_doubled():
    """|sum| up to 2^31: what saturates on the way saturates in the output."""
    random = np.random.default_rng(8)
    for make in (
        lambda scale: convolution(random, image=(3, 4, 4), filters=(8, 1, 1, 4), output_scale=scale, per_channel=False),
        lambda scale: dense(random, inputs=9, rows=8, scales=(0.05, 0.01, scale)),
    ):
        biases = np.array([2**31 - 2**18, 2**30, 2**30 - 1, 2**29, -(2**31) + 2**18, -(2**30), -(2**29), 0])
        agree(CORES[0], [with_data(make(2.0**exponent), 2, biases) for exponent in range(-11, 14, 2)])


@pytest.mark.parametrize("activation", ["RELU6", "RELU_N1_TO_1"])
def test_clamps_closer_than_int8(activation):
    random = np.random.default_rng(9)
    agree(CORES[0], [
        convolution(random, image=(5, 9, 6), filters=(5, 3, 3, 6), activation=activation, output_scale=0.09),
        convolution(random, image=(5, 9, 6), filters=(5, 1, 1, 6), activation=activation, output_scale=0.09),
        dense(random, inputs=50, rows=11, activation=activation, scales=(0.05, 0.01, 0.09)),
    ])  # fmt: skip


@pytest.mark.parametrize("total", [32767, 32768, 38100])
def test_rows_at_the_limit_of_a_lane(total):
    random = np.random.default_rng(10)
    graph = weighing(random, total)
    functions = {layer.calls[0].function for layer in lowered(graph)}
    assert any("wide" in function for function in functions) == (total > 32767)
    agree(CORES[0], [graph], extremes)


def test_wide_convolutions():
    random = np.random.default_rng(11)
    graphs = [convolution(random, image=(4, w, 70), filters=(3, 3, 3, 70), sparsity=0.1, stride=s)
              for w, s in ((3, (1, 1)), (9, (1, 2)), (12, (2, 1)))]  # fmt: skip
    assert all("wide" in layer.calls[0].function for graph in graphs for layer in lowered(graph))
    agree(CORES[0], graphs)
    agree(CORES[1], graphs, extremes)


def test_the_chooser_knows_them():
    random = np.random.default_rng(12)
    graph = convolution(random, image=(9, 9, 8), filters=(4, 3, 3, 8), sparsity=0.8)
    layers = [c.layer for c in choose.candidates(graph, graph.ops[0], board.load("stm32f405"), ISAS)]
    offered = {layer.calls[0].function for layer in layers} & FUNCTIONS
    assert offered == {"mcup_conv_2d_d8_s8", "mcup_conv_2d_n4_s8", "mcup_conv_2d_d8_tile_s8"}


CYCLES = {  # at 80 % zeros, on Cortex-M4: image, filters, kernel, estimated cycles at most
    "pointwise 64": ((25, 5, 64), 64, 1, 330_000),
    "pointwise 128": ((6, 6, 128), 128, 1, 295_000),
    "3x3 16": ((32, 32, 16), 16, 3, 1_230_000),
    "3x3 32": ((16, 16, 32), 32, 3, 1_010_000),
    "3x3 64": ((8, 8, 64), 64, 3, 905_000),
}


def pruned(random, rows, inputs, sparsity=0.8):
    """Of Laplace distributed weights the smallest set to zero.  -> int8 [rows, inputs]"""
    real = random.laplace(size=(rows, inputs))
    weights = np.rint(127 * real / np.abs(real).max(axis=1, keepdims=True)).astype(np.int8)
    weights[np.abs(real) <= np.quantile(np.abs(real), sparsity)] = 0
    return weights


def test_layers_are_fast():
    random = np.random.default_rng(13)
    cases, limits = [], []
    for image, filters, size, limit in CYCLES.values():
        graph = convolution(random, image=image, filters=(filters, size, size, image[2]))
        graph = with_data(graph, 1, pruned(random, filters, size * size * image[2]))
        layer = conv_2d_d8_tile.lower(graph, graph.ops[0], ISAS) or lowered(graph)[0]
        cases.append((graph, layer, (random_inputs(random, graph),)))
        limits.append(limit)
    graph = with_data(dense(random, inputs=640, rows=128), 1, pruned(random, 128, 640))
    cases.append((graph, lowered(graph)[0], (random_inputs(random, graph),)))
    counted = [cycles for _, _, cycles in arm.measure_all(cases, board.load("mps2_an386"))]
    assert [c <= limit for c, limit in zip(counted, [*limits, 87_000], strict=True)] == [True] * 6, counted
