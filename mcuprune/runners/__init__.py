"""Tools that run or program firmware, one file each; the registry is the directory.

A tool that programs boards offers:

    HELP = "apt-get install openocd"            how to get it
    IMAGE = "production.elf"                    the file of the build folder that it programs
    def found() -> bool                         is it there?
    def command(board, folder) -> list[str]     what programs that file and starts it;
                                                board.tools[name] is what the tool calls the board
"""

from importlib import import_module
from pkgutil import iter_modules

RUNNERS = {
    module.name.replace("_", "-"): import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)
}
