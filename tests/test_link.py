"""Linked images: sizes are those of the ELF file, what does not fit is told to the byte, and what is not in them."""

import re
import shutil
import subprocess
from dataclasses import replace

import models
import pytest

from mcuprune import board as boards
from mcuprune import declare, link, thumb
from mcuprune.board import Board
from mcuprune.compiled import compile_graph, read
from mcuprune.errors import ToolError

CORES = ["microbit", "mps2_an385", "stm32f405", "mps3_an547"]


def tool(name: str, *arguments: object) -> list[list[str]]:
    """The words of every line that a program of binutils prints."""
    command = [f"arm-none-eabi-{name}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


@pytest.fixture
def build(tmp_path):
    """Compile `residual` for the microbit, with memories of other sizes."""

    def compile_residual(**sizes: int):
        graph = read(models.save("residual", tmp_path), "residual")
        return compile_graph(graph, resized(boards.load("microbit"), **sizes), tmp_path)

    return compile_residual


def resized(board: Board, **sizes: int) -> Board:
    memory = {name: replace(region, size=sizes.get(name, region.size)) for name, region in board.memory.items()}
    return replace(board, memory=memory)


def sizes(firmware: link.Firmware) -> tuple[int, int]:
    return firmware.flash_bytes, firmware.static_bytes


@pytest.mark.parametrize("board", CORES)
def test_sizes_are_those_that_binutils_reads(compiled, board):
    folder = compiled("residual", board).folder
    for image in ("firmware", "production"):
        (text, data, bss, *_), *_ = tool("size", folder / f"{image}.elf")[1:]
        firmware = link.measure(folder / f"{image}.elf")
        assert firmware.flash_bytes == int(text) + int(data)
        assert firmware.static_bytes == int(data) + int(bss)
        assert firmware.fits


@pytest.mark.parametrize("image", ["firmware", "production"])
def test_flash_bytes_are_those_of_the_binary(compiled, image):
    folder = compiled("residual", "rpi_pico").folder
    assert link.measure(folder / f"{image}.elf").flash_bytes == (folder / f"{image}.bin").stat().st_size


def test_constants_have_the_size_that_the_layers_say(compiled):
    network = compiled("residual", "stm32f405")
    sizes = link.object_sizes(network.firmware.elf)
    names = declare.constant_names(network.graph, network.layers)
    assert set(names) <= set(sizes)
    listed = {words[-1]: int(words[1], 16) for words in tool("nm", "-S", network.firmware.elf) if len(words) == 4}
    assert {name: sizes[name] for name in names} == {name: listed[name] for name in names}


def test_an_image_too_large_for_flash_is_told_to_the_byte(build):
    large, small = build(), build(flash=4096)
    assert (small.firmware.fits, small.production.fits) == (False, False)
    assert sizes(small.firmware) == sizes(large.firmware)
    assert sizes(small.production) == sizes(large.production)


def test_data_too_large_for_ram_is_told_to_the_byte(build):
    large, small = build(), build(ram=2048)
    assert not small.firmware.fits
    assert sizes(small.firmware) == sizes(large.firmware)


def test_ram_without_room_for_a_stack_does_not_fit(build):
    static = build().firmware.static_bytes
    assert build(ram=static + 1024).firmware.fits
    small = build(ram=static + 1016).firmware
    assert not small.fits
    assert small.static_bytes == static + link.STACK


def test_a_project_that_does_not_compile_says_what_the_compiler_said(compiled, tmp_path):
    src = shutil.copytree(compiled("tiny", "microbit").src, tmp_path / "src")
    with (src / "tiny.c").open("a") as file:
        file.write("int unfinished")
    with pytest.raises(ToolError, match=r"(?s)does not build: make .*tiny\.c:.*error: expected"):
        link.make(src, tmp_path / "build", "firmware.elf")


@pytest.mark.parametrize(
    ("programs", "missing"),
    [
        ([], "make is not installed; install it with: apt-get install make"),
        (["make", "sh", "mkdir"], "arm-none-eabi-gcc is not installed; install it with: apt-get install gcc-arm"),
    ],
)
def test_a_missing_program_is_named_with_the_way_to_get_it(compiled, installed, tmp_path, programs, missing):
    src = compiled("tiny", "microbit").src
    installed(*programs)
    with pytest.raises(ToolError, match=re.escape(missing)):
        link.make(src, tmp_path / "build", "firmware.elf")


def test_a_missing_host_compiler_is_named_with_the_way_to_get_it(compiled, installed, tmp_path):
    src = compiled("tiny", "microbit").src
    installed("make", "sh", "mkdir")
    with pytest.raises(ToolError, match="cc is not installed; install it with: apt-get install gcc "):
        link.make(src, tmp_path / "build", "host")


@pytest.mark.parametrize("board", CORES)
@pytest.mark.parametrize("name", ["residual", "gated"])
def test_firmware_has_no_heap_no_stdio_and_no_floating_point(compiled, name, board):
    for image in ("firmware", "production"):
        symbols = {words[-1] for words in tool("nm", compiled(name, board).folder / f"{image}.elf")}
        assert not {s for s in symbols if re.fullmatch(r"_?(malloc|free|sbrk|printf|puts|fopen|write)(_r)?", s)}
        assert not {s for s in symbols if re.match(r"__aeabi_[fd]|__aeabi_\w+2[fd]", s)}, "soft floating point"


@pytest.mark.parametrize("board", CORES)
def test_nothing_in_firmware_calls_itself(compiled, board):
    """So that the stack that was measured is the stack that is needed."""
    listing = thumb.disassemble(compiled("residual", board).folder / "firmware.elf")
    callees: dict[str, set[str]] = {}
    for caller, callee, _ in listing.calls():
        callees.setdefault(caller, set()).add(callee)
    assert "residual_invoke" in callees

    def visit(function: str, above: tuple[str, ...]) -> None:
        assert function not in above, f"{' -> '.join(above)} -> {function}"
        for callee in callees.get(function, ()):
            visit(callee, (*above, function))

    for function in callees:
        visit(function, ())


def test_images_are_the_same_wherever_they_are_built(compiled, tmp_path):
    src = shutil.copytree(compiled("tiny", "microbit").src, tmp_path / "elsewhere, far/src")
    for folder in (tmp_path / "elsewhere, far", tmp_path / "elsewhere, far/deep"):
        link.make(src, folder, "firmware.elf")
    made = [compiled("tiny", "microbit").folder, tmp_path / "elsewhere, far", tmp_path / "elsewhere, far/deep"]
    assert len({(folder / "firmware.elf").read_bytes() for folder in made}) == 1
    assert (made[0] / "firmware.map").read_bytes() == (made[1] / "firmware.map").read_bytes()
