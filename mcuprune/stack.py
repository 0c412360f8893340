"""The stack that a program may need, from its machine code: the deepest way through it, whether a run takes it or not.

Every function is walked along its branches with the bytes that lie on the stack, and what it calls lies below these.
Where machine code does not say where it goes, it is taken to go anywhere it may: a jump through a table to any line of
its function that nothing else leads to, a call through a pointer to any function whose address is somewhere in the
program.  Nothing here calls itself, and interrupts are off; what somebody's own interrupts take comes on top.
"""

import re
from collections.abc import Iterator, Set
from pathlib import Path

import numpy as np
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mcuprune import thumb
from mcuprune.thumb import Line, Listing

ENTRY = "mcup_reset"


def deepest(elf: Path) -> int:
    """Bytes of stack that a linked program takes, at most."""
    listing = thumb.disassemble(elf)
    return _deepest(listing, _pointed(elf, listing))


def _deepest(listing: Listing, pointed: Set[int]) -> int:
    """pointed: addresses of functions that may be called through pointers."""
    lines, index = listing.lines, listing.index
    members: dict[str, list[int]] = {}
    for i, line in enumerate(lines):
        members.setdefault(line.function, []).append(i)

    known: dict[int, int] = {}

    def below(address: int) -> int:
        """Bytes that a function takes, from its first instruction on."""
        if address in known:
            return known[address]
        known[address] = 0
        most, seen, waiting = 0, dict[int, int](), [(index[address], 0, True)]
        while waiting:
            i, depth, certain = waiting.pop()
            if i in seen and (not certain or seen[i] >= depth):
                continue
            seen[i], line = depth, lines[i]
            deeper = max(depth + _pushed(line.mnemonic, line.operands, line.instruction.words), 0)
            most = max(most, deeper, *(deeper + below(callee) for callee in callees(line)))
            waiting += [(k, deeper, True) for k in following(i, line)]
            if _computed(line):  # to where nothing else leads: these wait until all else was seen
                waiting = [*((k, deeper, False) for k in members[line.function]), *waiting]
        known[address] = most
        return most

    def callees(line: Line) -> Iterator[int]:
        kind = line.instruction.kind
        if kind == "call":
            yield int(line.operands, 16)
        elif line.mnemonic.startswith("blx"):
            yield from pointed

    def following(i: int, line: Line) -> Iterator[int]:
        """The lines that may run next."""
        kind, name = line.instruction.kind, line.mnemonic.partition(".")[0]
        if kind in ("branch", "branch_if") or name in ("le", "letp", "wls", "wlstp"):
            yield index[int(line.operands.split()[-1], 16)]
        after = lines[min(i + 1, len(lines) - 1)]
        ends = kind in ("branch", "table") or name in ("bx", "udf") or line.instruction.jumps
        ends |= after.address - line.address not in (2, 4)  # data lie there
        ends |= kind == "call" and after.function != line.function  # it does not return
        if not ends:
            yield i + 1

    return below(listing.entry(ENTRY))


def _computed(line: Line) -> bool:
    """Whether it jumps to an address that is not one to return to."""
    instruction = line.instruction
    if instruction.jumps:
        return instruction.kind != "load_many" and "[sp" not in line.operands
    return instruction.kind == "table" or (line.mnemonic == "bx" and line.operands != "lr")


def _pushed(mnemonic: str, operands: str, words: int) -> int:
    """Bytes by which an instruction lets the stack grow; less than none where it shrinks.

    >>> _pushed("push", "{r4, r5, lr}", 3), _pushed("add", "sp, #12", 1), _pushed("str.w", "r7, [sp, #-8]!", 1)
    (12, -12, 8)
    """
    size = 8 * words if re.search(r"\{d\d", operands) else 4 * words
    if mnemonic.startswith(("push", "vpush")):
        return size
    if mnemonic.startswith(("pop", "vpop")):
        return -size
    if re.match(r"v?(stm|ldm)", mnemonic) and operands.startswith("sp!"):
        return size if mnemonic.lstrip("v").startswith("stm") else -size
    if found := re.fullmatch(r"sp, (?:sp, )?#(\d+)", operands):
        return int(found[1]) * (1 if mnemonic.startswith("sub") else -1)
    if found := re.search(r"\[sp, #(-?\d+)\]!|\[sp\], #(-?\d+)", operands):
        return -int(found[1] or found[2])
    return 0


def _pointed(elf: Path, listing: Listing) -> Set[int]:
    """Addresses of functions that a word of the program points to, those of the vectors left out."""
    starts = {next_.address for line, next_ in zip(listing.lines, listing.lines[1:], strict=False)
              if line.function != next_.function}  # fmt: skip
    with elf.open("rb") as file:
        image = ELFFile(file)
        text, symbols = image.get_section_by_name(".text"), image.get_section_by_name(".symtab")
        assert text is not None and isinstance(symbols, SymbolTableSection)
        words = np.frombuffer(text.data()[: text["sh_size"] // 4 * 4], "<u4")
        vectors = next(s["st_value"] for s in symbols.iter_symbols() if s.name == "__vectors")
    first = (vectors - text["sh_addr"]) // 4
    others = np.concatenate([words[:first], words[first + 16 :]])
    return starts & set((others[others % 2 == 1] - 1).tolist())
