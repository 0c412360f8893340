"""Kernels keep to their share of the stack."""

from dataclasses import replace

import arm
import numpy as np
import pytest
from emulation import STACK_LIMIT, random_operands
from layers import mean, pair, pool, softmax
from test_conv_2d import convolution
from test_depthwise_conv_2d import depthwise
from test_fully_connected import dense

from mcuprune import board, choose

pytestmark = pytest.mark.emulator

M3 = board.load("mps2_an385")
CORES = {"m4": board.load("mps2_an386"), "m3": M3, "m0": replace(M3, cpu="cortex-m0")}


@pytest.mark.parametrize("core", CORES)
def test_no_kernel_takes_more_than_its_share_of_the_stack(core):
    """Each is run once, in every way to compute layers whose sums, borders and groups of pixels are not whole."""
    random, target = np.random.default_rng(1), CORES[core]
    graphs = [
        convolution(random, image=(5, 13, 8), filters=(5, 3, 3, 8)),
        convolution(random, image=(5, 13, 3), filters=(5, 3, 3, 3), activation="RELU6", output_scale=0.002),
        convolution(random, image=(3, 3, 4), filters=(6, 1, 1, 4), output_scale=2.0**-13),
        depthwise(random, image=(7, 5, 6), kernel=(3, 3)),
        depthwise(random, image=(7, 5, 6), kernel=(3, 3), stride=2),
        depthwise(random, image=(7, 5, 6), kernel=(3, 1), activation="RELU6"),
        dense(random, inputs=50, rows=11, activation="RELU6"),
        dense(random, inputs=9, rows=6, scales=(0.05, 0.01, 2.0**-13)),
        *(pair(kind, (3, 3, 5)) for kind in ("add", "mul")),
        *(pool(kind, (9, 9, 5), (3, 3), 2, "SAME") for kind in ("average", "max")),
        mean((5, 5, 6)),
        softmax(2, 12),
    ]
    layers = [(graph, c.layer) for graph in graphs for c in choose.candidates(graph, graph.ops[0], target)]
    used = arm.stacks([(graph, layer, random_operands(random, graph, layer)) for graph, layer in layers], target)
    found = {layer.calls[0].function: size for (_, layer), size in zip(layers, used, strict=True)}
    assert {function: size for function, size in found.items() if not 0 < size <= STACK_LIMIT} == {}
    assert len(found) > 15
