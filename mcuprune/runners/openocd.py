"""OpenOCD, the Open On-Chip Debugger.  A board's value: its configuration files, separated by spaces."""

import shutil
from pathlib import Path

from mcuprune.board import Board

HELP = "apt-get install openocd"
IMAGE = "production.elf"


def found() -> bool:
    return shutil.which("openocd") is not None


def command(board: Board, folder: Path) -> list[str]:
    """The braces are Tcl's quotes: the folder's name may have spaces."""
    files = [word for name in str(board.tools["openocd"]).split() for word in ("-f", name)]
    return ["openocd", *files, "-c", f"program {{{folder / IMAGE}}} verify reset exit"]
