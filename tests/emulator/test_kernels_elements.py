"""Kernels without weights on every instruction set: the bytes of the reference, no byte beside the output."""

import arm
import numpy as np
import pytest
from judge import random_inputs
from test_ops_pairs import pair
from test_ops_reduce import averaged, pooled, softmaxed
from writer import quantized, single

from mcuprune import board, ops
from mcuprune.window import axis

CORES = ["mps2_an386", "mps2_an385", "rpi_pico"]  # dsp, v7m, v6m


def agree(core, graphs, random):
    cases = [(g, ops.OPS[g.ops[0].kind].lower(g, g.ops[0]), (random_inputs(random, g),)) for g in graphs]
    for (graph, _, (x,)), got in zip(cases, arm.run_all(cases, board.load(core)), strict=True):
        assert np.array_equal(got, ops.run(graph, x)), f"{core}: {graph}"


def wide_pool(random, kind, size, channels):
    """A pool over all of an image of (height, width)."""
    sides = axis(size[0], size[0], 1, "VALID"), axis(size[1], size[1], 1, "VALID")
    x, y = (quantized(n, (1, *shape, channels), 0.1, 3) for n, shape in (("x", size), ("y", (1, 1))))
    assert [side.outputs for side in sides] == [1, 1]
    return single(kind, [x], y, padding="VALID", stride_h=1, stride_w=1, filter_height=size[0], filter_width=size[1],
                  fused_activation_function="NONE")  # fmt: skip


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("kind", ["add", "mul", "sub"])
def test_pairs(core, kind):
    random = np.random.default_rng(len(core))
    agree(core, [pair(random, kind, other) for other in ("self", "constant") for _ in range(40)], random)


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("kind", ["add", "sub"])
def test_sums_of_scales_far_apart(core, kind):
    random = np.random.default_rng(7)
    graphs = []
    for exponent in (0, 1, 20, 29, 30, 31, 32, 40):
        for scales in ((1.0, 2.0**-exponent * 1.1), (2.0**-exponent * 1.1, 1.0)):
            a = quantized("a", (1, 3, 9), scales[0], 7)
            data = random.integers(-128, 128, a.shape).astype(np.int8)
            b = quantized("b", a.shape, scales[1], -9, data=data)
            graphs.append(single(kind, [a, b], quantized("y", a.shape, 1.5, 3), fused_activation_function="NONE"))
    agree(core, graphs, random)


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("kind", ["max_pool_2d", "average_pool_2d"])
def test_pools(core, kind):
    random = np.random.default_rng(len(core))
    wide = [wide_pool(random, kind, size, 5) for size in ((17, 19), (2, 300), (25, 5), (16, 16))]
    agree(core, [pooled(random, kind) for _ in range(50)] + wide, random)


@pytest.mark.parametrize("core", CORES)
def test_softmaxes(core):
    random = np.random.default_rng(len(core))
    shapes = [(1, int(random.integers(1, 4)), int(random.integers(1, 40))) for _ in range(30)] + [(1, 511), (1, 300)]
    agree(core, [softmaxed(random, shape) for shape in shapes], random)


@pytest.mark.parametrize("core", CORES)
def test_means(core):
    random = np.random.default_rng(len(core))
    graphs = []
    for _ in range(30):
        shape = (1, *map(int, random.integers(1, 9, random.integers(1, 4))))
        over = random.permutation(len(shape))[: random.integers(1, len(shape) + 1)].tolist()
        graphs.append(averaged(random, shape, over, True))
    graphs += [averaged(random, shape, [1, 2], True) for shape in ((1, 25, 5, 8), (1, 20, 20, 9), (1, 7, 7, 3))]
    agree(core, graphs, random)
