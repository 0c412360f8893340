"""A second region of memory: networks whose arena does not fit into RAM run in both, and nobody has to clear it."""

from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from models import Net
from writer import write

from mcuprune import board as boards
from mcuprune import device, inspect, link, ops, pipeline, report_text, samples, stages, verify
from mcuprune.board import Region
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.errors import OverBudget
from mcuprune.graph import Graph
from mcuprune.plan import Wall
from mcuprune.report import Budget
from mcuprune.request import Request
from mcuprune.runners import qemu

pytestmark = pytest.mark.emulator

BOARDS = ["stm32f405", "nucleo_h743zi", "mps3_an547"]  # lent a machine with CCM, with DTCM; a machine that has DTCM
PAINT = 0xA5


def concatenated(size: int, channels: int) -> Graph:
    """Three branches: at their concatenation six times `size` x `size` x `channels` bytes are alive, in no strips."""
    net = Net("cam", size, size, 3, scale=0.2)
    x = net.conv(net.input, channels)
    x = net.concat([net.conv(x, channels, 1), net.depthwise(x), x], 3)
    return net.graph(net.dense(net.mean(net.conv(x, 8, stride=2)), 5))


def request(folder: Path, ram: int | None = None) -> Request:
    board = boards.load("stm32f405")
    return Request("cam", "cam.tflite", "", board, folder / "cam", budget=Budget(ram_bytes=ram), samples=1)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A network with an arena of some 150 KB."""
    path = tmp_path_factory.mktemp("source") / "cam.tflite"
    write(concatenated(64, 6), path)
    return path


@pytest.fixture(scope="module")
def built(source, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    pipeline.compile_model(source, request(folder), print)
    return folder / "cam"


@pytest.fixture(scope="module", params=BOARDS)
def walled(request, tmp_path_factory) -> Compiled:
    """A small network of which RAM is to take no more than 4,000 bytes."""
    folder, board = tmp_path_factory.mktemp(request.param), boards.load(request.param)
    write(concatenated(16, 4), folder / "model.tflite")
    wall = Wall(4000, board.second, 4096)
    return compile_graph(read(folder / "model.tflite", "cam"), board, folder, "speed", wall=wall)


def symbols(elf: Path) -> dict[str, int]:
    with elf.open("rb") as file:
        return {s.name: s["st_value"] for s in ELFFile(file).get_section_by_name(".symtab").iter_symbols()}


def test_both_regions_together_give_the_oracles_bytes(walled):
    assert walled.plan.wall.at <= 4000
    assert walled.plan.beyond > 0
    verdict = verify.verify(walled, samples.random(walled.graph, 4))
    assert verdict.bit_exact, verdict.where


def test_every_image_has_its_arrays_in_their_regions(walled):
    board, second = walled.board, walled.board.second
    for elf, memory in (
        (walled.firmware.elf, board.memory),
        (walled.production.elf, board.memory),
        (walled.emulator, board.machine.memory),
    ):
        at = symbols(elf)
        assert at[f"arena_{second}"] == memory[second].origin
        assert memory["ram"].origin <= at["arena"] < memory["ram"].end
    binary = walled.folder / "production.bin"
    assert binary.stat().st_size == walled.production.flash_bytes, "nothing of the second region is in flash"
    sizes = link.object_sizes(walled.firmware.elf)
    assert sizes["arena"] + sizes[f"arena_{second}"] == walled.plan.size
    assert walled.firmware.static_bytes >= walled.plan.size


def test_what_the_second_region_held_before_does_not_matter_and_nothing_is_written_behind_the_arena(walled, tmp_path):
    """The harness paints all of the region, computes, and tells what is there then."""
    region: Region = walled.board.machine.memory[walled.board.second]
    harness, compute = walled.src / "app/harness.c", "        mcup_model_invoke(input, output);\n"
    before = harness.read_text()
    paint = f"""
        uint8_t *const second = (uint8_t *){region.origin:#x};
        for (uint32_t i = 0; i < {region.size}; i++) {{
            second[i] = {PAINT:#x};
        }}
        {compute.strip()}
        write_file(OPEN("second.bin", MODE_WRITE_BINARY), second, {region.size});
"""
    harness.write_text(before.replace(compute, paint))
    try:
        elf = link.link(walled.src, tmp_path / "build", "emulator").elf
    finally:
        harness.write_text(before)
    sample = samples.random(walled.graph, 1)
    device.write_inputs(tmp_path, sample)
    qemu.run(qemu.command(walled.board, elf), tmp_path, 60)
    outputs = np.frombuffer((tmp_path / "output.bin").read_bytes(), np.int8)
    assert np.array_equal(outputs, ops.run(walled.graph, sample).reshape(-1))
    held = np.frombuffer((tmp_path / "second.bin").read_bytes(), np.uint8)
    beyond = walled.plan.beyond
    assert np.all(held[beyond:] == PAINT)
    assert np.count_nonzero(held[:beyond] != PAINT) > beyond // 2


def test_a_network_that_does_not_fit_into_ram_is_built_and_the_report_says_where_it_lies(built, capsys):
    compiled, made = stages.load(built)
    ram, ccm = made.ram, made.ram.second
    assert made.verify.bit_exact
    assert made.verify.emulator.endswith("mps2-an386"), "netduinoplus2 of QEMU 7.2 has no CCM"
    assert (ccm.region, ccm.size_bytes, compiled.plan.beyond) == ("ccm", 65536, ccm.arena_bytes)
    assert ram.total_bytes > made.board.ram_bytes >= ram.total_bytes - ccm.arena_bytes
    assert made.ram_limit == (196_608, "stm32f405")
    assert f"{ccm.arena_bytes:,} bytes of the arena lie in ccm, which has 65,536" in report_text.text(made)
    assert f"{ccm.arena_bytes:,} bytes of the arena lie in ccm" in (built / "report.html").read_text()
    assert stages.bench(built).layers == made.layers
    inspect.memory(built, None)
    assert f"‖ stands between {ram.wall:,} bytes in RAM and {ccm.arena_bytes:,} in ccm" in capsys.readouterr().out


def test_a_limit_of_ram_counts_all_regions(source, built, tmp_path):
    """What the concatenation reads and writes leaves no byte for anything else; a kilobyte other kernels can save."""
    for limit in (128 << 10, 6 * 64 * 64 * 6):
        with pytest.raises(OverBudget, match="bytes of RAM, "):
            pipeline.compile_model(source, request(tmp_path, limit), print)
    limit = stages.load(built)[1].ram.total_bytes - 1024
    made = pipeline.compile_model(source, request(tmp_path, limit), print)
    assert made.verify.bit_exact
    assert made.ram.total_bytes <= limit


def test_a_limit_between_one_region_and_both_is_for_their_sum(source, built, tmp_path):
    """Here RAM has gaps that no buffer fits into, so that more lies in the second region than is over the first."""
    before = stages.load(built)[1].ram
    limit = before.total_bytes + 64
    made = pipeline.compile_model(source, request(tmp_path, limit), print)
    assert made.verify.bit_exact
    assert made.ram.total_bytes <= limit < made.ram.second.arena_bytes + made.board.ram_bytes
    first = made.ram.total_bytes - made.ram.second.arena_bytes
    assert f"{first:,} bytes lie in RAM, which has 131,072" in report_text.text(made)


def test_what_no_region_holds_is_refused(tmp_path):
    write(concatenated(64, 12), tmp_path / "cam.tflite")
    with pytest.raises(OverBudget, match=r"stm32f405 has 131,072 and 65,536 in ccm; the largest buffers are concat"):
        pipeline.compile_model(tmp_path / "cam.tflite", request(tmp_path), print)
