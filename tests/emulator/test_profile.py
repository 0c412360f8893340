"""Profiles of a small program on every core that QEMU has: counts are exact, and the same in every run."""

import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from mcuprune import board, profile, thumb
from mcuprune.runners import qemu

pytestmark = pytest.mark.emulator

HERE = Path(__file__).parent
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
