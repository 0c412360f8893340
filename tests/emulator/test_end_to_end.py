"""From a file to bytes on every core: equal to the oracle's, in instructions and stack that are the same every time."""

import os
import re
from dataclasses import replace
from pathlib import Path

import models
import numpy as np
import pytest
from wide import widened
from writer import write

from mcuprune import board as boards
from mcuprune import device, link, measure, operand, ops, pipeline, samples, stages, verify
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.errors import ToolError
from mcuprune.report import Report
from mcuprune.request import Request
from mcuprune.runners import qemu

pytestmark = pytest.mark.emulator

CORES = ["microbit", "rpi_pico", "mps2_an385", "mps2_an386", "stm32f405", "mps2_an500", "mps2_an505", "mps3_an547"]
NETWORKS = ["residual", "sparse", "layout", "gated"]
UNSEEN = 100  # bytes of stack, at most, on ways that a run does not take


def test_every_core_is_among_those_that_are_tested():
    assert {boards.load(name).cpu for name in CORES} == set(boards.CPUS)


@pytest.mark.parametrize("board", CORES)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_byte_equals_the_oracles_on_every_core(compiled, name, board):
    network = compiled(name, board)
    verdict = verify.verify(network, samples.random(network.graph, 6))
    assert verdict.bit_exact, verdict.where
    assert 64 <= verdict.stack_bytes < link.STACK
    assert verdict.stack_bytes % 4 == 0
    assert verdict.stack_bytes <= network.stack_bytes <= verdict.stack_bytes + UNSEEN


@pytest.mark.parametrize("board", ["microbit", "stm32f405", "mps3_an547"])
def test_weights_of_four_bits_are_weights(tmp_path, board):
    graph = models.residual()
    narrow = [i for i, tensor in enumerate(graph.tensors) if tensor.name == "weights"]
    tensors = [replace(t, data=t.data >> 4) if i in narrow else t for i, t in enumerate(graph.tensors)]
    write(replace(graph, tensors=tuple(tensors)), tmp_path / "model.tflite", int4=narrow)
    network = compile_graph(read(tmp_path / "model.tflite", "residual"), boards.load(board), tmp_path, "balanced")
    verdict = verify.verify(network, samples.random(network.graph, 6))
    assert verdict.bit_exact, verdict.where


@pytest.mark.parametrize("board", ["rpi_pico", "stm32f405", "mps3_an547"])
@pytest.mark.parametrize(
    ("name", "biases"), [("residual", "int64"), ("sparse", "int64"), ("sparse", "int32"), ("layout", "int64")]
)
def test_networks_of_16_bits_equal_the_oracle_s(tmp_path, name, biases, board):
    write(widened(models.NETWORKS[name](), biases), tmp_path / "model.tflite")
    network = compile_graph(read(tmp_path / "model.tflite", name), boards.load(board), tmp_path, "size")
    assert network.graph.input.dtype == "int16"
    inputs = samples.random(network.graph, 4)
    verdict = verify.verify(network, inputs)
    assert verdict.bit_exact, verdict.where
    assert np.array_equal(device.on_host(network, inputs), ops.run(network.original, inputs))


@pytest.fixture(params=["microbit", "stm32f405", "mps3_an547"])
def network(request, compiled) -> Compiled:
    return compiled("residual", request.param)


def test_stack_and_outputs_are_the_same_in_every_run(network):
    inputs = samples.random(network.graph, 2)
    first, second = (device.emulate(network, network.emulator, inputs) for _ in range(2))
    assert first.stack_bytes == second.stack_bytes
    assert np.array_equal(first.outputs, second.outputs)


def test_a_sample_leaves_nothing_behind_for_the_next(network):
    inputs = samples.random(network.graph, 3)
    forth, back = (device.emulate(network, network.emulator, x).outputs for x in (inputs, inputs[::-1]))
    assert np.array_equal(forth, back[::-1])


def test_instructions_are_the_same_in_every_run_and_add_up(network):
    inputs = samples.random(network.graph, 1)
    first, second = (measure.count(network, inputs) for _ in range(2))
    assert first == second
    calls = [call.function for layer in network.layers for call in layer.calls]
    assert [segment.label for segment in first.segments[: len(calls)]] == calls
    layers = sum(segment.instructions for segment in first.segments[: len(calls)])
    assert layers <= first.instructions < layers + 100, "what is not a layer's is the way in and out"


def test_the_host_computes_the_same_bytes(network):
    inputs = samples.random(network.graph, 5)
    expected = device.emulate(network, network.emulator, inputs).outputs
    assert np.array_equal(device.on_host(network, inputs), expected)


# --- when something is wrong -------------------------------------------------------------------------------------


@pytest.fixture
def broken(tmp_path):
    """`broken(file, pattern, replacement)`: `residual` of portable kernels, built with one line of C changed."""

    def build(file: str, pattern: str, replacement: str) -> Compiled:
        folder = tmp_path / "broken"
        folder.mkdir()
        models.save("residual", folder).rename(folder / "model.tflite")
        graph = read(folder / "model.tflite", "residual")
        network = compile_graph(graph, boards.load("mps2_an385"), folder, "size", operand.PORTABLE)
        path = folder / "src" / file
        text, changes = re.subn(pattern, replacement, path.read_text(), count=1)
        assert changes == 1
        path.write_text(text)
        link.make(folder / "src", folder, "firmware.elf")
        return network

    return build


def test_a_broken_kernel_is_caught_and_its_layer_is_named(broken):
    """A maximum that is a minimum."""
    network = broken("runtime/max_pool_2d_s8.c", " > largest", " < largest")
    verdict = verify.verify(network, samples.random(network.graph, 2))
    assert not verdict.bit_exact
    assert verdict.differing == 2
    first, _, rest = verdict.where.partition(": ")
    assert first == "layer max_pool_2d_4 (max_pool_2d) is the first to differ"
    assert re.fullmatch(r"\d+ of 240 bytes, byte \d+ is -?\d+ on the device and -?\d+ in the oracle", rest)


@pytest.mark.parametrize(("layer", "size"), [("conv_2d_0", 960), ("add_3", 960), ("conv_2d_5", 135), ("softmax_9", 10)])
def test_the_first_layer_that_differs_is_named_wherever_it_is(broken, layer, size):
    """All its bytes but two, changed where it has written them; conv_2d_5 has lost one of its 16 channels."""
    spoil = rf"\1    for (int i = 2; i < {size}; i++) {{ \2[i] ^= 0x40; }}\n"
    network = broken("residual.c", rf"(\(&{layer}, .*, (\w+)\);\n)", spoil)
    verdict = verify.verify(network, samples.random(network.graph, 1))
    assert verdict.where.startswith(f"layer {layer} ({layer[:-2]}) is the first to differ: {size - 2} of {size} ")


def test_a_fault_ends_with_a_sentence(broken):
    """A pointer that leads nowhere."""
    network = broken("residual.c", r"(mcup_\w+\(&conv_2d_5, )\w+", r"\1(const int8_t *)0xf0000000")
    with pytest.raises(
        ToolError, match=r"the firmware ended in a fault handler: qemu-system-arm .*firmware\.elf"
    ) as end:
        device.emulate(network, network.firmware.elf, samples.random(network.graph, 1))
    assert end.value.exit_code == 6


def test_firmware_that_never_ends_is_stopped(broken, tmp_path):
    network = broken("residual.c", r"(void residual_invoke\(.*\)\n\{)", r"\1\n    for (;;) { }")
    device.write_inputs(tmp_path, np.zeros((1, 12, 10, 3), np.int8))
    command = qemu.command(network.board, network.firmware.elf)
    with pytest.raises(ToolError, match=r"the firmware did not end within 1 s in QEMU: qemu-system-arm "):
        qemu.run(command, tmp_path, timeout=1)


# --- whole builds ------------------------------------------------------------------------------------------------


def build(source: Path, board: str, output: Path, **options) -> Report:
    request = Request(source.stem.lower(), source.name, "", boards.load(board), output, samples=4, **options)
    return pipeline.compile_model(source, request, say=lambda message: None)


@pytest.mark.parametrize("goal", ["size", "speed", "balanced"])
def test_every_goal_is_bit_exact_and_keeps_its_promise(tmp_path, goal):
    report = build(models.save("residual", tmp_path), "stm32f405", tmp_path / "build", goal=goal)
    assert report.verify.bit_exact
    assert report.verify.samples == 4
    compiled, _ = stages.load(tmp_path / "build")
    assert compiled.firmware.flash_bytes == report.flash.total_bytes


def shared_models() -> list[Path]:
    """The .tflite files of real networks, where they are at hand."""
    folder = Path(os.environ.get("MCUPRUNE_SHARED") or Path(__file__).parents[3] / "shared") / "models"
    return [folder / f"{name}.tflite" for name in ("ad01_int8", "pretrainedResnet_quant", "kws_ref_model")]


# Bytes of code, harness included, and of RAM, that a network may take on Cortex-M4.
LIMITS = {
    "ad01_int8": (12 * 1024, 3_516),
    "pretrainedResnet_quant": (20 * 1024, 56_492),
    "kws_ref_model": (20 * 1024, 24_316),
}


@pytest.mark.parametrize("board", ["stm32f405", "mps2_an385", "mps2_an500", "mps3_an547", "rpi_pico"])
@pytest.mark.parametrize("source", shared_models(), ids=lambda path: path.stem)
def test_real_networks_are_bit_exact_small_and_frugal(tmp_path, source, board):
    if not source.exists():
        pytest.skip(f"{source.name} is not here; MCUPRUNE_SHARED names the folder that has models/")
    report = build(source, board, tmp_path / "build")
    assert report.verify.bit_exact
    code, ram = LIMITS[source.stem]
    if report.board.cpu == "cortex-m4":
        assert report.flash.code_bytes <= code
        assert report.ram.total_bytes <= ram
    assert sum(row.instructions for row in report.layers) <= report.instructions
    assert sum(row.instructions for row in report.layers) > 0.999 * report.instructions
