"""Padding that has no name, as a PAD leaves it that a convolution took over: every kernel that takes such a layer."""

import itertools

import arm
import kernel
import numpy as np
import pytest
from judge import random_inputs
from models import Net

from mcuprune import board, choose, ops
from mcuprune.rewrite import rewrite

CORES = {"dsp": "mps2_an386", "v7m": "mps2_an385", "v6m": "rpi_pico"}


def padded(seed):
    """A graph of one convolution, with the edges of a PAD and perhaps those of SAME."""
    random = np.random.default_rng(seed)
    net = Net(f"padded{seed}", *map(int, random.integers(3, 9, 2)), int(random.choice([1, 3, 4, 8, 12])), seed=seed)
    kernel_size, stride = int(random.choice([2, 3, 3, 3, 5])), int(random.integers(1, 3))
    edges = random.integers(0, kernel_size, (2, 2)).tolist()
    x = net.pad(net.input, [(0, 0), *edges, (0, 0)])
    attrs = {"stride": stride, "padding": "VALID" if kernel_size > 2 else str(random.choice(["SAME", "VALID"]))}
    if random.random() < 0.5:
        y = net.depthwise(x, min(kernel_size, *x.shape[1:3]), **attrs)
    else:
        sparsity = float(random.choice([0, 0.8]))
        y = net.conv(x, int(random.integers(1, 9)), min(kernel_size, *x.shape[1:3]), sparsity=sparsity, **attrs)
    return rewrite(net.graph(y)).graph


@pytest.mark.parametrize("isa", CORES)
def test_every_kernel_takes_padding_without_a_name(isa):
    target, random = board.load(CORES[isa]), np.random.default_rng(1)
    graphs = [graph for graph in map(padded, range(24)) if len(graph.ops) == 1]
    graphs = [graph for graph in graphs if not isinstance(graph.ops[0].attrs["padding"], str)]
    assert len(graphs) > 10
    cases = [
        (graph, candidate.layer, (random_inputs(random, graph),))
        for graph in graphs
        for candidate in choose.candidates(graph, graph.ops[0], target, (isa, "portable"))
    ]
    halves = (cases[: len(cases) // 2], cases[len(cases) // 2 :])  # the RAM of a board holds no more at once
    on_host, on_core = kernel.run_all(cases), [run for half in halves for run in arm.run_all(half, target)]
    for (graph, layer, (x,)), twin, fast in zip(cases, on_host, on_core, strict=True):
        want = ops.run(graph, x)
        assert np.array_equal(twin, want), f"twin: {layer.calls[0].function} of {graph.ops[0].attrs}"
        assert np.array_equal(fast, want), f"{isa}: {layer.calls[0].function} of {graph.ops[0].attrs}"


@pytest.mark.parametrize("isa", ["dsp", "v7m"])
def test_depthwise_3x3_takes_padding_above_or_below_alone(isa):
    """As strips of an image have it."""
    target, random = board.load(CORES[isa]), np.random.default_rng(2)
    graphs = []
    for above, below, height in itertools.product((0, 1), (0, 1), (3, 4, 6)):
        net = Net(f"strip{len(graphs)}", height, int(random.integers(3, 8)), 5, seed=len(graphs))
        edges = [(0, 0), (above, below), (1, 1), (0, 0)]
        graphs.append(rewrite(net.graph(net.depthwise(net.pad(net.input, edges), 3, padding="VALID"))).graph)
    every = [(g, c.layer) for g in graphs for c in choose.candidates(g, g.ops[0], target, (isa, "portable"))]
    cases = [(g, x, (random_inputs(random, g),)) for g, x in every if "3x3" in x.calls[0].function]
    assert len(cases) >= len(graphs)
    for (graph, layer, (x,)), twin, fast in zip(cases, kernel.run_all(cases), arm.run_all(cases, target), strict=True):
        want = ops.run(graph, x)
        assert np.array_equal(twin, want), f"twin: {layer.summary}"
        assert np.array_equal(fast, want), f"{isa}: {layer.summary}"
