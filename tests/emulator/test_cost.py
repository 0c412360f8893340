"""Predictions of cycles against measurements of layers that the cost model was not fitted to."""

import emulation
import fit
import layers
import numpy as np
import pytest
from wide import widened

from mcuprune import choose
from mcuprune.menu import Candidate

pytestmark = pytest.mark.emulator

RANDOM = np.random.default_rng(77)
LAYERS = {
    "pointwise": layers.convolution(RANDOM, (9, 14, 48), 72, (1, 1)),
    "pointwise 80 %": layers.convolution(RANDOM, (13, 7, 56), 80, (1, 1), sparsity=0.8),
    "3x3": layers.convolution(RANDOM, (12, 18, 20), 28),
    "3x3 85 %": layers.convolution(RANDOM, (10, 16, 36), 44, sparsity=0.85),
    "3x3 70 %, stride 2": layers.convolution(RANDOM, (17, 24, 24), 40, stride=2, sparsity=0.7),
    "first": layers.convolution(RANDOM, (40, 56, 3), 12, stride=2),
    "depthwise": layers.depthwise(RANDOM, (15, 11, 40)),
    "depthwise, stride 2": layers.depthwise(RANDOM, (20, 26, 24), stride=2),
    "fully connected": layers.fully_connected(RANDOM, 360, 90),
    "fully connected 90 %": layers.fully_connected(RANDOM, 480, 72, 0.9),
    "add": layers.pair("add", (9, 7, 24)),
    "average pool": layers.pool("average", (11, 6, 48), (11, 6), 1),
    "depthwise, 3x1": layers.depthwise(RANDOM, (18, 9, 24), (3, 1)),
    "fully connected, few rows": layers.fully_connected(RANDOM, 210, 2),
    "gather": layers.gather(RANDOM, (7, 11, 6), 9),
    "log softmax": layers.log_softmax(20, 45, 0.15),
    "arg max": layers.arg_max((1, 9, 8, 10), 3),
    "16x8 max pool": widened(layers.pool("max", (11, 9, 10), (3, 3), 2)),
    "16x8 depthwise": widened(layers.depthwise(RANDOM, (9, 7, 11))),
}


@pytest.fixture(scope="module", params=["cortex-m4", "cortex-m3", "cortex-m0"])
def measured(request) -> dict[str, list[tuple[Candidate, int]]]:
    """All ways to compute each layer on a core, with the cycles that they took."""
    board = fit.emulated(request.param)
    found = {name: choose.candidates(graph, graph.ops[0], board, board.isas) for name, graph in LAYERS.items()}
    cases = [(LAYERS[name], candidate.layer) for name, candidates in found.items() for candidate in candidates]
    counts = iter(emulation.measure(cases, board))
    return {name: [(c, next(counts)[1]) for c in candidates] for name, candidates in found.items()}


@pytest.mark.parametrize("goal", ["speed", "size"])
def test_predictions_are_within_three_percent(measured, goal):
    best = {name: min(found, key=lambda f: f[0].cycles if goal == "speed" else f[0].size)
            for name, found in measured.items()}  # fmt: skip
    errors = {name: candidate.cycles / cycles - 1 for name, (candidate, cycles) in best.items()}
    assert {name: f"{error:+.1%}" for name, error in errors.items() if abs(error) > 0.03} == {}


def test_what_is_chosen_for_speed_is_the_fastest(measured):
    for name, found in measured.items():
        _, chosen = min(found, key=lambda f: f[0].cycles)
        fastest = min(cycles for _, cycles in found)
        assert chosen <= 1.03 * fastest, f"{name}: {[(c.layer.calls[0].function, cycles) for c, cycles in found]}"
