"""st-flash of the open source stlink tools.  A board's value: the address of its flash."""

import shutil
from pathlib import Path

from mcuprune.board import Board

HELP = "apt-get install stlink-tools"
IMAGE = "production.bin"


def found() -> bool:
    return shutil.which("st-flash") is not None


def command(board: Board, folder: Path) -> list[str]:
    return ["st-flash", "--reset", "write", str(folder / IMAGE), str(board.tools["st-flash"])]
