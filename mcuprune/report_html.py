"""The report as one page that needs nothing else: no network, no script, its style and drawings inside.

`page` is the order of the sections; each section is a function that returns its markup, or nothing where the build
has nothing to tell.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mcuprune import report_figures
from mcuprune.markup import Html, join, tag
from mcuprune.report import LayerRow, PlanRow, Report
from mcuprune.report_figures import section, width
from mcuprune.sizes import format_count, format_share, format_size

POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # the browser's own guarantee that nothing is loaded


def page(report: Report, plan: Sequence[PlanRow] = (), history: Sequence[Mapping[str, float]] = ()) -> str:
    """report.html.  history: a record {epoch, loss, sparsity, metric} for each epoch of training, in order."""
    style = Html(Path(__file__).with_name("report.css").read_text(encoding="utf-8"))
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", f"{report.model.name} on {report.board.name} - mcuprune"),
        tag("style", style),
    )
    body = tag(
        "main",
        _heading(report),
        _tiles(report),
        report_figures.memory(report),
        report_figures.kept(report),
        report_figures.training(report, history),
        report_figures.plan(report, plan),
        _layers(report),
        _chains(report),
        _rewrites(report),
        _verification(report),
        tag("footer", f"mcuprune {report.mcuprune}. The same facts for programs: report.json."),
    )
    return f'<!doctype html>\n<html lang="en">{head}<body>{body}</body></html>\n'


def _heading(report: Report) -> Html:
    board, verify = report.board, report.verify
    badge = {True: ("good", "bit-exact"), False: ("bad", "NOT bit-exact"), None: ("unknown", "not verified")}
    look, words = badge[verify.bit_exact]
    facts = f"{board.cpu} at {board.clock_hz / 1e6:g} MHz, {format_size(board.flash_bytes)} flash, "
    return tag(
        "header",
        tag(
            "div",
            tag("h1", f"{report.model.name} on {board.name}"),
            tag("p", facts + f"{format_size(board.ram_bytes)} RAM", class_="soft"),
        ),
        tag("span", words, class_=f"badge {look}"),
    )


def _tiles(report: Report) -> Html:
    """The five numbers that people ask for first."""
    accuracy = report.accuracy
    pruning = f"{report.method} pruning" if report.method else "not pruned"
    tiles = [
        _used("Flash", report.flash.total_bytes, *report.flash_limit),
        _used("RAM", report.ram.total_bytes, *report.ram_limit),
        _tile("Weights that are zero", format_share(report.sparsity), f"of the prunable weights; {pruning}"),
    ]
    scores = {step: getattr(accuracy, step) for step in ("float", "pruned", "int8", "device")}
    known = {step: accuracy.format(score) for step, score in scores.items() if score is not None}
    if known:
        steps = ", ".join(f"{step} {score}".replace(" ", "\N{NO-BREAK SPACE}") for step, score in known.items())
        tiles.append(_tile(accuracy.title, list(known.values())[-1], steps))
    if report.instructions is not None:
        cycles = "" if report.estimated_cycles is None else f"{_big(report.estimated_cycles)} estimated cycles, "
        tiles.append(_tile("Instructions", _big(report.instructions), cycles + "one inference"))
    return tag("div", *tiles, class_="tiles")


def _tile(title: str, value: str, note: str, extra: str = "") -> Html:
    soft_title, soft_note = tag("span", title, class_="soft"), tag("div", note, class_="soft")
    return tag("div", soft_title, tag("b", value), extra, soft_note, class_="tile")


def _used(title: str, used: int, limit: int, whose: str) -> Html:
    share = used / limit
    meter = tag("div", tag("i", class_="over" if share > 1 else "", style=width(share)), class_="meter")
    return _tile(title, format_size(used), f"{format_share(share)} of {format_size(limit)}, {whose}", meter)


def _layers(report: Report) -> Html:
    names = ["layer", "operator", "output", "encoding", "zeros", "bytes", "dense", "instructions", "estimated cycles"]
    most = max((row.instructions or 0 for row in report.layers), default=0)
    total = (
        *("total", "", "", ""),
        format_share(report.sparsity),
        format_count(report.flash.weight_bytes + report.flash.index_bytes),
        format_count(report.flash.dense_weight_bytes),
        format_count(report.instructions),
        format_count(report.estimated_cycles),
    )
    table = tag(
        "table",
        tag("thead", _line("th", names)),
        tag("tbody", *(_line("td", _facts(row, most)) for row in report.layers)),
        tag("tfoot", _line("td", total)),
    )
    note = (
        "Bytes of flash for weights and their indices, and for the weights unpruned. Instructions are counted, cycles "
    )
    return section("Layers", note + "estimated.", tag("div", table, class_="wide"), class_="long")


def _chains(report: Report) -> Html:
    if not report.chains:
        return Html("")
    lines = [tag("p", chain.text) for chain in report.chains]
    return section("Computed in strips", "Neighbouring layers together, a few lines at a time, to save RAM.", *lines)


def _rewrites(report: Report) -> Html:
    if not report.rewrites:
        return Html("")
    lines = [tag(name, text) for p in report.rewrites for name, text in (("dt", p.name), ("dd", p.text))]
    return section("Removed by lossless passes", "No output byte knows of it, for any input.", tag("dl", *lines))


def _line(kind: str, cells: Sequence[str]) -> Html:
    """A line of the table: four columns of words, then numbers."""
    return tag("tr", *(tag(kind, cell, class_="left" if i < 4 else "number") for i, cell in enumerate(cells)))


def _facts(row: LayerRow, most: int) -> tuple[str, ...]:
    """The cells of a layer; most: the instructions of the longest one."""
    weighty = row.dense_weight_bytes > 0
    share = tag("span", tag("i", style=width((row.instructions or 0) / most)), class_="share") if most else ""
    return (
        row.name,
        row.op.lower(),
        " × ".join(map(str, row.shape)),
        row.encoding or "-",
        format_share(row.sparsity),
        format_count(row.weight_bytes + row.index_bytes if weighty else None),
        format_count(row.dense_weight_bytes if weighty else None),
        join(format_count(row.instructions), share),
        format_count(row.estimated_cycles),
    )


def _verification(report: Report) -> Html:
    verify, model = report.verify, report.model
    if verify.bit_exact is None:
        verdict = "The device's output was not compared with the oracle's in this build."
    elif verify.bit_exact:
        verdict = f"Every output byte of {verify.samples:,} samples is the same in the emulator and in the oracle."
    else:
        verdict = f"Emulator and oracle differ within {verify.samples:,} samples: do not use this image."
    stack = "the high-water mark of the painted stack" if report.ram.stack_bytes is not None else "not measured"
    counted = "exact, from entering to leaving the model's invoke function"
    cycles = "estimated by a timing model of the core with zero wait states; silicon has flash wait states on top"
    facts = {
        "Emulator": verify.emulator or "-",
        "Oracle": verify.oracle or "-",
        "Flash": "read from the linked ELF: .text, .rodata and .data, test harness included",
        "Stack": stack,
        "Instructions": counted if report.instructions is not None else "not counted",
        "Cycles": cycles if report.estimated_cycles is not None else "not estimated",
        "Model": f"{model.source}: {model.parameters:,} parameters, {model.macs:,} multiply-accumulates",
        "SHA-256": model.sha256,
    }
    lines = [tag(name, text) for fact in facts.items() for name, text in zip(("dt", "dd"), fact, strict=True)]
    return section("How it was verified", verdict, tag("dl", *lines))


def _big(number: int) -> str:
    """1813812 -> '1.81 M'"""
    return f"{number / 1e6:.2f} M" if number >= 1e6 else f"{number / 1e3:.1f} k" if number >= 1e4 else f"{number:,}"
