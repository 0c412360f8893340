"""What can be done again with the folder of a build: run, verify, bench, inspect, flash."""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import models
import numpy as np
import pytest
from test_cli import run

from mcuprune import board as boards
from mcuprune import ends, ops, pipeline, report, samples, stages
from mcuprune.errors import UsageError
from mcuprune.request import Request

pytestmark = pytest.mark.emulator


@pytest.fixture
def folder(built, tmp_path) -> Path:
    """A build that may be written to."""
    return shutil.copytree(built, tmp_path / "build")


def test_a_build_is_loaded_as_it_was_made(built):
    compiled, made = stages.load(built)
    assert compiled.board.name == made.board.name == "stm32f405"
    assert [layer.op.name for layer in compiled.layers] == [row.name for row in made.layers]
    assert compiled.plan.size == made.ram.arena_bytes
    assert compiled.firmware.flash_bytes == made.flash.total_bytes


def test_a_build_of_portable_kernels_is_loaded_as_it_was_made(tmp_path):
    """Of a budget that the fast ones are too large for."""
    source = models.save("residual", tmp_path)
    options = ["--board", "stm32", "--budget", "9KB", "--no-verify", "-o", tmp_path / "build"]
    assert run("compile", source, *options).code == 0
    compiled, made = stages.load(tmp_path / "build")
    assert compiled.plan.size == made.ram.arena_bytes


def test_a_build_without_its_firmware_is_refused(folder):
    (folder / "firmware.elf").unlink()
    with pytest.raises(UsageError, match=r"build has no firmware.elf; build it again"):
        stages.load(folder)


def test_run_gives_bytes_for_bytes(built, tmp_path):
    graph = stages.load(built)[0].graph
    inputs = samples.random(graph, 3)
    np.save(tmp_path / "x.npy", inputs)
    assert run("run", built, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy").code == 0
    outputs = np.load(tmp_path / "y.npy")
    assert outputs.dtype == np.int8
    assert np.array_equal(outputs, ops.run(graph, inputs))


def test_run_gives_real_values_for_real_values(built, tmp_path):
    graph = stages.load(built)[0].graph
    inputs = np.random.default_rng(0).normal(size=(2, *graph.input.shape[1:]))
    np.save(tmp_path / "x.npy", inputs)
    assert run("run", built, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy").code == 0
    expected = samples.dequantize(ops.run(graph, samples.quantize(inputs, graph.input)), graph.output)
    assert np.array_equal(np.load(tmp_path / "y.npy"), expected)


def test_run_prints_the_outputs_where_no_file_is_named(built, tmp_path):
    graph = stages.load(built)[0].graph
    np.save(tmp_path / "x.npy", samples.random(graph, 1)[0])
    done = run("run", built, "--input", tmp_path / "x.npy")
    assert np.array_equal(json.loads(done.out), ops.run(graph, samples.random(graph, 1)))


@pytest.mark.parametrize("shape", [(7,), (0, 12, 10, 3)])
def test_run_refuses_samples_of_another_shape(built, tmp_path, shape):
    np.save(tmp_path / "x.npy", np.zeros(shape))
    with pytest.raises(UsageError, match=r"x\.npy holds \(.*\), the model takes n x 12 x 10 x 3"):
        stages.run(built, tmp_path / "x.npy", None)


def test_run_refuses_what_is_no_array(built, tmp_path):
    (tmp_path / "x.npy").write_text("1 2 3")
    with pytest.raises(UsageError, match=r"x\.npy is not a readable \.npy or \.npz file"):
        stages.run(built, tmp_path / "x.npy", None)
    with pytest.raises(UsageError, match=r"y\.npy is not a readable \.npy or \.npz file"):
        stages.run(built, tmp_path / "y.npy", None)


def test_verify_says_how_many_samples_agree(built):
    done = run("verify", built, "--samples", 3)
    assert done.code == 0
    assert done.out.startswith("bit-exact: 3 samples, QEMU ")
    assert "netduinoplus2 and " in done.out
    assert "agree in every byte" in done.out


def test_verify_with_data_measures_accuracy_on_the_device(built, tmp_path):
    graph = stages.load(built)[0].graph
    x = np.random.default_rng(1).normal(size=(40, 12, 10, 3)).astype(np.float32)
    labels = ops.run(graph, samples.quantize(x, graph.input)).argmax(-1)
    labels[:4] = (labels[:4] + 1) % 10
    np.savez(tmp_path / "data.npz", x_train=x, y_train=labels, x_test=x, y_test=labels)
    done = run("verify", built, "--data", tmp_path / "data.npz", "--samples", 2)
    assert done.out.endswith("accuracy on the device: 90.00 % of 40 test samples\n")


def test_verify_writes_junit_for_success(built, tmp_path):
    assert run("verify", built, "--samples", 1, "--junit", tmp_path / "junit.xml").code == 0
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    assert (suite.tag, suite.get("tests"), suite.get("failures")) == ("testsuite", "1", "0")
    assert suite.find("testcase").get("name") == "residual equals the oracle"
    assert suite.find("testcase/failure") is None
    assert suite.find("testcase/system-out").text.startswith("bit-exact: 1 samples")


def test_verify_names_the_first_layer_that_differs_and_writes_junit_for_it(folder, tmp_path):
    """Here the file, and with it the oracle, has another bias in the middle of the network than the firmware."""
    graph = stages.load(folder)[0].graph
    bias = graph.tensors[graph.ops[2].inputs[2]].data
    content = (folder / "model.tflite").read_bytes()
    assert content.count(bias.tobytes()) == 1
    (folder / "model.tflite").write_bytes(content.replace(bias.tobytes(), (bias + 30_000).tobytes()))
    done = run("verify", folder, "--samples", 2, "--junit", tmp_path / "junit.xml")
    assert done.code == 7
    assert done.out == "0 of 2 samples agree\n"
    assert "error: residual: 2 of 2 samples differ between QEMU " in done.err
    assert "layer conv_2d_2 (conv_2d) is the first to differ: " in done.err
    assert not (folder / "trace").exists()
    failure = ET.parse(tmp_path / "junit.xml").find("testcase/failure")
    assert "layer conv_2d_2 (conv_2d) is the first to differ: " in failure.get("message")


def test_verify_leaves_a_build_as_it_was(folder):
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    assert run("verify", folder, "--samples", 1).code == 0
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_bench_counts_what_the_build_counted(built):
    assert stages.bench(built) == report.load(built / "report.json")
    done = run("bench", built, "--json")
    assert json.loads(done.out) == json.loads((built / "report.json").read_text())


def test_inspect_shows_a_build(built):
    assert "residual on stm32f405" in run("inspect", built).out


def test_inspect_draws_the_memory_of_a_build(built):
    made = report.load(built / "report.json")
    head, *lines = run("inspect", "--memory", built).out.splitlines()
    assert head.startswith(f"Arena of {made.ram.arena_bytes:,} bytes on {made.board.name}; ")
    assert [line.split()[0] for line in lines[: len(made.layers)]] == [row.name for row in made.layers]
    assert "needs the most: " in lines[-1]


def test_flash_prints_the_command_for_the_production_image(built):
    done = run("flash", built, "--tool", "openocd", "--dry-run")
    assert done.code == 0
    assert done.out.startswith("openocd ")
    assert str(built / "production.elf") in done.out


def test_a_report_of_another_version_is_refused(folder):
    told = json.loads((folder / "report.json").read_text())
    (folder / "report.json").write_text(json.dumps(told | {"schema": 99}))
    with pytest.raises(UsageError, match=r"schema 99, not 1.*build it again"):
        stages.load(folder)


def test_several_inputs_and_outputs_are_arrays_of_an_npz(tmp_path):
    request = Request("forked", "forked.tflite", "", boards.load("stm32f405"), tmp_path / "forked", samples=4)
    report = pipeline.compile_model(models.save("forked", tmp_path), request, say=lambda message: None)
    assert report.verify.bit_exact
    graph = stages.load(tmp_path / "forked")[0].graph
    x = ends.split(graph.sources, samples.random(graph, 3))
    np.savez(tmp_path / "x.npz", *x)
    assert run("run", tmp_path / "forked", "--input", tmp_path / "x.npz", "--output", tmp_path / "y.npz").code == 0
    with np.load(tmp_path / "y.npz") as y:
        assert list(y) == ["output_0", "output_1"]
        assert np.array_equal(ends.join(graph.targets, list(y.values())), ops.run(graph, ends.join(graph.sources, x)))
