"""Program a board: with the best tool that the board names and that is installed."""

import shlex
import subprocess
from pathlib import Path

from mcuprune.board import Board
from mcuprune.errors import ToolError, UsageError
from mcuprune.runners import RUNNERS

TOOLS = {name: runner for name, runner in RUNNERS.items() if hasattr(runner, "found")}


def installed(tool: str) -> bool:
    return TOOLS[tool].found()


def command(board: Board, folder: Path, tool: str | None = None) -> list[str]:
    """The exact command that programs production.* of a build folder into the board.

    A tool that is asked for need not be installed; otherwise the choice is among those that are.
    """
    if not board.tools:
        raise UsageError(f"{board.name} cannot be programmed: its board file names no flash tool.")
    if tool is not None and tool not in board.tools:
        raise UsageError(f"--tool {tool} cannot program {board.name}; choose from {', '.join(board.tools)}.")
    return TOOLS[tool or _best(board)].command(board, folder)


def program(board: Board, folder: Path, tool: str | None = None) -> None:
    """Run that command; what the tool prints goes where our own output goes."""
    words = command(board, folder, tool)
    try:
        status = subprocess.run(words, check=False).returncode
    except FileNotFoundError:
        raise ToolError(f"{words[0]} is not installed.  {tool}: {TOOLS[str(tool)].HELP}.") from None
    if status != 0:
        raise ToolError(f"{board.name} was not programmed: this ended with status {status}: {shlex.join(words)}")


def _best(board: Board) -> str:
    for tool in board.tools:
        if installed(tool):
            return tool
    ways = "; ".join(f"{tool}: {TOOLS[tool].HELP}" for tool in board.tools)
    raise ToolError(f"no tool that programs {board.name} is there.  One of these will do: {ways}.")
