"""SVDF on emulated cores: sequences of inferences, and a network of two from a file to bytes."""

import arm
import numpy as np
import pytest
from judge import lowered, random_inputs
from svdfs import random_svdf, svdf
from test_svdf import sequence
from writer import chain, write

from mcuprune import board, samples, verify
from mcuprune.compiled import compile_graph, read

pytestmark = pytest.mark.emulator

CORES = ["microbit", "stm32f405", "mps3_an547"]


@pytest.mark.parametrize("core", CORES)
def test_sequences_are_the_reference_s(core):
    random = np.random.default_rng(1)
    graphs = [random_svdf(random) for _ in range(6)]
    cases = [(graph, layer, (random_inputs(random, graph, 12),)) for graph in graphs for layer in lowered(graph)]
    for (graph, layer, (x,)), got in zip(cases, arm.run_all(cases, board.load(core)), strict=True):
        assert np.array_equal(got, sequence(graph, x)), f"{layer.calls[0].function} on {core}"


@pytest.mark.parametrize("core", CORES)
def test_every_byte_equals_the_oracles(core, tmp_path):
    random = np.random.default_rng(2)
    first, second = svdf(random, inputs=12, units=9), svdf(random, inputs=9, units=5, zero_points=(-5, 9))
    write(chain([first, second]), tmp_path / "model.tflite")
    graph = read(tmp_path / "model.tflite", "net")
    verdict = verify.verify(compile_graph(graph, board.load(core), tmp_path, "speed"), samples.random(graph, 4))
    assert verdict.bit_exact, verdict.where
