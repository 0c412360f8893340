"""Board files: what is accepted, what is said about the rest, and the machine that runs each board."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from mcuprune import board as boards
from mcuprune.board import Region
from mcuprune.errors import UsageError

EVERY = pytest.mark.parametrize("board", boards.all_boards(), ids=lambda board: board.name)

GOOD = """
title = "A board"
cpu = "cortex-m4"
clock = 1_000_000
soc = "stm32f4"
[memory]
flash = { origin = 0x0800_0000, size = "1M" }
ram = { origin = 0x2000_0000, size = "128K" }
"""

CCM = 'ccm = { origin = 0x1000_0000, size = "64K" }\n'


@pytest.fixture
def read(tmp_path):
    """Read GOOD with one piece of text replaced by another."""

    def check(old: str = "", new: str = "") -> boards.Board:
        (tmp_path / "boards").mkdir(exist_ok=True)
        path = tmp_path / "boards" / "x.toml"
        path.write_text(GOOD.replace(old, new) if old else GOOD)
        return boards.read(path)

    return check


def test_a_board_file_becomes_a_frozen_value(read):
    board = read()
    assert (board.name, board.flash.size, board.ram.origin) == ("x", 1 << 20, 0x2000_0000)
    assert (board.fpu, board.qemu, board.tools, board.aliases) == (None, None, {}, ())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"1M"', '"4Q"', "boards/x.toml: memory.flash.size: '4Q' is not a size such as '128K' or '1M'"),
        ('"1M"', '"0"', "boards/x.toml: memory.flash.size: '0' is not a size"),
        ('"1M"', "-1", "boards/x.toml: memory.flash.size: -1 is not a size"),
        ("cortex-m4", "cortex-m99", "boards/x.toml: cpu 'cortex-m99' is not one of cortex-m0, cortex-m0plus, "),
        ("clock", "clok", "boards/x.toml: unknown key 'clok'; expected one of ['aliases', 'clock', "),
        ("clock = 1_000_000\n", "", "boards/x.toml: clock is missing"),
        ("1_000_000", "-1", "boards/x.toml: clock is -1, expected a frequency in Hz"),
        ("1_000_000", '"fast"', "boards/x.toml: clock is 'fast', expected an integer"),
        ("0x2000_0000", "0x0800_FFFC", "boards/x.toml: memory.flash overlaps memory.ram"),
        ("0x2000_0000", "0x2000_0001", "boards/x.toml: memory.ram.origin: 536870913 is not a 32-bit address"),
        ("0x2000_0000", "0xFFFF_0000", "boards/x.toml: memory.ram.origin: 4294901760 is not a 32-bit address"),
        ("ram =", "rom =", "boards/x.toml: memory.ram is missing"),
        ("[memory]", "[run]\nqmu = 'x'\n[memory]", "boards/x.toml: unknown key 'run.qmu'; expected 'qemu' or 'lacks'"),
        ("[memory]", "[run]\nlacks = ['ram']\n[memory]", "boards/x.toml: run.lacks is ['ram'], expected a list of"),
        ("ram =", f"{CCM}{CCM.replace('ccm', 'dtcm')}ram =", "boards/x.toml: memory.dtcm: expected one region beside"),
        ("ram =", f"{CCM.replace('ccm', 'C-M')}ram =", "boards/x.toml: memory.C-M: expected one region beside"),
        ("[memory]", "[flash]\npyocd = 1.5\n[memory]", "boards/x.toml: flash.pyocd is 1.5, expected a string or an"),
        ("{ origin = 0x2000_0000, size", "{ size", "boards/x.toml: memory.ram is {'size': '128K'}, expected { origin"),
        ("[memory]", "[memory", "boards/x.toml: "),
    ],
)
def test_a_mistake_in_a_board_file_is_named(read, old, new, message):
    with pytest.raises(UsageError) as error:
        read(old, new)
    assert str(error.value).startswith(message)


def test_aliases_never_hide_what_they_mean():
    assert boards.load("stm32").name == "stm32f405"
    every = [name for board in boards.all_boards() for name in (board.name, *board.aliases)]
    assert len(every) == len(set(every))


def test_an_unknown_board_is_answered_with_close_names():
    with pytest.raises(UsageError, match=r"no board 'stm32f450'; did you mean .*stm32f405"):
        boards.load("stm32f450")


def test_there_are_boards_for_every_core():
    assert len(boards.names()) >= 19
    assert {board.cpu for board in boards.all_boards()} == set(boards.CPUS)


@EVERY
def test_every_board_has_a_machine_that_holds_it(board):
    stand_in = boards.load(boards.CPUS[board.cpu][1])
    assert board.machine.flash.size == board.flash.size
    assert board.machine.ram.size == board.ram.size
    assert set(board.machine.memory) == set(board.memory) - set(board.lacks)
    regions = board.machine.memory.values()
    assert not any(a.overlaps(b) for a, b in combinations(regions, 2))
    if board.qemu:
        assert board.machine.flash == board.flash
        assert board.machine.name == board.qemu
    else:
        assert board.machine.name == stand_in.qemu
        assert board.machine.flash.end <= stand_in.flash.end
        assert all(region.end <= stand_in.ram.end for name, region in board.machine.memory.items() if name != "flash")


@EVERY
def test_every_board_has_its_chip_code_and_says_where_its_numbers_come_from(board):
    assert (boards.find_folder("firmware") / "soc" / f"{board.soc}.c").exists()
    text = (boards.find_folder("boards") / f"{board.name}.toml").read_text()
    assert text.startswith("# ")
    assert all("#" in line for line in text.partition("[uart]")[0].splitlines() if line.startswith("clock"))


def test_flags_choose_the_core_and_its_registers():
    assert boards.load("stm32").flags == ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
    assert boards.load("rpi_pico").flags == ["-mcpu=cortex-m0plus", "-mthumb", "-mfloat-abi=soft"]
    assert [boards.load(n).isas[0] for n in ("rpi_pico", "stm32", "mps3_an547")] == ["v6m", "dsp", "mve"]


def test_defines_carry_the_clock_and_the_serial_port():
    assert boards.load("rpi_pico").defines == ["-DMCUP_CLOCK=125000000U", "-DMCUP_UART_TX=0U", "-DMCUP_UART_RX=1U"]
    assert "-DMCUP_UART_TX=PA9" in boards.load("stm32").defines


def test_memory_script_is_what_the_linker_includes():
    regions = {"flash": Region(0, 0x1000), "ram": Region(0x2000_0000, 0x400)}
    assert boards.memory_script(regions) == (
        "MEMORY\n{\n"
        "    flash (rx) : ORIGIN = 0x00000000, LENGTH = 0x1000\n"
        "    ram (rw) : ORIGIN = 0x20000000, LENGTH = 0x400\n"
        "}\n"
    )


def test_the_script_puts_a_part_of_the_arena_into_a_second_region():
    regions = {"flash": Region(0, 0x1000), "ram": Region(0x2000_0000, 0x400), "ccm": Region(0x1000_0000, 0x100)}
    first, second = boards.memory_script(regions), boards.memory_script(regions, "ccm")
    assert second.startswith(first)
    assert "\n    .ccm (NOLOAD) : { *(.bss.arena_ccm) } > ccm\n" in second


def test_a_program_that_uses_what_qemu_lacks_runs_on_a_machine_with_the_same_core():
    board = boards.load("stm32f405")
    assert (board.second, board.machine.name) == ("ccm", "netduinoplus2")
    using = board.using("ccm")
    assert (using.machine.name, using.machine.memory["ccm"].size) == ("mps2-an386", 65536)
    assert boards.load("mps3_an547").using("dtcm").machine.memory["dtcm"] == Region(0x2000_0000, 524288)
    assert "without ccm: what uses it runs on mps2-an386" in boards.describe(board)


def test_describe_shows_every_number():
    text = boards.describe(boards.load("rpi_pico"))
    for piece in ("Raspberry Pi Pico", "cortex-m0plus", "125 MHz", "0x10000000", "2048 KB", "mps2-an385", "uf2"):
        assert piece in text


def test_boards_are_read_without_numpy():
    code = "import sys; from mcuprune import board; board.load('stm32'); sys.exit('numpy' in sys.modules)"
    root = Path(boards.__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
