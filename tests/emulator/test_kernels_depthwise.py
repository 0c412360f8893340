"""Kernels of depthwise convolution that not every layer suits: twin and assembly give the bytes of the reference."""

import arm
import kernel
import numpy as np
import pytest
from judge import random_inputs
from test_depthwise_conv_2d import depthwise

from mcuprune import board, operand, ops
from mcuprune.kernels import depthwise_conv_2d_3x3, depthwise_conv_2d_line, depthwise_conv_2d_plane

CORES = {"dsp": "mps2_an386", "v7m": "mps2_an385", "v6m": "rpi_pico"}
MODULES = {"3x3": depthwise_conv_2d_3x3, "plane": depthwise_conv_2d_plane}


def agree(graphs, module, isa, least):
    """least: of the graphs, how many must suit."""
    random = np.random.default_rng(1)
    lowered = [(graph, module.lower(graph, graph.ops[0], (isa, "portable"))) for graph in graphs]
    cases = [(graph, layer, (random_inputs(random, graph),)) for graph, layer in lowered if layer]
    assert len(cases) >= least
    on_host, on_core = kernel.run_all(cases), arm.run_all(cases, board.load(CORES[isa]))
    for (graph, layer, (x,)), twin, fast in zip(cases, on_host, on_core, strict=True):
        want = ops.run(graph, x)
        assert np.array_equal(twin, want), f"twin: {layer} of {graph}"
        assert np.array_equal(fast, want), f"{isa}: {layer} of {graph}"


def random_layer(random, kernel_size, stride, image):
    """image: least height and width."""
    height, width = (int(n + random.integers(0, 9)) for n in image)
    return depthwise(
        random,
        image=(height, width, int(random.integers(1, 6))),
        kernel=kernel_size,
        stride=stride,
        multiplier=int(random.choice([1, 1, 1, 2])),
        padding=str(random.choice(["SAME", "SAME", "VALID"])),
        activation=str(random.choice(operand.FUSED)),
        zero_points=tuple(map(int, random.integers(-128, 128, 2))),
        output_scale=float(2.0 ** random.uniform(-6, 16)),
    )


@pytest.mark.parametrize("isa", depthwise_conv_2d_3x3.FAST)
def test_3x3(isa):
    random = np.random.default_rng(2)
    graphs = [random_layer(random, (3, 3), int(random.integers(1, 3)), (3, 3)) for _ in range(120)]
    agree(graphs, depthwise_conv_2d_3x3, isa, 50)


@pytest.mark.parametrize("isa", depthwise_conv_2d_plane.FAST)
def test_plane(isa):
    random = np.random.default_rng(3)
    graphs = []
    for _ in range(80):
        kernel_size = tuple(map(int, random.integers(1, 8, 2)))
        graphs.append(random_layer(random, kernel_size, int(random.integers(1, 4)), kernel_size))
    graphs += [random_layer(random, (taps, 1), 1, (taps, 1)) for taps in (3, 9, 13)]
    agree(graphs, depthwise_conv_2d_plane, isa, 50)


@pytest.mark.parametrize("isa", depthwise_conv_2d_3x3.FAST)
def test_lines(isa):
    """Of 3x1 and 1x3, of one input and more; the harnesses run them in place of their input, too."""
    random = np.random.default_rng(4)
    graphs = [random_layer(random, size, 1, (1, 1)) for size in ((3, 1), (1, 3)) for _ in range(45)]
    graphs = [graph for graph in graphs if graph.tensors[-1].count > 0]
    assert all(layer.in_place == (0,) for g in graphs if (layer := depthwise_conv_2d_line.lower(g, g.ops[0], ("dsp",))))
    agree(graphs, depthwise_conv_2d_line, isa, 40)


@pytest.mark.parametrize("name", MODULES)
def test_a_channel_that_answers_its_zero_point_may_have_any_shift(name):
    graph = depthwise(np.random.default_rng(5), image=(5, 5, 4), kernel=(3, 3), output_scale=1e12)
    agree([graph], MODULES[name], "dsp", 1)


OTHERS = [{"dilation": (2, 2)}, {"output_scale": 1e-6}]
OTHERS_OF_3X3 = [{"kernel": (3, 2)}, {"multiplier": 2}, {"stride": 3}, {"image": (2, 5, 4)}]


@pytest.mark.parametrize(
    ("name", "change"),
    [(name, change) for name in MODULES for change in OTHERS] + [("3x3", change) for change in OTHERS_OF_3X3],
)
def test_other_layers_are_left_alone(name, change):
    graph = depthwise(np.random.default_rng(6), **{"image": (7, 7, 4), "kernel": (3, 3)} | change)
    assert MODULES[name].lower(graph, graph.ops[0], ("dsp", "portable")) is None
    assert MODULES[name].lower(graph, graph.ops[0], ("portable",)) is None
