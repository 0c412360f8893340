"""pyOCD.  A board's value: its target; `pyocd pack install <target>` fetches those that are not built in."""

import shutil
from pathlib import Path

from mcuprune.board import Board

HELP = "pip install pyocd"
IMAGE = "production.hex"


def found() -> bool:
    return shutil.which("pyocd") is not None


def command(board: Board, folder: Path) -> list[str]:
    return ["pyocd", "flash", "--target", str(board.tools["pyocd"]), str(folder / IMAGE)]
