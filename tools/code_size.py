"""Write mcuprune/code.toml: the bytes of every kernel's code on every core.

Each kernel is compiled as generated projects compile it, its C and its assembly, and what its object files hold is
added up, but for tables, which are constants of layers (mcuprune.layer.Function); functions that several kernels bring
with them, of which the linker keeps one, are not taken off.

    python tools/code_size.py [--cores cortex-m4,cortex-m3]
"""

import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from elftools.elf.elffile import ELFFile

from mcuprune import cost
from mcuprune.board import CPUS, all_boards, find_folder

FLAGS = ["-std=c11", "-O2", "-ffunction-sections", "-fdata-sections", "-fno-optimize-sibling-calls", "-ffreestanding"]
HEAD = """\
# Bytes of the code of kernels, by core and set of kernels, as mcuprune/cost.py reads them.
# Written by tools/code_size.py: `make fit`.  Do not edit.
"""

Sizes = dict[str, dict[str, dict[str, int]]]  # core -> set of kernels -> kernel -> bytes


def kernels(isa: str) -> dict[str, list[Path]]:
    """kernel -> its files in a set"""
    found = defaultdict(list)
    for path in sorted((find_folder("firmware") / "kernels" / isa).glob("*_s8.[cS]")):
        found[f"mcup_{path.stem}"].append(path)
    return found


def flags(cpu: str) -> list[str]:
    """gcc's, of the first board with this core."""
    return next((board.flags for board in all_boards() if board.cpu == cpu), [f"-mcpu={cpu}", "-mthumb"])


def measure(cpu: str, isa: str) -> dict[str, int]:
    with TemporaryDirectory() as folder:
        return {f: sum(_size(path, flags(cpu), Path(folder)) for path in paths) for f, paths in kernels(isa).items()}


def _size(source: Path, flags: list[str], folder: Path) -> int:
    """Bytes that would be in flash."""
    target = folder / f"{source.name}.o"
    include = f"-I{find_folder('firmware') / 'include'}"
    subprocess.run(["arm-none-eabi-gcc", *flags, *FLAGS, include, "-c", source, "-o", target], check=True)
    with target.open("rb") as file:
        sections = [s for s in ELFFile(file).iter_sections() if s["sh_flags"] & 2]
        return sum(s["sh_size"] for s in sections if not s.name.startswith(".rodata.mcup_"))


def text(sizes: Sizes) -> str:
    """code.toml"""
    return "\n".join([HEAD, *_tables(sizes)])


def _tables(sizes: Sizes) -> Iterator[str]:
    for cpu, sets in sorted(sizes.items()):
        for isa, found in sorted(sets.items()):
            yield f"[{cpu}.{isa}]"
            yield from (f"{function} = {size}" for function, size in sorted(found.items()))
            yield ""


@click.command()
@click.option("--cores", default=",".join(cpu for cpu in CPUS if cpu not in cost.SAME_AS), help="the others stay")
def main(cores: str) -> None:
    sizes = {cpu: dict(sets) for cpu, sets in cost.sizes().items()}
    for cpu in cores.split(","):
        sizes[cpu] = {isa: measure(cpu, isa) for isa in (*CPUS[cpu][0], "portable")}
    cost.CODE.write_text(text(sizes), encoding="utf-8")


if __name__ == "__main__":
    main()
