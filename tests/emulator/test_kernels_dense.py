"""Dense convolutions and fully connected layers in quads and pairs, and B4: the bytes of the reference.

The same layers run on the host too: a fast kernel and its portable twin read the same constants.
"""

import arm
import kernel
import numpy as np
import pytest
from judge import random_inputs
from test_conv_2d import convolution, random_convolution
from test_fully_connected import dense, random_dense
from test_kernels_sparse import extremes, with_data

from mcuprune import board, choose, operand, ops
from mcuprune.encodings import b4
from mcuprune.kernels import conv_2d_lines, conv_2d_quad, conv_2d_rgb, fully_connected_quad
from mcuprune.ops import fully_connected

pytestmark = pytest.mark.emulator

CORES = ["mps2_an386", "mps2_an500", "mps2_an505", "mps3_an547"]  # M4, M7, M33, M55
ISAS = board.load("mps2_an386").isas
SPECIAL = {"conv_2d": (conv_2d_quad, conv_2d_lines, conv_2d_rgb), "fully_connected": (fully_connected_quad,)}


def lowered(graph):
    """Every way to compute a layer that is tested here and suits it."""
    (op,) = graph.ops
    found = [module.lower(graph, op, ISAS) for module in SPECIAL[op.kind]]
    found += fully_connected_quad.frugal(graph, op, ISAS) if op.kind == fully_connected_quad.OP else []
    weights = ops.OPS[op.kind].weights(graph, op)
    if b4.size(weights) < np.inf:
        found.append(ops.OPS[op.kind].lower(graph, op, b4.encode(weights), ISAS))
    return [layer for layer in found if layer]


def agree(core, graphs, inputs=random_inputs):
    """-> the kernels that ran"""
    random = np.random.default_rng(len(graphs))
    cases = [(graph, layer, (inputs(random, graph),)) for graph in graphs for layer in lowered(graph)]
    on_host = kernel.run_all(cases) if core == CORES[0] else [None] * len(cases)
    for (graph, layer, (x,)), got, twin in zip(cases, arm.run_all(cases, board.load(core)), on_host, strict=True):
        want, function = ops.run(graph, x), layer.calls[0].function
        assert np.array_equal(got, want), f"{function} on {core}, {layer.summary}"
        assert twin is None or np.array_equal(twin, want), f"{function} on the host, {layer.summary}"
    return {layer.calls[0].function for _, layer, _ in cases}


def three_wide(random, channels, **options):
    """A convolution that kernels which work on lines are for."""
    height, width = int(random.integers(1, 4)), int(random.integers(4, 22))
    return convolution(
        random,
        image=(height + int(random.integers(0, 6)), width, channels),
        filters=(int(random.integers(2, 8)), height, 3, channels),
        stride=(int(random.integers(1, 4)), int(random.integers(1, 3))),
        padding=str(random.choice(["SAME", "VALID"])),
        activation=str(random.choice(operand.FUSED)),
        sparsity=float(random.choice([0, 0.5])),
        zero_points=tuple(map(int, random.integers(-128, 128, 2))),
        **options,
    )


@pytest.mark.parametrize("core", CORES)
def test_convolutions(core):
    random = np.random.default_rng(1)
    assert agree(core, [random_convolution(random) for _ in range(60)]) >= {
        "mcup_conv_2d_quad_s8",
        "mcup_conv_2d_b4_s8",
        "mcup_conv_2d_b4_group_s8",
    }


@pytest.mark.parametrize("core", CORES)
def test_windows_three_wide(core):
    random = np.random.default_rng(2)
    graphs = [three_wide(random, channels) for channels in (1, 2, 3, 3, 3, 3, 3, 4, 5, 7, 8, 12) for _ in range(4)]
    assert agree(core, graphs) >= {"mcup_conv_2d_lines_s8", "mcup_conv_2d_rgb_s8"}


@pytest.mark.parametrize("core", CORES)
def test_fully_connected_layers(core):
    random = np.random.default_rng(3)
    assert agree(core, [random_dense(random) for _ in range(36)]) >= {
        "mcup_fully_connected_quad_s8",
        "mcup_fully_connected_quad_direct_s8",
        "mcup_fully_connected_b4_s8",
    }


def test_every_number_of_inputs_outputs_and_pixels():
    random = np.random.default_rng(4)
    makes = (
        lambda n: dense(random, inputs=n, rows=5, sparsity=0),
        lambda n: dense(random, inputs=20, rows=n, sparsity=0),
        lambda n: convolution(random, image=(1, 6, n), filters=(2, 1, 1, n), sparsity=0),
        lambda n: convolution(random, image=(2, 3, 8), filters=(n, 1, 1, 8), sparsity=0),
        lambda n: convolution(random, image=(1, n, 5), filters=(3, 1, 3, 5), sparsity=0),
    )
    agree(CORES[0], [make(n) for make in makes for n in range(1, 19)])


def test_shifts_of_every_size():
    random = np.random.default_rng(5)
    graphs = []
    for scale in 2.0 ** np.arange(-9, 15):
        graphs += [convolution(random, image=(3, 5, 3), filters=(8, 3, 3, 3), sparsity=0, output_scale=scale),
                   convolution(random, image=(3, 3, 4), filters=(8, 1, 1, 4), sparsity=0, output_scale=scale),
                   dense(random, inputs=40, rows=8, scales=(0.05, 0.01, scale))]  # fmt: skip
    agree(CORES[0], graphs)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_sums(sign):
    """Accumulators reach 24 bits, and wrap on the way."""
    random = np.random.default_rng(6)
    graphs = [
        convolution(random, image=(2, 4, 504), filters=(4, 1, 1, 504), zero_points=(0, 0), output_scale=50.0),
        convolution(random, image=(3, 5, 56), filters=(4, 3, 3, 56), zero_points=(0, 0), output_scale=50.0),
        convolution(random, image=(3, 5, 3), filters=(4, 3, 3, 3), zero_points=(0, 0), output_scale=2.0),
        dense(random, inputs=504, rows=5, zero_points=(0, 0), scales=(0.05, 0.01, 50.0)),
    ]
    for i, graph in enumerate(graphs):
        weights = np.full(graph.tensors[1].shape, 127 * sign, np.int8)
        weights[1::2] *= -1
        weights[-1, ..., 1::2] *= -1
        graphs[i] = with_data(with_data(graph, 1, weights), 2, np.zeros(1))
        assert len(lowered(graphs[i])) >= 2
    agree(CORES[0], graphs, extremes)


def test_blocks_far_apart_and_at_the_end():
    random = np.random.default_rng(7)
    graphs = [dense(random, inputs=inputs, rows=9, sparsity=0.995) for inputs in (1203, 1200, 400, 5)]
    at_the_end = [with_data(g, 1, np.eye(9, n := g.tensors[1].shape[1], n - 9)) for g in graphs]
    agree(CORES[0], graphs + at_the_end)


def test_kernels_for_smlad_are_offered_to_cores_that_have_it():
    random = np.random.default_rng(8)
    graph = convolution(random, image=(8, 8, 3), filters=(4, 3, 3, 3))
    for module in SPECIAL["conv_2d"]:
        assert module.lower(graph, graph.ops[0], ISAS)
        assert module.lower(graph, graph.ops[0], board.load("mps2_an385").isas) is None


def test_dense_layers_are_as_fast_as_they_were_measured():
    """Estimated cycles on Cortex-M4, a percent and a half above what they were when this was written."""
    random = np.random.default_rng(9)

    def convolved(image, filters, stride=(1, 1)):
        return convolution(random, image=image, filters=filters, stride=stride, sparsity=0)

    cases, limits = [], []
    for graph, module, limit in (
        (convolved((25, 5, 64), (64, 1, 1, 64)), conv_2d_quad, 708_000),
        (convolved((49, 10, 1), (64, 10, 4, 1), (2, 2)), conv_2d_quad, 570_000),
        (convolved((16, 16, 32), (32, 3, 3, 32)), conv_2d_lines, 2_768_000),
        (convolved((32, 32, 3), (16, 3, 3, 3)), conv_2d_rgb, 773_000),
        (dense(random, inputs=640, rows=128), fully_connected_quad, 108_000),
    ):
        x = random_inputs(random, graph)
        cases.append((graph, module.lower(graph, graph.ops[0], ISAS), (x,)))
        limits.append(limit)
    measured = [cycles for _, _, cycles in arm.measure_all(cases, board.load(CORES[0]))]
    assert all(cycles <= limit for cycles, limit in zip(measured, limits, strict=True)), measured


def in_blocks(random, graph, sparsity):
    """The weights of a layer pruned in blocks of four."""
    weights = graph.tensors[1].values
    kept = np.repeat(random.random(weights.size // 4) >= sparsity, 4).reshape(weights.shape)
    return with_data(graph, 1, weights * kept), np.count_nonzero(kept)


def test_every_number_of_blocks_and_pixels():
    random = np.random.default_rng(11)
    graphs = [convolution(random, image=(1, 9, 4 * n), filters=(3, 1, 1, 4 * n), sparsity=0) for n in range(1, 12)]
    graphs += [convolution(random, image=(3, n, 8), filters=(3, 3, 3, 8), sparsity=0) for n in range(1, 12)]
    assert agree(CORES[0], [in_blocks(random, graph, 0.5)[0] for graph in graphs]) >= {"mcup_conv_2d_b4_group_s8"}


@pytest.mark.parametrize("core", ["mps2_an386", "mps2_an385"])
def test_convolutions_in_blocks_of_four_are_faster_than_single_weights(core):
    random, target = np.random.default_rng(12), board.load(core)
    graph = convolution(random, image=(6, 6, 128), filters=(64, 1, 1, 128), sparsity=0)
    graph, _ = in_blocks(random, graph, 0.8)
    layers = [c.layer for c in choose.candidates(graph, graph.ops[0], target)]
    cases = [(graph, layer, (random_inputs(random, graph),)) for layer in layers]
    fastest = {"b4": np.inf, "d8": np.inf}
    for layer, (_, _, cycles) in zip(layers, arm.measure_all(cases, target), strict=True):
        if layer.encoded.encoding in fastest:
            fastest[layer.encoded.encoding] = min(fastest[layer.encoded.encoding], cycles)
    assert fastest["b4"] < 0.95 * fastest["d8"]


def test_blocks_of_four_are_fast():
    """A layer of 640 x 128 with nine in ten blocks pruned."""
    random = np.random.default_rng(10)
    graph, kept = in_blocks(random, dense(random, inputs=640, rows=128, sparsity=0), 0.9)
    weights = fully_connected.weights(graph, graph.ops[0])
    layer = fully_connected.lower(graph, graph.ops[0], b4.encode(weights), ISAS)
    case = graph, layer, (random_inputs(random, graph),)
    ((_, _, cycles),) = arm.measure_all([case], board.load(CORES[0]))
    assert cycles < 12 * kept / 4 + 37 * 128 + 200
