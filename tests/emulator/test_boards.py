"""Every board: a network is linked for it, and runs on its machine, so that no board file can rot."""

from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile

from mcuprune import board as boards
from mcuprune import device, ops, samples
from mcuprune.board import Region

pytestmark = pytest.mark.emulator


def segments(elf: Path) -> list[dict]:
    """Headers of what is loaded."""
    with elf.open("rb") as file:
        return [dict(s.header) for s in ELFFile(file).iter_segments() if s["p_type"] == "PT_LOAD"]


def inside(region: Region, address: int, size: int) -> bool:
    return size == 0 or (region.origin <= address and address + size <= region.end)


@pytest.mark.parametrize("board", boards.names())
def test_a_network_is_linked_into_a_boards_memories_and_runs_on_its_machine(compiled, board):
    network = compiled("tiny", board)
    machine = network.board.machine
    for elf, flash, ram in (
        (network.firmware.elf, network.board.flash, network.board.ram),
        (network.production.elf, network.board.flash, network.board.ram),
        (network.emulator, machine.flash, machine.ram),
    ):
        for segment in segments(elf):
            assert inside(flash, segment["p_paddr"], segment["p_filesz"])
            assert any(inside(region, segment["p_vaddr"], segment["p_memsz"]) for region in (flash, ram))
    assert (network.folder / "production.uf2").exists() == ("uf2" in network.board.tools)

    inputs = samples.random(network.graph, 1)
    outputs = device.emulate(network, network.emulator, inputs).outputs
    assert np.array_equal(outputs, ops.run(network.graph, inputs))
