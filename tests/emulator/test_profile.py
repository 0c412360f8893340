"""Profiles of a small program on every core that QEMU has: counts are exact, and the same in every run."""

import os
import runpy
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from mcuprune import board, profile, thumb
from mcuprune.errors import ToolError
from mcuprune.runners import qemu

pytestmark = pytest.mark.emulator

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("MCUPRUNE_SHARED", HERE.parents[2] / "shared"))
YARDSTICK = SHARED / "yardstick"
SPINS = 20_000
BOARDS = [name for name in board.names() if board.load(name).qemu]


@dataclass(frozen=True)
class Toy:
    """The program of profiled/, linked for a board."""

    elf: Path
    board: board.Board
    folder: Path

    @property
    def command(self) -> list[str]:
        return qemu.command(self.board, self.elf)

    def profile(self) -> profile.Profile:
        return profile.profile(self.elf, self.board, self.command, self.folder, "toy_invoke")


def link(name: str, folder: Path) -> Toy:
    target, firmware, elf = board.load(name), board.find_folder("firmware"), folder / "toy.elf"
    (folder / "memory.ld").write_text(board.memory_script({"flash": target.machine.flash, "ram": target.machine.ram}))
    command = ["arm-none-eabi-gcc", *target.flags, "-std=c11", "-O2", "-ffreestanding", "-fno-optimize-sibling-calls"]
    command += [f"-DSPINS={SPINS}", "-nostdlib", "-Wl,--build-id=none", "-T", str(firmware / "link/link.ld")]
    command += ["-L", str(folder), *map(str, sorted((HERE / "profiled").glob("*.[cS]")))]
    subprocess.run([*command, str(firmware / "startup/startup.c"), "-o", str(elf)], check=True)
    return Toy(elf, target, folder)


@pytest.fixture(params=BOARDS)
def toy(request, tmp_path) -> Toy:
    return link(request.param, tmp_path)


def test_calls_are_found_in_the_order_of_the_layers(toy):
    sites = profile.call_sites(thumb.disassemble(toy.elf), "toy_invoke")
    assert [callee for callee, _ in sites] == ["toy_spin", "toy_copy", "toy_spin", "toy_copy"]


def test_every_instruction_is_counted_once(toy):
    listing = thumb.disassemble(toy.elf)
    kernels = [2 * SPINS + 1, 5 * 32 + 1, 2 * 1 + 1, 5 * 7 + 1, 0]
    entry = listing.index[listing.entry("toy_invoke")]
    ends = [listing.index[address] for _, address in profile.call_sites(listing, "toy_invoke")]
    returned = next(i for i, line in enumerate(listing.lines) if i >= ends[-1] and line.instruction.jumps)
    own = [b - a for a, b in pairwise([entry, *ends, returned + 1])]  # straight-line: each runs once

    segments = toy.profile().segments
    assert [s.label for s in segments] == ["toy_spin", "toy_copy", "toy_spin", "toy_copy", "toy_invoke"]
    assert [s.instructions for s in segments] == [a + b for a, b in zip(own, kernels, strict=True)]


def test_segments_add_up(toy):
    result = toy.profile()
    assert result.instructions == sum(s.instructions for s in result.segments)
    assert result.estimated_cycles == sum(s.cycles for s in result.segments)


def test_counts_are_the_same_in_every_run(toy):
    assert toy.profile() == toy.profile()


def test_systick_tells_instructions_where_the_plugin_cannot(toy):
    qemu.run([*toy.command, *profile.ICOUNT], toy.folder, timeout=60)
    ticks = int.from_bytes((toy.folder / "ticks.bin").read_bytes(), "little")
    machine = toy.board.machine.name
    told = profile.instructions_from_ticks(ticks, machine)
    around = 16  # instructions between the two readings that are not of toy_invoke, at most
    tick = 1e9 / profile.SYSTICK[machine]
    assert -tick <= told - toy.profile().instructions <= around + tick


@pytest.mark.skipif(not YARDSTICK.exists(), reason=f"{YARDSTICK} is not there; MCUPRUNE_SHARED says where it is")
def test_the_yardstick_measures_the_same(toy):
    if toy.board.machine.flash.origin >= 0x1000_0000:
        pytest.skip("the yardstick reads addresses of at most seven digits")
    library, output = toy.folder / "yardstick.so", toy.folder / "yardstick.txt"
    subprocess.run(["cc", "-shared", "-fPIC", "-w", YARDSTICK / "insn_plugin.c", "-o", library], check=True)
    listing = thumb.disassemble(toy.elf)
    ends = [f"end={address:#x}" for _, callee, address in listing.calls() if callee == "toy_invoke"]
    arguments = [str(library), f"out={output}", f"start={listing.entry('toy_invoke'):#x}", *ends]
    try:
        qemu.run([*toy.command, "-plugin", ",".join(arguments)], toy.folder, timeout=60)
    except ToolError as error:
        if "requires API version 1" not in str(error):
            raise
        pytest.skip("the yardstick's plugin is for QEMU 8 and older")
    reference = runpy.run_path(str(YARDSTICK / "cyc.py"))["Profile"](str(toy.elf), str(output))
    core = toy.board.cpu.removeprefix("cortex-").replace("m0plus", "m0p").replace("m33", "m4")

    ours, first = toy.profile(), reference.segments[0]
    assert (ours.instructions, ours.estimated_cycles) == (first[1], reference.cycles(first, core))


@pytest.fixture
def one(tmp_path) -> Toy:
    return link("mps2_an386", tmp_path)


def test_a_plugin_that_qemu_does_not_load_is_told_from_other_failures(one, monkeypatch):
    monkeypatch.setattr(profile, "plugin", lambda: one.elf)
    with pytest.raises(profile.PluginError, match="does not load"):
        one.profile()


def test_a_function_that_is_never_called_is_an_error(one):
    with pytest.raises(ToolError, match="ended before mcup_fault returned"):
        profile.profile(one.elf, one.board, one.command, one.folder, "mcup_fault")
