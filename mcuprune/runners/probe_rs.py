"""probe-rs.  A board's value: its chip."""

import shlex
import shutil
from pathlib import Path

from mcuprune.board import Board

HELP = "see https://probe.rs/docs/getting-started/installation"
IMAGE = "production.elf"


def found() -> bool:
    return shutil.which("probe-rs") is not None


def command(board: Board, folder: Path) -> list[str]:
    """Through a shell, because downloading leaves the chip halted and resetting it is a second command."""
    chip = ["--chip", str(board.tools["probe-rs"])]
    download = ["probe-rs", "download", *chip, "--verify", str(folder / IMAGE)]
    return ["sh", "-c", f"{shlex.join(download)} && {shlex.join(['probe-rs', 'reset', *chip])}"]
