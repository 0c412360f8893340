"""Thumb machine code as data: what each instruction does, as far as its timing depends on it.

objdump disassembles the firmware; this module reads its text.  An instruction becomes a kind (a row in the cycle
tables of `cycles`), the registers it reads and writes, and how many words it moves.  The v8.1-M instruction set
contains that of every other Cortex-M, so one disassembler serves all of them.

    branch branch_if branch_to call table    b; b<cond>, cbz; bx, blx; bl; tbb, tbh
    load load_pair load_many                 ldr* and vldr; ldrd; ldm, pop, vldm, vpop
    store store_pair store_many store_fp     str*; strd; stm, push, vstm, vpush; vstr
    multiply multiply_add                    results of 32 bits, the dual 16-bit ones included; mla and mls
    multiply_long multiply_add_long          results of 64 bits
    divide fp fp_multiply_add fp_divide      sdiv, udiv; floating point
    vector vector_memory                     MVE: on a q register; loads and stores of one
    it compare alu                           what remains
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mcuprune.errors import ToolError, UsageError

OBJDUMP = "arm-none-eabi-objdump"
CONDITION = "(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)"

# The first pattern that matches a whole mnemonic decides; `?` of a condition: in an IT block.
KINDS = tuple(
    (kind, re.compile(pattern.replace("?C", f"{CONDITION}?")))
    for kind, pattern in (
        ("it", "it[te]*"),
        ("branch", "b"),
        ("branch_if", f"b{CONDITION}|cbn?z"),
        ("call", "bl?C"),
        ("branch_to", "blx?C|bx?C"),
        ("table", "tb[bh]"),
        ("load_many", "v?(ldm|pop).*"),
        ("store_many", "v?(stm|push).*"),
        ("load_pair", "ldrd.*"),
        ("store_pair", "strd.*"),
        ("load", "v?ldr.*"),
        ("store_fp", "vstr.*"),
        ("store", "str.*"),
        ("fp_divide", "v(div|sqrt).*"),
        ("fp_multiply_add", "v(fma|fms|mla|mls|fnm).*"),
        ("fp", "v.*"),
        ("divide", "[su]div?C"),
        ("multiply_add", "ml[as]s??C"),
        ("multiply", "muls??C"),
        ("multiply", "(smla[bt][bt]|smlaw[bt]|sml[as]dx?|smul[bt][bt]|smulw[bt]|smu[as]dx?|smml[as]r?|smmulr?)?C"),
        ("multiply_long", "[su]mulls??C"),
        ("multiply_add_long", "([su]mlals?|umaal|smlal[bt][bt]|sml[as]ldx?)?C"),
        ("compare", "(cmp|cmn|tst|teq)?C"),
        ("alu", ".*"),
    )
)
# How many of the leading registers an instruction writes, where that is not one.
WRITTEN = {"load_pair": 2, "multiply_long": 2, "multiply_add_long": 2, "compare": 0} | dict.fromkeys(
    ("branch", "branch_if", "branch_to", "call", "table", "store", "store_fp", "store_pair", "load_many", "store_many"),
    0,
)
MOVES = ("mov", "mvn", "sxt", "uxt", "rev", "clz", "rbit", "adr", "mrs")  # never read what they write
INSERTS = ("movt", "bfi", "sel")  # read it too: they change a part of it
# "   10:\tbl\t44 <k1>" or "    4:\tmovs\tr0, #64\t@ 0x40"; data starts with a point
LINE = re.compile(r"\s*([0-9a-f]+):\t([^.\s]\S*)\s*(.*?)\s*(?:[;@].*|<([^>+]+)>.*|<.*)?")
REGISTER = re.compile(r"\b(r\d+|sp|lr|pc|ip|fp|sl|sb|[sdq]\d+)\b")


@dataclass(frozen=True)
class Instruction:
    """One instruction.  A load or store of several registers has all of them in `reads`: it waits for each."""

    kind: str
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    accumulator: str | None = None  # what a multiply-add adds to, needed later than the factors
    words: int = 1  # that a load or store moves; vldm and vstm: registers
    jumps: bool = False  # a load, move or addition into pc


@cache
def decode(mnemonic: str, operands: str) -> Instruction:
    """objdump's words -> Instruction.

    >>> decode("ldr.w", "r0, [r1], #4")
    Instruction(kind='load', writes=('r0', 'r1'), reads=('r1',), accumulator=None, words=1, jumps=False)
    """
    name = mnemonic if mnemonic.startswith("v") else mnemonic.partition(".")[0]
    registers = tuple(REGISTER.findall(operands))
    if name.startswith("v") and any(r.startswith("q") for r in registers):
        kind = "vector_memory" if name.startswith(("vld", "vst")) else "vector"
    else:
        kind = next(kind for kind, pattern in KINDS if pattern.fullmatch(name))
    split = WRITTEN.get(kind, 1)
    writes, reads, accumulator = registers[:split], registers[split:], None
    if kind in ("load", "store", "load_pair", "store_pair") and ("]!" in operands or "]," in operands):
        writes += tuple(REGISTER.findall(operands.partition("[")[2])[:1])
    if kind == "multiply_add_long":
        accumulator = registers[0]
    elif kind in ("multiply", "multiply_add") and len(registers) == 4:
        accumulator, reads = registers[3], registers[1:3]
    elif kind == "alu" and (name.startswith(INSERTS) or (operands.count(",") < 2 and not name.startswith(MOVES))):
        reads = registers  # `adds r0, #1` reads r0
    jumps = "pc" in registers if kind == "load_many" else kind in ("load", "alu") and registers[:1] == ("pc",)
    return Instruction(kind, writes, reads, accumulator, _words(kind, operands), jumps)


def _words(kind: str, operands: str) -> int:
    if kind in ("load_pair", "store_pair"):
        return 2
    if kind in ("load", "store_fp"):
        return 2 if operands.startswith("d") else 1
    if kind not in ("load_many", "store_many"):
        return 1
    words = 0
    for first, last in re.findall(r"(\w+)(?:-(\w+))?", operands[operands.index("{") :]):
        words += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return words


@dataclass(frozen=True)
class Line:
    """One line of a disassembly."""

    address: int
    function: str  # the symbol it stands under
    mnemonic: str
    operands: str
    target: str  # the symbol that a branch or call names, '' if none

    @property
    def instruction(self) -> Instruction:
        return decode(self.mnemonic, self.operands)


@dataclass(frozen=True)
class Listing:
    """The code of an ELF file, by address."""

    lines: Sequence[Line]
    index: dict[int, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {line.address: i for i, line in enumerate(self.lines)})

    def block(self, address: int, count: int) -> list[Instruction]:
        """`count` instructions from address on."""
        first = self.index[address]
        return [line.instruction for line in self.lines[first : first + count]]

    def entry(self, function: str) -> int:
        """The address of a function's first instruction."""
        found = next((line.address for line in self.lines if line.function == function), None)
        if found is None:
            raise UsageError(f"the firmware has no function {function}; was it built from another model?")
        return found

    def calls(self) -> list[tuple[str, str, int]]:
        """(caller, callee, return address) of every `bl`, in the order of their addresses."""
        following = zip(self.lines, self.lines[1:], strict=False)
        return [(a.function, a.target, b.address) for a, b in following if a.instruction.kind == "call"]


def disassemble(elf: Path) -> Listing:
    """Every instruction of an ELF file."""
    command = [OBJDUMP, "-d", "--no-show-raw-insn", "-marmv8.1-m.main", str(elf)]
    try:
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise ToolError(
            f"{OBJDUMP} is not installed; install it with: apt-get install gcc-arm-none-eabi (Debian, Ubuntu) "
            "or brew install --cask gcc-arm-embedded (macOS)"
        ) from None
    except subprocess.CalledProcessError as failure:
        raise ToolError(f"{' '.join(command)} failed: {failure.stderr.strip()}") from None
    return Listing(read(text))


def read(text: str) -> list[Line]:
    """objdump's text -> Lines in the order of their addresses; data between the code is left out."""
    lines, function = [], ""
    for row in text.splitlines():
        if symbol := re.fullmatch(r"[0-9a-f]+ <(.+)>:", row):
            function = symbol[1]
        elif found := LINE.fullmatch(row):
            lines.append(Line(int(found[1], 16), function, found[2], found[3], found[4] or ""))
    return sorted(lines, key=lambda line: line.address)
