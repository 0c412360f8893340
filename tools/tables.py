"""Write the tables of README.md and docs/ anew from the code: everything between <!-- table: NAME --> and <!-- end -->.

python tools/tables.py            writes
python tools/tables.py --check    ends with status 1 where a table is out of date
"""

import re
import sys
from pathlib import Path

from mcuprune import board, ops, refusals
from mcuprune.encodings import ENCODINGS
from mcuprune.prune import methods
from mcuprune.rewrite import PASSES
from mcuprune.sizes import format_size

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def boards() -> list[list[str]]:
    rows = [["board", "chip", "core", "flash", "RAM", "in QEMU"], ["---"] * 6]
    for b in board.all_boards():
        names = " = ".join(f"`{name}`" for name in (b.name, *b.aliases))
        where = f"`{b.qemu}`, as it is" if b.qemu else f"at the addresses of `{b.machine.name}`"
        ram = format_size(b.ram.size) + (f" + {format_size(b.memory[b.second].size)} {b.second}" if b.second else "")
        rows.append([names, b.title, b.cpu, format_size(b.flash.size), ram, where])
    return rows


def operators() -> list[list[str]]:
    rows = [[m.CODE, m.ABOUT, "yes" if getattr(m, "WIDE", False) else ""] for m in ops.OPS.values()]
    return [["operator", "what is supported", "16x8"], ["---"] * 3, *rows]


def refused() -> list[list[str]]:
    rows = [[name, why, rewrite] for name, (why, rewrite) in refusals.REFUSED.items()]
    return [["not supported", "why", "instead"], ["---"] * 3, *rows]


def encodings() -> list[list[str]]:
    rows = [["encoding", "what it is"], ["---"] * 2]
    return rows + [[f"`{name}`", first_line(module.__doc__)] for name, module in ENCODINGS.items()]


def pruning_methods() -> list[list[str]]:
    rows = [["method", "what it does", "a sparsity is a share of", "options"], ["---"] * 4]
    for name in methods.NAMES:
        options = ", ".join(f"`{option}`" for option in methods.options(name))
        rows.append([f"`{name}`", methods.about(name), f"the {methods.unit(name)}", options])
    return rows


def passes() -> list[list[str]]:
    rows = [["pass", "what it does"], ["---"] * 2]
    return rows + [[f"`{name}`", first_line(module.__doc__)] for name, module in PASSES.items()]


def first_line(text: str) -> str:
    return text.strip().splitlines()[0]


TABLES = {
    "methods": pruning_methods,
    "boards": boards,
    "operators": operators,
    "refused": refused,
    "encodings": encodings,
    "passes": passes,
}


def written(text: str) -> str:
    """text with every table as the code has it now."""

    def table(found: re.Match[str]) -> str:
        rows = "".join(f"| {' | '.join(row)} |\n" for row in TABLES[found[2]]())
        return f"{found[1]}{rows}{found[3]}"

    return BLOCK.sub(table, text)


def main() -> int:
    stale = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        if (new := written(text)) != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(stale)}; run: make docs")
    return 0


if __name__ == "__main__":
    main()
