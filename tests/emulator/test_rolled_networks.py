"""Networks with loops from a file to bytes: on every kind of core, step by step against the oracle."""

import re

import cells
import numpy as np
import pytest
from writer import write

from mcuprune import board, choose, device, link, measure, report, samples, stages, verify
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.graph import Graph
from mcuprune.request import Request, Trained
from mcuprune.summary import summarize

pytestmark = pytest.mark.emulator
STEPS = 5


def built(graph: Graph, folder, target: str = "stm32f405", goal: str = "speed") -> Compiled:
    write(graph, folder / "model.tflite")
    return compile_graph(read(folder / "model.tflite", "net"), board.load(target), folder, goal)


@pytest.mark.parametrize("number", [1, 2, 9])
@pytest.mark.parametrize("name", ["microbit", "stm32f405", "mps3_an547"])
def test_every_byte_equals_the_oracles(name, number, tmp_path):
    compiled = built(cells.network(number, STEPS), tmp_path, name)
    assert [loop.count for loop in compiled.graph.loops] == [STEPS]
    verdict = verify.verify(compiled, samples.random(compiled.graph, 4))
    assert verdict.bit_exact, verdict.where


@pytest.mark.parametrize("encoding", ["d8", "n4"])
def test_sparse_weights_are_read_in_every_step(encoding, tmp_path, monkeypatch):
    everything = choose.candidates
    wanted = (None, encoding)

    def only(*arguments):
        found = everything(*arguments)
        kept = [c for c in found if (c.layer.encoded.encoding if c.layer.encoded else None) in wanted]
        return kept or found

    monkeypatch.setattr(choose, "candidates", only)
    compiled = built(cells.memory(STEPS), tmp_path)
    used = {layer.encoded.encoding for layer in compiled.layers if layer.encoded and layer.times == STEPS}
    assert used == {encoding}
    assert verify.verify(compiled, samples.random(compiled.graph, 4)).bit_exact


def test_a_report_has_a_row_for_what_all_steps_do_together(tmp_path):
    compiled = built(cells.memory(STEPS), tmp_path)
    source = (tmp_path / "src/net.c").read_text()
    assert source.count("for (int step = 0; step < 5; step++) {") == 1
    assert source.count("mcup_lookup_s8(") == 1, "one tanh, in the loop"
    request = Request("net", "net.tflite", "0" * 64, compiled.board, tmp_path)
    counts = measure.count(compiled, samples.random(compiled.graph, 1))
    made = summarize(compiled, request, Trained(), measure.Measured(counts=counts))
    assert sum(row.instructions for row in made.layers) <= made.instructions
    assert made.instructions < sum(row.instructions for row in made.layers) + 100
    inside = [row for row, layer in zip(made.layers, compiled.layers, strict=True) if layer.times > 1]
    assert {row.macs for row in inside if row.macs} == {STEPS * cells.UNITS * cells.UNITS, STEPS * cells.UNITS * 4}
    report.save(made, tmp_path / "report.json")
    again, _ = stages.load(tmp_path)
    assert [layer.calls[0].function for layer in again.layers] == [row.kernel for row in made.layers]


def test_the_step_that_differs_is_named(tmp_path):
    compiled = built(cells.memory(STEPS), tmp_path)
    path = tmp_path / "src/net.c"
    name = next(layer.op.name for layer in compiled.layers if layer.op.kind == "tanh")
    spoil = r"\1        if (step == 3) { \2[0] ^= 0x40; }\n"
    text, changes = re.subn(rf"(\(&{name}, .*, (\w+)\);\n)", spoil, path.read_text())
    assert changes == 1
    path.write_text(text)
    link.make(tmp_path / "src", tmp_path, "firmware.elf")
    verdict = verify.verify(compiled, samples.random(compiled.graph, 2))
    assert verdict.where.startswith(f"layer {name} (tanh) in step 4 of 5 is the first to differ: 1 of 6 bytes")


def test_the_host_computes_the_same_bytes(tmp_path):
    compiled = built(cells.network(4, STEPS), tmp_path)
    inputs = samples.random(compiled.graph, 5)
    expected = device.emulate(compiled, compiled.emulator, inputs).outputs
    assert np.array_equal(device.on_host(compiled, inputs), expected)
