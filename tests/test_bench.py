"""What the benchmark does to networks before it measures them, and how it draws."""

from xml.etree import ElementTree

import bench
import numpy as np
import plot
import pytest
from models import Net

from mcuprune import budget, ops
from mcuprune.graph import Graph


@pytest.fixture
def network() -> Graph:
    net = Net("net", 6, 6, 4)
    x = net.conv(net.conv(net.input, 8), 16, 1)
    return net.graph(net.dense(net.reshape(x, x.count), 10))


def weights(graph: Graph, op) -> np.ndarray:
    return ops.OPS[op.kind].weights(graph, op)


@pytest.mark.parametrize("sparsity", bench.SPARSITIES)
def test_each_prunable_layer_has_the_share_of_zeros_and_keeps_its_largest_weights(network, sparsity):
    pruned = bench.prune(network, sparsity)
    assert np.array_equal(weights(pruned, pruned.ops[0]), weights(network, network.ops[0]))  # the first convolution
    for op in budget.prunable(pruned):
        before, after = weights(network, op), weights(pruned, op)
        lost = (after == 0) & (before != 0)
        scale = network.tensors[op.inputs[1]].scale.reshape(-1, 1)
        size = np.abs(before) * scale
        assert abs(np.mean(after == 0) - sparsity) < 0.01 or sparsity == 0
        assert not lost.any() or size[lost].max() <= size[after != 0].min()


def test_blocks_are_pruned_as_a_whole(network):
    pruned = bench.prune(network, 0.5, block=4)
    for op in budget.prunable(pruned):
        before, after = (weights(graph, op).reshape(-1, 4) for graph in (network, pruned))
        assert np.all((after == before).all(axis=1) | (after == 0).all(axis=1))
        assert np.mean((after == 0).all(axis=1)) == pytest.approx(0.5, abs=0.02)


def test_the_bound_is_the_entropy():
    half = np.tile(np.array([0, 3], np.int8), 400).reshape(8, 100)
    assert bench.bound(half) == 800 * (1 + 8 * 0.5) / 8
    assert bench.bound(np.ones((8, 100), np.int8)) == 800
    assert bench.bound(np.zeros((8, 100), np.int8)) == 0


def test_every_layer_has_a_figure_to_be_compared_with():
    assert {*bench.SPARSE, *bench.FULL} == set(bench.BASELINE["layers"])
    assert {*bench.NETWORKS} == set(bench.BASELINE["networks"])
    assert all(set(bench.CORES) == set(cores) for cores in bench.BASELINE["networks"].values())


def test_a_plot_names_its_curves_apart_from_one_another():
    curves = {name: [(0.0, 1.0), (0.9, 2.0 + i / 100)] for i, name in enumerate(("one", "two", "three"))}
    root = ElementTree.fromstring(plot.svg([plot.Panel("Layers", curves)]))
    heights = [float(e.get("y")) for e in root.iter() if e.text in curves]
    assert len(heights) == 3
    assert min(np.diff(sorted(heights))) >= plot.LINE
