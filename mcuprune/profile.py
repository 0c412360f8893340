"""Instructions of one inference, layer by layer, counted by a plugin of QEMU, and the cycles they are estimated at.

The generated <model>_invoke is one call per kernel, in the order of the layers, some of them in a loop.  So the
addresses behind its calls are where one layer ends and the next begins.  They are the marks that the plugin
(firmware/plugin/count.c) splits its counts at, those in a loop once for each step:

    entry of invoke | behind call 1 | behind call 2 | ... | behind the last call | behind the call of invoke itself
                segment 1       segment 2                                last segment

The host's C compiler builds the plugin on first use, into the user's cache folder.  Where that or loading it fails
(`PluginError`), the total is still to be had: under `-icount shift=0` an instruction takes one nanosecond of the
machine's time, which the test harness measures in SysTick ticks.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcuprune import cycles, thumb
from mcuprune.board import Board, find_folder
from mcuprune.errors import ToolError
from mcuprune.runners import qemu

COUNTS = "counts.txt"
TIMEOUT = 600.0  # seconds
# Hz of the processor clock that SysTick counts, as QEMU models it (hw/arm/<machine>.c; lm3s*: after reset).
SYSTICK = {
    "lm3s6965evb": 12_500_000,
    "microbit": 16_000_000,
    "mps2-an385": 25_000_000,
    "mps2-an386": 25_000_000,
    "mps2-an500": 25_000_000,
    "mps2-an505": 20_000_000,
    "mps2-an521": 20_000_000,
    "mps3-an547": 32_000_000,
    "netduinoplus2": 168_000_000,
    "stm32vldiscovery": 24_000_000,
}
ICOUNT = ("-icount", "shift=0")


class PluginError(ToolError):
    """The counting plugin cannot be built or loaded here."""


@dataclass(frozen=True)
class Segment:
    """What ran from one mark to the next; the label is the kernel that was called."""

    label: str
    instructions: int  # exact
    cycles: int  # estimated


@dataclass(frozen=True)
class Profile:
    """One inference, from entering to leaving <model>_invoke.  The segments add up to the totals."""

    instructions: int
    estimated_cycles: int | None = None  # None, and no segments: only ticks could be had
    segments: tuple[Segment, ...] = ()


def profile(
    elf: Path,
    board: Board,
    command: Sequence[str],
    work_dir: Path,
    function: str,
    order: Sequence[int] | None = None,
) -> Profile:
    """The first call of `function` that elf makes.  command: QEMU's for it, to be run in work_dir, less the plugin.

    order: the calls that it makes, as they run; one after the other when None.
    """
    listing = thumb.disassemble(elf)
    sites = call_sites(listing, function)
    if order:
        sites = [sites[i] for i in order]
    counted = _count(command, work_dir, [listing.entry(function), *(address for _, address in sites)])
    if len(counted) != len(sites) + 1:
        raise ToolError(
            f"the firmware ended before {function} returned; {len(counted)} of the {len(sites)} kernels that it calls "
            f"came to their end: {' '.join(command)}"
        )
    labels = [*(callee for callee, _ in sites), function]
    segments = tuple(
        Segment(label, sum(b.count * b.executions for b in blocks), cycles.estimate(board.cpu, blocks, listing))
        for label, blocks in zip(labels, counted, strict=True)
    )
    return Profile(sum(s.instructions for s in segments), sum(s.cycles for s in segments), segments)


def call_sites(listing: thumb.Listing, function: str) -> list[tuple[str, int]]:
    """(callee, return address) of every call in a function, in the order of their addresses."""
    return [(callee, address) for caller, callee, address in listing.calls() if caller == function]


def _count(command: Sequence[str], work_dir: Path, marks: Sequence[int]) -> list[list[cycles.Block]]:
    """The blocks that ran from each mark to the next and from the last to the return, as far as that was reached."""
    counts = work_dir / COUNTS
    counts.unlink(missing_ok=True)
    library = str(plugin()).replace(",", ",,")  # a single comma would end the file's name
    arguments = [f"out={COUNTS}", *(f"mark={address:#x}" for address in marks)]
    try:
        qemu.run([*command, "-plugin", ",".join([library, *arguments])], work_dir, TIMEOUT)
    except ToolError as error:
        if counts.exists():
            raise
        raise PluginError(f"QEMU does not load the counting plugin: {error}") from None
    segments: list[list[cycles.Block]] = []
    for line in counts.read_text().splitlines():
        word, *numbers = line.split()
        if word == "segment":
            segments.append([])
        else:
            segments[-1].append(cycles.Block(*(int(n, 0) for n in numbers)))
    return segments


def plugin() -> Path:
    """The counting plugin, compiled for this host if it is not in the cache yet."""
    source = find_folder("firmware") / "plugin/count.c"
    key = hashlib.sha256(source.read_bytes() + platform.platform().encode()).hexdigest()[:16]
    library = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mcuprune" / f"count-{key}.so"
    if os.path.exists(library):  # which also takes folders that may not be looked into, as a container's HOME
        return library
    compiler = os.environ.get("CC") or next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    if compiler is None:
        raise PluginError("no C compiler for the counting plugin; install one with: apt-get install gcc")
    # QEMU itself has the functions that the plugin calls; only Apple's linker must be told so.
    undefined = ["-undefined", "dynamic_lookup"] if platform.system() == "Darwin" else []
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            built = Path(folder) / library.name
            command = [*compiler.split(), "-O2", "-shared", "-fPIC", *undefined, "-o", str(built), str(source)]
            subprocess.run(command, capture_output=True, text=True, check=True)
            built.replace(library)
    except OSError as error:
        raise PluginError(
            f"the counting plugin cannot be built in {library.parent}: {error}; XDG_CACHE_HOME says where"
        ) from None
    except subprocess.CalledProcessError as failure:
        raise PluginError(f"the counting plugin does not compile: {' '.join(command)}\n{failure.stderr}") from None
    return library


def instructions_from_ticks(ticks: int, machine: str) -> int:
    """SysTick ticks under `-icount shift=0` -> instructions, to within what one tick takes (6 to 80).

    The counter has 24 bits: an inference of more than 2**24 ticks is beyond it.

    >>> instructions_from_ticks(25_000, "mps2-an386")
    1000000
    """
    return round(ticks * 1_000_000_000 / SYSTICK[machine])
