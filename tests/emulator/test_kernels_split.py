"""Convolutions and fully connected layers on cores without SIMD: the bytes of the reference.

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

from mcuprune import board, choose, operand, ops
from mcuprune.encodings import ENCODINGS
from mcuprune.kernels import KERNELS
from mcuprune.ops import conv_2d, fully_connected

pytestmark = pytest.mark.emulator

M3 = board.load("mps2_an385")
CORES = {"m0": replace(M3, cpu="cortex-m0"), "m3": M3}  # unaligned accesses trap in M0's code
SPLIT = [KERNELS[f"conv_2d_{name}_split"] for name in ("d8", "n4", "b4", "dense", "d8_tile")]
FUNCTIONS = {f"mcup_{name}_s8" for name in KERNELS if name.endswith("_split")}


def lowered(graph, isas):
    """Every way to compute a layer that this file is about."""
    (op,) = graph.ops
    if op.kind == "conv_2d":
        return [layer for k in SPLIT if (layer := k.lower(graph, op, isas))]
    weights = fully_connected.weights(graph, op)
    names = [name for name in ("d8", "n4", "b4", "dense") if ENCODINGS[name].size(weights) < np.inf]
    return [fully_connected.lower(graph, op, ENCODINGS[name].encode(weights), isas) for name in names]


def agree(core, graphs, inputs=random_inputs):
    random = np.random.default_rng(len(graphs))
    target = CORES[core]
    cases = [(graph, layer, (inputs(random, graph),)) for graph in graphs for layer in lowered(graph, target.isas)]
    on_host = kernel.run_all(cases) if core == "m0" else [None] * len(cases)
    for (graph, layer, (x,)), got, twin in zip(cases, arm.run_all(cases, target), on_host, strict=True):
        want = ops.run(graph, x)
        assert np.array_equal(got, want), f"{layer.calls[0].function} on {core}, {layer.summary}"
        assert twin is None or np.array_equal(twin, want), f"{layer.calls[0].function} on the host, {layer.summary}"


@pytest.mark.parametrize("core", CORES)
def test_convolutions(core):
    random = np.random.default_rng(1)
    agree(core, [random_convolution(random) for _ in range(25)])


@pytest.mark.parametrize("core", CORES)
def test_convolutions_in_strips(core):
    """Images of eight pixels of output or more, over which the columns slide."""
    random = np.random.default_rng(2)
    graphs = []
    for _ in range(24):
        size, stride = random.integers(2, 5, 2), random.integers(1, 3, 2)
        outputs = np.array([random.integers(1, 12), random.choice([7, 8, 8, 15, 16, 17])])
        padding = str(random.choice(["SAME", "VALID"]))
        height, width = outputs * stride if padding == "SAME" else (outputs - 1) * stride + size
        channels = int(random.integers(1, 20))
        graphs.append(
            convolution(
                random,
                image=(int(height), int(width), channels),
                filters=(int(random.integers(1, 6)), *map(int, size), channels),
                stride=tuple(map(int, stride)),
                padding=padding,
                sparsity=float(random.choice([0, 0.5, 0.9, 0.99])),
                zero_points=tuple(map(int, random.integers(-128, 128, 2))),
            )
        )
    calls = [layer.calls[0] for graph in graphs for layer in lowered(graph, CORES[core].isas)]
    assert {0, 2, 4} <= {call.fields["slide"] for call in calls}
    assert {call.function for call in calls} == FUNCTIONS
    agree(core, graphs)


@pytest.mark.parametrize("core", CORES)
def test_every_number_of_pixels(core):
    """Groups of eight and of four that reach back."""
    random = np.random.default_rng(3)
    graphs = [convolution(random, image=(1, n, 9), filters=(3, 1, 1, 9)) for n in range(1, 18)]
    assert all(bool(lowered(graph, CORES[core].isas)) == (n >= 4) for n, graph in enumerate(graphs, 1))
    agree(core, graphs)


@pytest.mark.parametrize("core", CORES)
def test_fully_connected_layers(core):
    random = np.random.default_rng(4)
    agree(core, [random_dense(random) for _ in range(25)])


@pytest.mark.parametrize("core", CORES)
def test_every_number_of_rows_and_inputs(core):
    """Rows enter the unrolled loops at every place; the last four of a dense matrix reach back."""
    random = np.random.default_rng(5)
    graphs = [convolution(random, image=(2, 3, n), filters=(2, 1, 1, n), sparsity=0) for n in range(1, 20)]
    graphs += [dense(random, inputs=n, rows=1 + n % 7, sparsity=0) for n in range(1, 20)]
    agree(core, graphs)


@pytest.mark.parametrize("core", CORES)
def test_long_gaps(core):
    """More than a delta holds: entries of value zero bridge them."""
    random = np.random.default_rng(6)
    agree(core, [convolution(random, image=(2, 5, 1200), filters=(4, 1, 1, 1200), sparsity=0.997),
                 convolution(random, image=(3, 8, 90), filters=(4, 3, 3, 90), sparsity=0.997),
                 dense(random, inputs=1200, rows=8, sparsity=0.997)])  # fmt: skip


@pytest.mark.parametrize("core", CORES)
def test_every_shift(core):
    """Right by up to 24, left by up to 3; convolutions by more than 22 are left to C."""
    random = np.random.default_rng(7)
    scales = [2.0**exponent for exponent in range(-13, 15)]
    images = [convolution(random, image=(3, 4, 4), filters=(6, 1, 1, 4), sparsity=0, output_scale=s) for s in scales]
    columns = [dense(random, inputs=9, rows=6, scales=(0.05, 0.01, s)) for s in scales]
    shifts = {int(s) for graph in images for s in conv_2d.matrix_of(graph, graph.ops[0]).shift}
    shifts |= {int(s) for graph in columns for s in fully_connected.matrix_of(graph, graph.ops[0]).shift}
    assert {-24, -22, -1, 0, 3} <= shifts
    agree(core, images + columns)


@pytest.mark.parametrize("core", CORES)
def test_biases_up_to_the_limit(core):
    """|sum| up to 2^31 in fully connected layers; convolutions are offered up to 2^29."""
    random = np.random.default_rng(8)
    biases = [2**31 - 2**18, 2**30, 2**30 - 1, 2**29, 2**28, -(2**31) + 2**18, -(2**30), -(2**29), -(2**28), 0]
    for make in (
        lambda scale: convolution(random, image=(3, 4, 4), filters=(9, 1, 1, 4), output_scale=scale, per_channel=False),
        lambda scale: dense(random, inputs=9, rows=10, scales=(0.05, 0.01, scale)),
    ):
        graphs = [with_biases(make(2.0**exponent), biases) for exponent in range(-11, 14, 2)]
        graphs += [with_biases(make(2.0**exponent), [2**28, -(2**28), 77]) for exponent in range(3, 14, 2)]
        agree(core, graphs)


def with_biases(graph, biases):
    index, tensors = graph.ops[0].inputs[2], list(graph.tensors)
    tensors[index] = replace(tensors[index], data=np.resize(np.int32(biases), tensors[index].shape))
    return replace(graph, tensors=tuple(tensors))


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("activation", ["RELU6", "RELU_N1_TO_1"])
def test_clamps_closer_than_int8(core, activation):
    random = np.random.default_rng(9)
    agree(core, [
        convolution(random, image=(5, 9, 6), filters=(5, 3, 3, 6), activation=activation, output_scale=0.09),
        convolution(random, image=(5, 1, 6), filters=(5, 1, 1, 6), activation=activation, output_scale=0.002),
        dense(random, inputs=50, rows=11, activation=activation, scales=(0.05, 0.01, 0.09)),
    ])  # fmt: skip


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("lowest", [-127, -128])
def test_rows_of_the_largest_weights(core, lowest):
    """There is no limit to a row's sum: neighbours of opposite extremes borrow from one another."""
    random = np.random.default_rng(10)
    graph = convolution(random, image=(4, 4, 1500), filters=(4, 1, 1, 1500), output_scale=400.0)
    x, w, b, y = graph.tensors
    signs = np.stack([np.ones(1500), -np.ones(1500), np.resize([1, -1], 1500), random.choice([-1, 1], 1500)])
    signs = np.where(signs > 0, 127, lowest)
    w = replace(w, data=signs.astype(np.int8).reshape(w.shape))

    def extremes(random, graph):
        shape = operand.sample_shape(graph.input)
        mixed = [np.where(np.indices(shape)[axis] % 2, 127, -128).astype(np.int8) for axis in range(3)]
        return np.stack([np.full(shape, 127, np.int8), np.full(shape, -128, np.int8), *mixed])

    agree(core, [replace(graph, tensors=(x, w, b, y))], extremes)


@pytest.mark.parametrize("core", CORES)
def test_the_chooser_knows_them(core):
    random = np.random.default_rng(11)
    graph = convolution(random, image=(9, 16, 8), filters=(4, 3, 3, 8), sparsity=0.8)
    target = CORES[core]
    found = choose.candidates(graph, graph.ops[0], target, target.isas)
    assert {candidate.layer.calls[0].function for candidate in found} >= FUNCTIONS
    others = choose.candidates(graph, graph.ops[0], board.load("stm32f405"), board.load("stm32f405").isas)
    assert not {candidate.layer.calls[0].function for candidate in others} & FUNCTIONS


CYCLES = {  # at 80 % zeros, D8: image, filters, kernel, thousands of estimated cycles at most on M0 and M3
    "pointwise 64": ((25, 5, 64), 64, 1, 860, 510),
    "pointwise 128": ((6, 6, 128), 128, 1, 710, 455),
    "3x3 16": ((32, 32, 16), 16, 3, 2_900, 1_850),
    "3x3 32": ((16, 16, 32), 32, 3, 2_330, 1_570),
    "3x3 64": ((8, 8, 64), 64, 3, 2_080, 1_460),
}


@pytest.mark.parametrize("core", CORES)
def test_layers_are_fast(core):
    random = np.random.default_rng(12)
    cases, limits = [], []
    for image, filters, size, *limit in CYCLES.values():
        graph = convolution(random, image=image, filters=(filters, size, size, image[2]), sparsity=0.8)
        layer = lowered(graph, CORES[core].isas)[0 if size == 1 else -1]  # columns, or tiles
        cases.append((graph, layer, (random_inputs(random, graph),)))
        limits.append(1000 * limit[core == "m3"])
    counted = [cycles for _, _, cycles in arm.measure_all(cases, CORES[core])]
    assert all(c <= limit for c, limit in zip(counted, limits, strict=True)), counted
