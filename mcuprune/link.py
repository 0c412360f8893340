"""Compile and link a generated project, and read back from the ELF file what it really takes.

`make` in the project's own Makefile does the work.  Its linker knows the board's memory; when an image is too large
the linker's table of memory usage tells the size of what did not fit.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mcuprune.errors import ToolError
from mcuprune.sizes import UNITS

STACK = 1024  # bytes, at least: __stack_size in link.ld

INSTALL = {
    "make": "apt-get install make (Debian, Ubuntu) or xcode-select --install (macOS)",
    "arm-none-eabi-gcc": "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi (Debian, Ubuntu) "
    "or brew install --cask gcc-arm-embedded (macOS)",
    "cc": "apt-get install gcc (Debian, Ubuntu) or xcode-select --install (macOS)",
}


@dataclass(frozen=True)
class Firmware:
    """A linked image.  Sizes in bytes."""

    elf: Path
    flash_bytes: int  # .text + .rodata + .data, and whatever else is loaded
    static_bytes: int  # .data + .bss in all RAM, the arena included; with a stack where that is what did not fit
    fits: bool  # False: the linker refused, and the ELF file does not exist


def make(src: Path, build: Path, *targets: str) -> None:
    """Build images, such as 'host' or 'firmware.elf', with the project's Makefile.

    The folder is named relative to src, so that maps are the same anywhere.  Raises BuildError with what make said.
    """
    place = os.path.relpath(build.resolve(), src.resolve())
    goals = [f"{place}/{target}" if target.endswith(".elf") else target for target in targets]
    command = ["make", "-s", f"-j{os.cpu_count() or 1}", "-C", str(src), f"BUILD={place}", *goals]
    try:
        # The words below are English, and not those of a make inside another one.
        outer = ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")
        environment = {k: v for k, v in os.environ.items() if k not in outer} | {"LC_ALL": "C"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ToolError(f"make is not installed; install it with: {INSTALL['make']}") from None
    if done.returncode == 0:
        return
    missing = re.search(r"(?:make: |sh: \d+: )(\S+?)(?:: No such file|: not found|: Permission denied)", done.stderr)
    if missing and "gcc" in missing[1]:
        raise ToolError(f"{missing[1]} is not installed; install it with: {INSTALL['arm-none-eabi-gcc']}")
    if missing:
        raise ToolError(f"{missing[1]} is not installed; install it with: {INSTALL.get(missing[1], 'your packages')}")
    raise BuildError(f"the generated project does not build: {' '.join(command)}\n{done.stderr.strip()}", done.stdout)


class BuildError(ToolError):
    """The compiler or the linker refused."""

    def __init__(self, message: str, printed: str) -> None:
        super().__init__(message)
        self.printed = printed  # to stdout

    def needed(self) -> tuple[int, int] | None:
        """(flash, RAM) in bytes, where the linker's only objection is that there is too little of one."""
        no_stack = "ERROR(mcuprune): the RAM left for the stack" in str(self)
        if not no_stack and "' overflowed by " not in str(self):
            return None
        rows = re.findall(r"^ *(\w+): +(\d+) ([KMG]?)B", self.printed, re.MULTILINE)
        used = {region: int(count) * UNITS[unit] for region, count, unit in rows}
        flash = used.pop("flash")
        return flash, sum(used.values()) + STACK * no_stack


def link(src: Path, build: Path, image: str) -> Firmware:
    """Link one image: 'firmware', 'production', 'emulator' or 'trace'."""
    elf = build / f"{image}.elf"
    try:
        make(src, build, elf.name)
    except BuildError as failure:
        needed = failure.needed()
        if needed is None:
            raise
        return Firmware(elf, *needed, fits=False)
    return measure(elf)


def measure(elf: Path) -> Firmware:
    """The sizes of a linked image."""
    flash = static = 0
    with elf.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            allocated = section["sh_flags"] & 2
            if allocated and section["sh_type"] != "SHT_NOBITS":
                flash += section["sh_size"]
            if allocated and section["sh_flags"] & 1:  # it can be written to
                static += section["sh_size"]
    return Firmware(elf, flash, static, fits=True)


def object_sizes(elf: Path) -> dict[str, int]:
    """{symbol: bytes} of every data object in the image."""
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        return {s.name: s["st_size"] for s in table.iter_symbols() if s["st_info"]["type"] == "STT_OBJECT"}
