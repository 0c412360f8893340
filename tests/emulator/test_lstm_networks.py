"""Networks with LSTM from a file to bytes: a small one on every kind of core, and the example that adds."""

import sys
from pathlib import Path

import numpy as np
import pytest
from lstms import lstm
from writer import chain, write

from mcuprune import board, samples, verify
from mcuprune.compiled import compile_graph, read

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("stateful", [False, True])
@pytest.mark.parametrize("name", ["microbit", "stm32f405", "mps3_an547"])
def test_every_byte_equals_the_oracles(name, stateful, tmp_path):
    random = np.random.default_rng(1)
    first, second = lstm(random, inputs=6, units=8), lstm(random, inputs=8, units=5, zero_points=(-5, 9))
    write(chain([first, second]), tmp_path / "model.tflite")
    graph = read(tmp_path / "model.tflite", "net", stateful)
    compiled = compile_graph(graph, board.load(name), tmp_path, "speed")
    verdict = verify.verify(compiled, samples.random(graph, 4))
    assert verdict.bit_exact, verdict.where
    # kernels that are called through pointers included
    assert verdict.stack_bytes <= compiled.stack_bytes <= verdict.stack_bytes + 100


@pytest.mark.keras
def test_the_example_reads_and_writes(tmp_path, monkeypatch):
    """Untrained: what it answers is nonsense, to the byte."""
    pytest.importorskip("tf_keras")
    from mcuprune.quantize import quantize

    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples"))
    import additions

    (x, y), _ = additions.data()
    assert additions.decode(x[0].argmax(-1))[::-1].strip().count("+") == 1
    a, b = map(int, additions.decode(x[0].argmax(-1))[::-1].split("+"))
    assert int(additions.decode(y[0])) == a + b
    quantize(additions.network(), x[:20], tmp_path / "model.tflite")
    sys.modules.pop("additions")
    graph = read(tmp_path / "model.tflite", "additions")
    compiled = compile_graph(graph, board.load("stm32f405"), tmp_path, "speed")
    verdict = verify.verify(compiled, samples.quantize(x[:3], graph.input))
    assert verdict.bit_exact, verdict.where
