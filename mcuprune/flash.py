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
    """The exact command that programs the production image of a build folder into the board.

    A tool that is asked for need not be installed; otherwise the choice is among those that are.
    """
    return TOOLS[_choose(board, tool)].command(board, folder)


def preview(board: Board, folder: Path, tool: str | None = None) -> tuple[list[str], str]:
    """(the command that `program` would run, a note): where no tool is installed, that of the board's best one."""
    if tool is None and board.tools and not any(map(installed, board.tools)):
        best = next((name for name in board.tools if name != "uf2"), "uf2")  # a drive has no name before it is there
        return command(board, folder, best), f"{best} is not installed; get it with: {TOOLS[best].HELP}"
    return command(board, folder, tool), ""


def program(board: Board, folder: Path, tool: str | None = None) -> None:
    """Run that command; what the tool prints goes where our own output goes."""
    tool = _choose(board, tool)
    image = folder / TOOLS[tool].IMAGE
    if not image.exists():
        raise UsageError(f"{image} does not exist: give the folder that `mcuprune build --board {board.name}` wrote.")
    words = command(board, folder, tool)
    try:
        status = subprocess.run(words, check=False).returncode
    except FileNotFoundError:
        raise ToolError(f"{tool} is not installed; get it with: {TOOLS[tool].HELP}") from None
    if status != 0:
        raise ToolError(f"{board.name} was not programmed: this ended with status {status}: {shlex.join(words)}")


def _choose(board: Board, tool: str | None) -> str:
    """The tool asked for, or the board's best one that is installed."""
    if not board.tools:
        raise UsageError(f"{board.name} cannot be programmed: its board file names no flash tool.")
    if tool is not None and tool not in board.tools:
        raise UsageError(f"--tool {tool} cannot program {board.name}; choose from {', '.join(board.tools)}.")
    candidates = [tool] if tool else [name for name in board.tools if installed(name)]
    if not candidates:
        ways = "; ".join(f"{name}: {TOOLS[name].HELP}" for name in board.tools)
        raise ToolError(f"no tool that programs {board.name} is installed.  One of these will do: {ways}.")
    return candidates[0]
