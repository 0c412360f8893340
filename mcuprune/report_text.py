"""The report on a terminal: what the model lost and gained, what it occupies, layer by layer.

Bars look as PlatformIO prints them.  The memory plan is drawn as the arena seen from the side: a line per layer, a
bracket per buffer that is alive while the layer runs.
"""

import io
from collections.abc import Sequence
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcuprune.report import ChainRow, PlanRow, Report, Rewrite
from mcuprune.sizes import format_count, format_share, format_size

WALL = "‖"  # between RAM and a second region
WIDTH = 100  # columns where nobody's terminal says otherwise


def show(report: Report, plan: Sequence[PlanRow] = (), *, file: TextIO | None = None, width: int | None = None) -> None:
    """Print the report, to stdout unless told otherwise; the memory plan only if there is one."""
    console = Console(file=file, width=width, markup=False, highlight=False, emoji=False)
    if width is None and not console.is_terminal:
        console.width = WIDTH
    console.print(_heading(report))
    console.print(_accuracy(report))
    console.print(bar("Flash:", report.flash.total_bytes, *report.flash_limit))
    console.print(bar("RAM:", report.ram.total_bytes, *report.ram_limit))
    for region in report.regions:
        console.print(Text(f"{'':7}{region}"))
    console.print(_layers(report))
    if report.chains:
        console.print(Text(chains(report.chains) + "\n"))
    if report.rewrites:
        console.print(Text(rewrites(report.rewrites) + "\n"))
    if plan:
        console.print(Text(f"Memory plan: arena of {report.ram.arena_bytes:,} bytes, left to right", "bold"))
        names, ram = [row.name for row in report.layers], report.ram
        for line in draw_plan(plan, names, ram.arena_bytes, console.width, ram.wall):
            console.print(Text(line), no_wrap=True, overflow="crop")
        console.print()
    console.print(_verdict(report))


def text(report: Report, plan: Sequence[PlanRow] = (), width: int = WIDTH) -> str:
    """The same report as plain text, for a file or a test."""
    out = io.StringIO()
    show(report, plan, file=out, width=width)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def rewrites(passes: Sequence[Rewrite]) -> str:
    """What the lossless passes removed, a line each."""
    width = max((len(each.name) for each in passes), default=0)
    return "\n".join(["Removed without a trace in any output:", *(f"  {p.name:<{width}}  {p.text}" for p in passes)])


def chains(found: Sequence[ChainRow]) -> str:
    """What is computed in strips, a line each."""
    return "\n".join(["Computed in strips, to save RAM:", *(f"  {chain.text}" for chain in found)])


def bar(label: str, used: int, limit: int, whose: str) -> Text:
    """'Flash: [=====     ]  51.2% (used 33554 bytes from 65536 bytes, the budget)'"""
    filled = min(10, round(10 * used / limit))
    return Text.assemble(
        f"{label:<7}[",
        ("=" * filled, "green" if used <= limit else "bold red"),
        " " * (10 - filled),
        f"] {100 * used / limit:5.1f}% (used {used} bytes from {limit} bytes, {whose})",
    )


def draw_plan(
    plan: Sequence[PlanRow], layers: Sequence[str], arena: int, width: int, wall: int | None = None
) -> list[str]:
    """A line per layer: its name, and the buffers in the arena while it runs; width in columns.

    wall: the offset where RAM ends and a second region begins, drawn as a column of its own.
    """
    margin = max(map(len, layers)) + 1
    columns = width - margin - (wall is not None)
    scale = columns / max(arena, 1)
    stands = max(round(wall * scale), min(wall, 1)) if wall is not None else columns
    lines = []
    for index, layer in enumerate(layers):
        cells = [" "] * columns
        alive = [row for row in plan if row.first <= index <= row.last]
        for row in sorted(alive, key=lambda row: -row.size):  # small ones last: they must not disappear
            last = stands if wall is not None and row.offset < wall else columns
            start = min(round(row.offset * scale), last - 1)
            end = max(round((row.offset + row.size) * scale), start + 1)
            cells[start:end] = _bracket(row.name, end - start)
        if wall is not None:
            cells.insert(stands, WALL)
        lines.append(f"{layer:<{margin}}{''.join(cells)}".rstrip())
    return lines


def _bracket(name: str, width: int) -> str:
    """'[conv      ]', exactly width characters."""
    if width < 2:
        return "|" * width
    return f"[{name[: width - 2]:<{width - 2}}]"


def _heading(report: Report) -> Text:
    board = report.board
    pruning = f"{report.method} pruning" if report.method else "not pruned"
    zeros = f"{format_share(report.sparsity)} of prunable weights are zero"
    return Text.assemble(
        (f"{report.model.name} on {board.name}", "bold"),
        f"  ({board.cpu}, {board.clock_hz / 1e6:g} MHz)  {pruning}: {zeros}",
    )


def _accuracy(report: Report) -> Text:
    accuracy = report.accuracy
    if accuracy.metric is None:
        return Text("Accuracy: not measured, no data was given")
    line = Text(f"{accuracy.title}:")
    for step in ("float", "pruned", "int8", "device"):
        line.append(f"  {step} ", "dim").append(accuracy.format(getattr(accuracy, step)), "bold")
    return line.append(f"  ({accuracy.samples:,} test samples)" if accuracy.samples else "", "dim")


def _layers(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 1, 0, 0))
    flash = report.flash
    for name in ("layer", "operator", "output"):
        table.add_column(name, footer="total" if name == "layer" else "", overflow="ellipsis")
    table.add_column("encoding", no_wrap=True)
    for name, total in (
        ("zeros", format_share(report.sparsity)),
        ("bytes", f"{flash.weight_bytes + flash.index_bytes:,}"),
        ("dense", f"{flash.dense_weight_bytes:,}"),
        ("instructions", format_count(report.instructions)),
    ):
        table.add_column(name, footer=total, justify="right", no_wrap=True)
    for row in report.layers:
        weighty = row.dense_weight_bytes > 0
        table.add_row(
            row.name,
            row.op.lower(),
            "x".join(map(str, row.shape)),
            row.encoding or "-",
            format_share(row.sparsity),
            f"{row.weight_bytes + row.index_bytes:,}" if weighty else "-",
            f"{row.dense_weight_bytes:,}" if weighty else "-",
            format_count(row.instructions),
        )
    return table


def _verdict(report: Report) -> Text:
    verify = report.verify
    cycles = "" if report.estimated_cycles is None else f", {report.estimated_cycles:,} estimated cycles"
    counted = f"\n{format_count(report.instructions)} instructions{cycles} per inference" if report.instructions else ""
    # where whole channels went, the network that was compiled never had more
    smaller = report.method and report.flash.total_bytes < report.flash.unpruned_bytes
    saved = f"\nFlash without pruning: about {format_size(report.flash.unpruned_bytes)}" if smaller else ""
    if verify.bit_exact is None:
        verdict = Text("Not verified: device and oracle were not compared", "yellow")
    elif verify.bit_exact:
        verdict = Text(f"Bit-exact: {verify.samples:,} samples, {verify.emulator} = {verify.oracle}", "green")
    else:
        verdict = Text(f"NOT bit-exact in {verify.samples:,} samples: {verify.emulator} vs {verify.oracle}", "bold red")
    return verdict.append(saved + counted, "default")
