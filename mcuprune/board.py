"""Boards: one TOML file each, checked once on loading, then a frozen value.

A board is a core, its memories, what its production start-up code needs to know, and the names that flash tools and
QEMU have for it.  A board that QEMU does not model runs on the Arm MPS machine with the same core: linked at that
machine's addresses with the board's own sizes, so "does it fit and compute the same" is still answered.

    title    string   shown to people
    cpu      string   gcc -mcpu name, a key of CPUS
    clock    int      Hz that the production start-up code sets
    soc      string   firmware/soc/<soc>.c holds that code
    memory   table    name = { origin, size }; "flash" and "ram" are required, no overlaps.  A third one is memory that
                      works out of reset like RAM: what does not fit into "ram" goes there
    fpu      string   gcc -mfpu name (optional, as is all that follows)
    aliases  list     other names that --board takes
    run      table    qemu = machine name, lacks = [what it does not have of memory]
    flash    table    flash tool = what that tool calls the board, best tool first
    uart     table    constants of the serial port for firmware/soc/<soc>.c, which documents them
"""

import difflib
import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path

from mcuprune.errors import UsageError

# gcc -mcpu name -> (sets of kernels, best first, before the portable ones;
#                    board whose QEMU machine stands in when QEMU does not model the board itself).
# Cortex-M3 executes every ARMv6-M instruction; startup.c makes it trap on unaligned data as ARMv6-M does.
CPUS = {
    "cortex-m0": (("v6m",), "mps2_an385"),
    "cortex-m0plus": (("v6m",), "mps2_an385"),
    "cortex-m3": (("v7m",), "mps2_an385"),
    "cortex-m4": (("dsp",), "mps2_an386"),
    "cortex-m7": (("dsp",), "mps2_an500"),
    "cortex-m33": (("dsp",), "mps2_an505"),
    "cortex-m55": (("mve", "dsp"), "mps3_an547"),
}

REGIONS = ("flash", "ram")
REQUIRED = {"title": str, "cpu": str, "clock": int, "soc": str, "memory": dict}
OPTIONAL = {"fpu": str, "aliases": list, "run": dict, "flash": dict, "uart": dict}
TYPES = {str: "a string", int: "an integer", list: "a list", dict: "a table"}
UNITS = {"": 1, "K": 1024, "M": 1024 * 1024}


@dataclass(frozen=True)
class Region:
    """A contiguous stretch of memory, in bytes."""

    origin: int
    size: int

    @property
    def end(self) -> int:
        return self.origin + self.size

    def overlaps(self, other: "Region") -> bool:
        return self.origin < other.end and other.origin < self.end


@dataclass(frozen=True)
class Machine:
    """A QEMU machine, and where code and data of a board go in it.  memory: by the board's names"""

    name: str
    memory: dict[str, Region]

    @property
    def flash(self) -> Region:
        return self.memory["flash"]

    @property
    def ram(self) -> Region:
        return self.memory["ram"]


@dataclass(frozen=True)
class Board:
    """One file of boards/."""

    name: str
    title: str
    cpu: str
    fpu: str | None
    clock: int
    memory: dict[str, Region]
    soc: str
    qemu: str | None
    lacks: tuple[str, ...]  # regions that this machine does not have
    tools: dict[str, str | int]  # the [flash] table
    uart: dict[str, str | int]
    aliases: tuple[str, ...]

    @property
    def flash(self) -> Region:
        return self.memory["flash"]

    @property
    def ram(self) -> Region:
        return self.memory["ram"]

    @property
    def second(self) -> str | None:
        """The name of the region that takes what does not fit into RAM: 'ccm'."""
        return next((name for name in self.memory if name not in REGIONS), None)

    @property
    def isas(self) -> tuple[str, ...]:
        """Folders of firmware/kernels in the order in which a kernel is looked for: ('mve', 'dsp', 'portable')."""
        return (*CPUS[self.cpu][0], "portable")

    @property
    def machine(self) -> Machine:
        """The QEMU machine that runs this board's firmware."""
        if self.qemu:
            return Machine(self.qemu, {name: self.memory[name] for name in self.memory if name not in self.lacks})
        host = load(CPUS[self.cpu][1])
        memory = {name: Region(host.memory[name].origin, self.memory[name].size) for name in REGIONS}
        if self.second:  # apart from RAM, as on the board: at the other end of the machine's
            size = self.memory[self.second].size
            memory[self.second] = Region(host.ram.end - size, size)
        return Machine(host.machine.name, memory)

    def using(self, region: str) -> "Board":
        """The board for a program that uses a region of memory: QEMU does not model it where its machine lacks that."""
        return replace(self, qemu=None) if region in self.lacks else self

    @property
    def flags(self) -> list[str]:
        """gcc flags that choose the core and its floating point registers."""
        core = [f"-mcpu={self.cpu}", "-mthumb"]
        return [*core, f"-mfpu={self.fpu}", "-mfloat-abi=hard"] if self.fpu else [*core, "-mfloat-abi=soft"]

    @property
    def defines(self) -> list[str]:
        """gcc flags with what firmware/soc/<soc>.c reads: MCUP_CLOCK, and MCUP_UART_<KEY> for the [uart] table."""
        constants = {"CLOCK": self.clock} | {f"UART_{key.upper()}": value for key, value in self.uart.items()}
        return [f"-DMCUP_{key}={value}{'U' if type(value) is int else ''}" for key, value in constants.items()]


def load(name: str) -> Board:
    """The board of this name or alias.

    >>> load("stm32").name
    'stm32f405'
    """
    for board in all_boards():
        if name == board.name or name in board.aliases:
            return board
    known = [known for board in all_boards() for known in (board.name, *board.aliases)]
    close = difflib.get_close_matches(name.lower(), known)
    hint = f"; did you mean {' or '.join(close)}?" if close else "."
    raise UsageError(f"there is no board {name!r}{hint} `mcuprune boards` lists all {len(names())}.")


def names() -> list[str]:
    """Names of all boards, sorted."""
    return [board.name for board in all_boards()]


@cache
def all_boards() -> tuple[Board, ...]:
    """Every board, sorted by name."""
    return tuple(read(path) for path in sorted(find_folder("boards").glob("*.toml")))


def find_folder(name: str) -> Path:
    """'boards' or 'firmware': inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    return package / name if (package / name).is_dir() else package.parent / name


def read(path: Path) -> Board:
    """Read and check one board file."""
    where = f"{path.parent.name}/{path.name}"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{where}: {error}") from None
    _check_keys(table, where)
    if table["cpu"] not in CPUS:
        raise UsageError(f"{where}: cpu {table['cpu']!r} is not one of {', '.join(CPUS)}")
    if table["clock"] <= 0:
        raise UsageError(f"{where}: clock is {table['clock']}, expected a frequency in Hz")
    return Board(
        name=path.stem,
        title=table["title"],
        cpu=table["cpu"],
        fpu=table.get("fpu"),
        clock=table["clock"],
        memory=_memory(table["memory"], where),
        soc=table["soc"],
        qemu=table.get("run", {}).get("qemu"),
        lacks=_lacks(table, where),
        tools=_constants(table, "flash", where),
        uart=_constants(table, "uart", where),
        aliases=tuple(table.get("aliases", ())),
    )


def _check_keys(table: dict, where: str) -> None:
    expected = REQUIRED | OPTIONAL
    for key, value in table.items():
        if key not in expected:
            raise UsageError(f"{where}: unknown key {key!r}; expected one of {sorted(expected)}")
        if type(value) is not expected[key]:
            raise UsageError(f"{where}: {key} is {value!r}, expected {TYPES[expected[key]]}")
    for key in REQUIRED:
        if key not in table:
            raise UsageError(f"{where}: {key} is missing")
    for key in table.get("run", {}):
        if key not in ("qemu", "lacks"):
            raise UsageError(f"{where}: unknown key 'run.{key}'; expected 'qemu' or 'lacks'")


def _lacks(table: dict, where: str) -> tuple[str, ...]:
    lacks = table.get("run", {}).get("lacks", [])
    if not isinstance(lacks, list) or not set(lacks) <= set(table["memory"]) - set(REGIONS):
        raise UsageError(f"{where}: run.lacks is {lacks!r}, expected a list of regions beside flash and ram")
    return tuple(lacks)


def _constants(table: dict, key: str, where: str) -> dict[str, str | int]:
    constants = table.get(key, {})
    for name, value in constants.items():
        if type(value) not in (str, int):
            raise UsageError(f"{where}: {key}.{name} is {value!r}, expected a string or an integer")
    return constants


def _memory(table: dict, where: str) -> dict[str, Region]:
    memory = {name: _region(entry, f"{where}: memory.{name}") for name, entry in table.items()}
    for name in REGIONS:
        if name not in memory:
            raise UsageError(f"{where}: memory.{name} is missing")
    others = [name for name in memory if name not in REGIONS]
    if len(others) > 1 or not all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in others):
        raise UsageError(f"{where}: memory.{others[-1]}: expected one region beside flash and ram, named like 'ccm'")
    for one, other in combinations(memory, 2):
        if memory[one].overlaps(memory[other]):
            raise UsageError(f"{where}: memory.{one} overlaps memory.{other}")
    return memory


def _region(entry: object, where: str) -> Region:
    if not isinstance(entry, dict) or set(entry) != {"origin", "size"}:
        raise UsageError(f"{where} is {entry!r}, expected {{ origin = 0x2000_0000, size = '128K' }}")
    match = re.fullmatch(r"([1-9][0-9]*)([KM]?)", str(entry["size"]))
    if not match:
        raise UsageError(f"{where}.size: {entry['size']!r} is not a size such as '128K' or '1M'")
    region = Region(entry["origin"], int(match[1]) * UNITS[match[2]])
    if type(region.origin) is not int or region.origin % 4 or not 0 <= region.origin <= region.end <= 1 << 32:
        raise UsageError(f"{where}.origin: {region.origin!r} is not a 32-bit address, a multiple of 4")
    return region


def memory_script(regions: dict[str, Region], second: str | None = None) -> str:
    """Text of memory.ld, which firmware/link/link.ld includes: the MEMORY command for these regions.

    second: the region that the array arena_<second> goes to; its contents begin with anything.
    """
    rows = [
        f"    {name} ({'rx' if name == 'flash' else 'rw'}) : ORIGIN = {region.origin:#010x}, LENGTH = {region.size:#x}"
        for name, region in regions.items()
    ]
    script = ["MEMORY", "{", *rows, "}", ""]
    if second:
        section = f"    .{second} (NOLOAD) : {{ *(.bss.arena_{second}) }} > {second}"
        script += ["/* Written before it is read: nobody has to clear it. */", "SECTIONS", "{", section, "}", ""]
    return "\n".join(script)


def describe(board: Board) -> str:
    """Everything a person may want to know of a board, one line each."""
    modelled = "models this chip" if board.qemu else f"same core, at {board.machine.flash.origin:#010x}"
    for region in board.lacks:
        modelled += f", without {region}: what uses it runs on {board.using(region).machine.name}"
    rows = [
        ("board", " = ".join((board.name, *board.aliases))),
        ("title", board.title),
        ("core", f"{board.cpu}, {board.fpu or 'no'} floating point, {board.isas[0]} kernels"),
        ("clock", f"{board.clock / 1e6:g} MHz"),
        *((name, f"{region.size // 1024} KB at {region.origin:#010x}") for name, region in board.memory.items()),
        ("runs on", f"QEMU {board.machine.name} ({modelled})"),
        ("flash tools", ", ".join(board.tools) or "none"),
    ]
    return "\n".join(f"{name:12} {value}" for name, value in rows)
