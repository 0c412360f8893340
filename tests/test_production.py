"""The production image of every board links and boots; on what QEMU models it answers on its serial port.

The model is a tiny one made by hand, so that this tests the boards and nothing else.
"""

import binascii
import contextlib
import functools
import shutil
import socket
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcuprune import board as boards
from mcuprune.board import Board, Region

FIRMWARE = boards.find_folder("firmware")
EVERY = pytest.mark.parametrize("board", boards.all_boards(), ids=lambda board: board.name)
MODELLED = pytest.mark.parametrize(
    "board", [board for board in boards.all_boards() if board.qemu], ids=lambda board: board.name
)
needs_gcc = pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="arm-none-eabi-gcc is not installed")
needs_qemu = pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="qemu-system-arm is not installed")

INPUTS, OUTPUTS = 20, 256  # the output takes every value, those that frames escape included
MODEL_H = f"""
#include <stdint.h>
#define MCUP_MODEL_INPUT_SIZE {INPUTS}
#define MCUP_MODEL_OUTPUT_SIZE {OUTPUTS}
#define mcup_model_invoke tiny_invoke
void tiny_invoke(const int8_t *input, int8_t *output);
"""
MODEL_C = """
#include "mcup_model.h"
static int8_t offset = 3; /* .data: the start-up code has to copy it */
static int8_t calls;      /* .bss */
void tiny_invoke(const int8_t *input, int8_t *output)
{
    for (int i = 0; i < MCUP_MODEL_OUTPUT_SIZE; i++) {
        output[i] = (int8_t)(input[i % MCUP_MODEL_INPUT_SIZE] + offset + calls + i);
    }
    calls = (int8_t)(calls ^ 1);
}
"""
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"]
LINKING = ["-nostartfiles", "-Wl,--gc-sections", "-Wl,--fatal-warnings", "-T", str(FIRMWARE / "link/link.ld")]


def build(folder: Path, board: Board, memory: dict[str, Region], *sources: Path, flags: tuple[str, ...] = ()) -> Path:
    """Compile and link sources with the start-up code; a failing command shows what it printed."""
    (folder / "memory.ld").write_text(boards.memory_script(memory))
    (folder / "mcup_model.h").write_text(MODEL_H)
    elf = folder / f"{board.name}.elf"
    headers = [f"-I{folder}", f"-I{FIRMWARE / 'include'}"]
    command = ["arm-none-eabi-gcc", *board.flags, *board.defines, "-Os", *WARNINGS, *headers, *LINKING, *flags]
    command += [f"-L{folder}", *map(str, sources), str(FIRMWARE / "startup/startup.c"), "-o", str(elf)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return elf


def production(folder: Path, board: Board) -> Path:
    (folder / "tiny.c").write_text(MODEL_C)
    sources = folder / "tiny.c", FIRMWARE / "app/main.c", FIRMWARE / f"soc/{board.soc}.c"
    return build(folder, board, board.memory, *sources, flags=("-ffunction-sections", "-fdata-sections"))


def image(elf: Path) -> bytes:
    """What is programmed into flash."""
    binary = elf.with_suffix(".bin")
    subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", str(elf), str(binary)], check=True)
    return binary.read_bytes()


def symbols(elf: Path) -> dict[str, int]:
    table = subprocess.run(["arm-none-eabi-nm", str(elf)], capture_output=True, text=True, check=True).stdout
    return {row.split()[-1]: int(row.split()[0], 16) for row in table.splitlines()}


# The client: what a computer does to use a board.  firmware/app/main.c defines the frames.


def with_crc(data: bytes) -> bytes:
    return data + struct.pack(">H", binascii.crc_hqx(data, 0xFFFF))


def escaped(data: bytes) -> bytes:
    return data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def unescaped(frame: bytes) -> bytes:
    return frame.removesuffix(b"\xc0").replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")


def connect(port: socket.socket) -> None:
    """Agree on where frames begin: send a frame that is too short until it is answered, then wait for silence."""
    port.settimeout(0.5)
    reply = b""
    while not reply:
        port.sendall(b"\xc0\0\xc0")
        with contextlib.suppress(TimeoutError):
            reply = port.recv(4096)
    with contextlib.suppress(TimeoutError):
        while port.recv(4096):
            pass
    port.settimeout(20)


def ask(port: socket.socket, frame: bytes) -> tuple[int, bytes]:
    """Send one frame; the status and the output that come back."""
    port.sendall(frame)
    reply = b""
    while not reply.endswith(b"\xc0"):
        reply += port.recv(4096)
    data = unescaped(reply)
    assert data == with_crc(data[:-2])
    return data[0], data[1:-2]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """`made(board)`: the board's production image, linked once."""
    return functools.cache(lambda name: production(tmp_path_factory.mktemp(name), boards.load(name)))


@pytest.fixture
def serial(made):
    """`serial(board)`: the serial port of a QEMU machine that runs the board's production image."""
    running = contextlib.ExitStack()

    def start(board: Board) -> socket.socket:
        ours, its = socket.socketpair()
        command = ["qemu-system-arm", "-machine", board.qemu, "-display", "none", "-monitor", "none"]
        command += ["-chardev", f"socket,id=port,fd={its.fileno()}", "-serial", "chardev:port"]
        command += ["-kernel", str(made(board.name))]
        running.callback(ours.close)
        with its:
            process = subprocess.Popen(command, pass_fds=[its.fileno()], stderr=subprocess.DEVNULL)
        running.callback(process.wait)
        running.callback(process.kill)
        connect(ours)
        return ours

    with running:
        yield start


@needs_gcc
@EVERY
def test_every_production_image_is_contiguous_and_starts_with_its_vectors(made, board):
    elf = made(board.name)
    binary, at = image(elf), symbols(elf)
    assert len(binary) == at["__flash_end"] - board.flash.origin
    vectors = binary[at["__vectors"] - board.flash.origin :]
    assert struct.unpack("<2I", vectors[:8]) == (board.ram.end, at["mcup_reset"] | 1)
    assert at["__vectors"] - board.flash.origin == (256 if board.soc == "rp2040" else 0)
    assert at["__data_start"] == board.ram.origin
    assert at["__stack_limit"] == at["__bss_end"]
    assert len(binary) < 3072


@pytest.mark.emulator
@needs_gcc
@needs_qemu
@MODELLED
def test_a_modelled_board_answers_on_its_serial_port(serial, board):
    port = serial(board)
    samples = np.random.default_rng(0).integers(-128, 128, (6, INPUTS), np.int8)
    for call, sample in enumerate(samples):
        status, output = ask(port, escaped(with_crc(sample.tobytes())))
        expected = np.resize(sample, OUTPUTS).astype(int) + 3 + call % 2 + np.arange(OUTPUTS)
        assert status == 0
        assert np.array_equal(np.frombuffer(output, np.int8), expected.astype(np.int8))


@pytest.mark.emulator
@needs_gcc
@needs_qemu
def test_broken_frames_are_refused_and_the_next_one_is_answered(serial):
    port = serial(boards.load("stm32"))
    good = escaped(with_crc(bytes(INPUTS)))
    assert ask(port, good)[0] == 0
    assert ask(port, escaped(bytes(INPUTS + 2))) == (1, b"")
    assert ask(port, escaped(with_crc(bytes(INPUTS - 1)))) == (2, b"")
    assert ask(port, escaped(with_crc(bytes(5000)))) == (2, b"")
    assert ask(port, good[:7] + b"\xc0") == (2, b"")
    assert ask(port, b"\xc0\xc0" + good)[0] == 0


@given(data=st.binary(max_size=300))
def test_frames_carry_any_bytes(data):
    frame = escaped(data)
    assert frame.count(b"\xc0") == 1
    assert unescaped(frame) == data


def test_the_crc_is_the_one_that_main_c_names():
    assert with_crc(b"123456789")[-2:] == b"\x29\xb1"


def crc32(data: bytes) -> int:
    """The boot ROM's checksum: CRC-32/MPEG-2 (RP2040 datasheet 2.8.1.3.1)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
    return crc


@needs_gcc
def test_the_second_stage_loader_of_rp2040_has_the_checksum_that_its_rom_wants(made):
    assert crc32(b"123456789") == 0x0376E6E7
    loader = image(made("rpi_pico"))[:256]
    expected = crc32(loader[:252])
    assert struct.unpack("<I", loader[252:])[0] == expected, f"the .word in firmware/soc/rp2040.c must be {expected:#x}"


@needs_gcc
def test_the_image_definition_of_rp2350_is_where_its_rom_looks(made):
    binary = image(made("rpi_pico2"))
    start = binary.index(struct.pack("<I", 0xFFFFDED3))
    assert start % 4 == 0
    assert start < 4096 - 20
    assert struct.unpack("<4I", binary[start + 4 :][:16]) == (0x10210142, 0x000001FF, 0, 0xAB123579)


@needs_gcc
def test_a_clock_that_the_chip_code_does_not_set_is_a_compile_error(tmp_path):
    fields = {**vars(boards.load("stm32")), "clock": 84_000_000}
    with pytest.raises(AssertionError, match="the board's clock is not what start_pll sets"):
        production(tmp_path, Board(**fields))


# The start-up code, watched by a program that ends QEMU through semihosting.

PROBE = """
#include <stdint.h>
int main(void);
void mcup_fault(void);
extern uint32_t __stack_limit[], __stack_top[];

static void quit(uint32_t status)
{
    const uint32_t block[2] = { 0x20026, status }; /* SYS_EXIT_EXTENDED */
    register uint32_t r0 __asm__("r0") = 0x20;
    register const uint32_t *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : : "r"(r0), "r"(r1) : "memory");
}

void mcup_fault(void)
{
    quit(99);
}

static volatile int initialised = 42, zeroed;
static volatile uint32_t words[2];
#ifdef __ARM_FP
static volatile float three = 3;
#endif

int main(void)
{
    uint32_t *word = __stack_limit;
    uint32_t value;

    while (*word == 0xA5A5A5A5) {
        word++;
    }
    if (initialised != 42 || zeroed != 0) {
        quit(1);
    }
    if (word == __stack_limit || __stack_top - word > 100) {
        quit(2);
    }
#ifdef __ARM_FP
    three *= 2;
    if (three != 6) {
        quit(3);
    }
#endif
#ifdef __ARM_FEATURE_MVE
    __asm__ volatile("vmov.i8 q0, #1" ::: "q0");
#endif
    __asm__ volatile("ldr %0, [%1]" : "=l"(value) : "l"((uintptr_t)words + OFFSET) : "memory");
    quit(0);
}
"""


def run_probe(folder: Path, board: Board, *flags: str) -> int:
    (folder / "probe.c").write_text(PROBE)
    machine = board.machine
    elf = build(folder, board, {"flash": machine.flash, "ram": machine.ram}, folder / "probe.c", flags=flags)
    command = ["qemu-system-arm", "-machine", machine.name, "-display", "none", "-monitor", "none", "-serial", "null"]
    command += ["-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode


@pytest.mark.emulator
@needs_gcc
@needs_qemu
@EVERY
def test_every_board_boots_in_its_machine(tmp_path, board):
    assert run_probe(tmp_path, board, "-DOFFSET=0") == 0


@pytest.mark.emulator
@needs_gcc
@needs_qemu
@pytest.mark.parametrize(
    ("name", "status"), [("rpi_pico", 99), ("microbit", 99), ("mps2_an385", 0), ("stm32", 0), ("mps3_an547", 0)]
)
def test_unaligned_data_faults_where_it_does_on_the_chip(tmp_path, name, status):
    assert run_probe(tmp_path, boards.load(name), "-DOFFSET=1") == status


@needs_gcc
def test_the_linker_says_when_no_stack_is_left(tmp_path):
    board = boards.load("microbit")
    with pytest.raises(AssertionError, match=r"ERROR\(mcuprune\): the RAM left for the stack is smaller"):
        run_probe(tmp_path, board, "-DOFFSET=0", "-Wl,--defsym=__stack_size=20000")
