"""QEMU in system mode: run firmware through its own startup code, with semihosting for files and the exit status."""

import subprocess
from pathlib import Path

from mcuprune.board import Board
from mcuprune.errors import ToolError

PROGRAM = "qemu-system-arm"
INSTALL = "install it with: apt-get install qemu-system-arm (Debian, Ubuntu) or: brew install qemu (macOS)"


def command(board: Board, elf: Path) -> list[str]:
    """The command that runs elf, linked for board.machine, until it exits through semihosting."""
    return [
        PROGRAM,
        "-machine", board.machine.name,
        "-nographic", "-monitor", "none", "-serial", "null",
        "-semihosting-config", "enable=on,target=native",
        "-kernel", str(elf),
    ]  # fmt: skip


def run(command: list[str], folder: Path, timeout: float) -> None:
    """Run a QEMU command in `folder` and return when the firmware ended with status 0."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError:
        raise ToolError(f"{PROGRAM} is not installed, so firmware cannot be run; {INSTALL}") from None
    except subprocess.TimeoutExpired:
        raise ToolError(f"the firmware did not end within {timeout:.0f} s in QEMU: {' '.join(command)}") from None
    if done.returncode == 0:
        return
    if done.returncode == 3:
        raise ToolError(f"the firmware ended in a fault handler: {' '.join(command)}")
    raise ToolError(f"QEMU ended with status {done.returncode}: {' '.join(command)}\n{done.stderr.strip()}")


def version() -> str | None:
    """'QEMU 7.2.22', or None when it is not installed."""
    try:
        done = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    return "QEMU " + done.stdout.split("version ")[1].split()[0]
