"""LSTM on emulated cores: every way to compute it, the bytes of the reference."""

import arm
import numpy as np
import pytest
from judge import random_inputs
from lstms import lstm

from mcuprune import board, choose, ops

pytestmark = pytest.mark.emulator

CORES = {"microbit": "cortex-m0", "mps2_an385": "cortex-m3", "mps2_an386": "cortex-m4", "mps2_an500": "cortex-m7",
         "mps3_an547": "cortex-m55"}  # fmt: skip


def small():
    """Shifts to the left and to the right, rows of every length, cells of every scale."""
    random = np.random.default_rng(1)
    scales = [(0.004, 0.01), (0.05, 0.02), (0.004, 0.0001), (0.3, 0.05)]
    return [
        lstm(random, inputs=1 + 5 * i, units=3 + 2 * i, steps=1 + i % 3, sparsity=i / 7, cell=-15 + i,
             scales=(*scales[i % 4], 1 / 128), clip=0.4 * (i % 2))
        for i in range(7)
    ]  # fmt: skip


@pytest.mark.parametrize("core", CORES)
def test_lstm(core):
    target, random = board.load(core), np.random.default_rng(2)
    cases = [
        (graph, candidate.layer, (random_inputs(random, graph),))
        for graph in small()
        for candidate in choose.candidates(graph, graph.ops[0], target)
    ]
    quads = [layer for _, layer, _ in cases if "quad" in layer.calls[0].function]
    assert bool(quads) == ("dsp" in target.isas)
    for (graph, layer, (x,)), (got, _, _) in zip(cases, arm.run_all(cases, target), strict=True):
        assert np.array_equal(got, ops.run(graph, x)), f"{layer.calls[0].function} on {core}, {layer.summary}"


def test_a_dense_lstm_takes_three_instructions_per_mac():
    """28 inputs, 64 units: what CMSIS-NN takes 5.1 for.  Pruned by 90 %, logistic functions are what is left."""
    target, random = board.load("mps2_an386"), np.random.default_rng(3)
    counted = []
    for sparsity, kernel in ((0.0, "quad"), (0.9, "d8")):
        graph = lstm(random, inputs=28, units=64, steps=2, sparsity=sparsity, scales=(1 / 255, 0.01, 1 / 128))
        layers = [c.layer for c in choose.candidates(graph, graph.ops[0], target)]
        (layer,) = (x for x in layers if x.calls[0].function == f"mcup_lstm_{kernel}_s8")
        (result,) = arm.run_all([(graph, layer, (random_inputs(random, graph),))], target)
        counted.append(result[1] / layer.macs)
    assert counted[0] <= 3.0 and counted[1] <= 2.5, counted
