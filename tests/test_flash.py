"""Flash tools: the exact command of each, the choice among them, and what is said when there is none."""

import os
import shlex
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcuprune import board as boards
from mcuprune import flash
from mcuprune.errors import ToolError, UsageError
from mcuprune.runners import uf2

BUILD = Path("build")


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """`tools("openocd")` puts a fake tool on an otherwise empty PATH; it logs its arguments and ends with `status`."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setattr(uf2, "MEDIA", (tmp_path / "media",))

    def add(name: str, status: int = 0) -> Path:
        log = tmp_path / f"{name}.log"
        fake = path / name
        fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "${{0##*/}}" "$@" >> {log}\nexit {status}\n')
        fake.chmod(0o755)
        return log

    return add


@pytest.fixture
def built(tmp_path):
    """A build folder with production images, and a space in its name."""
    folder = tmp_path / "my build"
    folder.mkdir()
    for tool in flash.TOOLS.values():
        (folder / tool.IMAGE).touch()
    return folder


@pytest.fixture
def drive(tmp_path):
    """Mount the drive of a UF2 boot loader."""

    def mount() -> Path:
        folder = tmp_path / "media" / "me" / "RPI-RP2"
        folder.mkdir(parents=True)
        (folder / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\n")
        return folder

    return mount


@pytest.mark.parametrize("board", boards.all_boards(), ids=lambda board: board.name)
def test_every_board_names_tools_that_exist(board):
    assert set(board.tools) <= set(flash.TOOLS)


@pytest.mark.parametrize(
    ("name", "tool", "expected"),
    [
        (
            "stm32f405",
            "openocd",
            "openocd -f interface/stlink.cfg -f target/stm32f4x.cfg "
            "-c 'program {build/production.elf} verify reset exit'",
        ),
        ("stm32f405", "st-flash", "st-flash --reset write build/production.bin 0x08000000"),
        ("microbit", "pyocd", "pyocd flash --target nrf51 build/production.hex"),
        (
            "rpi_pico2",
            "probe-rs",
            "sh -c 'probe-rs download --chip RP235x --verify build/production.elf && probe-rs reset --chip RP235x'",
        ),
    ],
)
def test_each_tool_gets_its_exact_command(tools, name, tool, expected):
    assert shlex.join(flash.command(boards.load(name), BUILD, tool)) == expected


def test_the_first_installed_tool_of_the_board_is_chosen(tools):
    board = boards.load("stm32f405")
    tools("pyocd")
    assert flash.command(board, BUILD)[0] == "pyocd"
    tools("openocd")
    assert flash.command(board, BUILD)[0] == "openocd"


def test_without_any_tool_the_error_says_how_to_get_one(tools):
    with pytest.raises(ToolError, match=r"programs stm32f405 is installed.*openocd: apt-get install openocd; "):
        flash.command(boards.load("stm32f405"), BUILD)


def test_a_tool_that_the_board_does_not_name_is_refused(tools):
    with pytest.raises(UsageError, match=r"--tool uf2 cannot program stm32f405; choose from openocd, "):
        flash.command(boards.load("stm32f405"), BUILD, "uf2")
    with pytest.raises(UsageError, match="mps2_an385 cannot be programmed"):
        flash.command(boards.load("mps2_an385"), BUILD)


def test_program_runs_the_tool(tools, built):
    log = tools("st-flash")
    flash.program(boards.load("stm32f405"), built, "st-flash")
    assert log.read_text().splitlines() == ["st-flash", "--reset", "write", f"{built}/production.bin", "0x08000000"]


def test_probe_rs_downloads_and_then_resets(tools, built):
    log = tools("probe-rs")
    os.symlink("/bin/sh", log.parent / "bin" / "sh")
    flash.program(boards.load("rpi_pico"), built, "probe-rs")
    assert shlex.join(log.read_text().splitlines()) == (
        f"probe-rs download --chip RP2040 --verify '{built}/production.elf' probe-rs reset --chip RP2040"
    )


def test_a_tool_that_fails_is_shown_whole(tools, built):
    tools("st-flash", status=1)
    with pytest.raises(ToolError, match=r"stm32f405 was not programmed: .*status 1: st-flash --reset write .*/prod"):
        flash.program(boards.load("stm32f405"), built, "st-flash")


def test_a_folder_without_an_image_is_refused(tools, tmp_path):
    tools("st-flash")
    with pytest.raises(UsageError, match=r"production.bin does not exist: .*mcuprune build --board stm32f405"):
        flash.program(boards.load("stm32f405"), tmp_path, "st-flash")


def test_a_tool_asked_for_and_missing_is_a_sentence(tools, built):
    with pytest.raises(ToolError, match=r"pyocd is not installed; get it with: pip install pyocd"):
        flash.program(boards.load("stm32f405"), built, "pyocd")


def test_a_uf2_drive_is_found_and_copied_to(tools, drive):
    board = boards.load("rpi_pico")
    with pytest.raises(ToolError, match="hold the board's BOOT button"):
        flash.command(board, BUILD, "uf2")
    folder = drive()
    assert flash.command(board, BUILD) == ["cp", "build/production.uf2", str(folder)]


@given(image=st.binary(min_size=1, max_size=2000), address=st.integers(0, 2**31), family=st.integers(0, 2**32 - 1))
def test_uf2_blocks_put_the_image_back_together(image, address, family):
    file = uf2.encode(image, address, family)
    assert len(file) % 512 == 0
    total = len(file) // 512
    memory = b""
    for number in range(total):
        block = file[512 * number :][:512]
        assert struct.unpack("<8I", block[:32]) == (
            0x0A324655, 0x9E5D5157, 0x2000, address + 256 * number, 256, number, total, family,
        )  # fmt: skip
        assert block[-4:] == bytes.fromhex("306fb10a")
        memory += block[32:288]
    assert memory[: len(image)] == image
    assert not any(memory[len(image) :])
    assert len(memory) - len(image) < 256


def test_a_preview_needs_no_tool(tools):
    command, note = flash.preview(boards.load("stm32f405"), BUILD)
    assert command[0] == "openocd"
    assert note.startswith("openocd is not installed")
