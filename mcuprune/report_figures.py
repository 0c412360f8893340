"""The sections of report.html that show something: memory, weights kept, training, the memory plan.

Bars are elements with a width in percent, so they follow the page; what needs coordinates is drawn by report_charts.
A section for which the build has nothing to tell is empty.
"""

from collections.abc import Callable, Mapping, Sequence

from mcuprune.markup import Html, join, tag
from mcuprune.report import PlanRow, Report
from mcuprune.report_charts import busiest, curve, memory_plan
from mcuprune.sizes import format_share, format_size


def memory(report: Report) -> Html:
    flash, ram = report.flash, report.ram
    flash_parts = {
        "code": flash.code_bytes,
        "weights": flash.weight_bytes,
        "indices": flash.index_bytes,
        "tables": flash.table_bytes,
    }
    second = "".join(f" {region}." for region in report.regions)
    ram_parts = {"arena": ram.arena_bytes, "static": ram.static_bytes, "stack": ram.stack_bytes or 0}
    return section(
        "Memory",
        "What the linked image occupies, harness included. Indices are what sparse encodings add to find weights; "
        f"tables are biases, requantization and lookups. The dashed outline is the same image unpruned.{second}",
        _stack("Flash", flash_parts, *report.flash_limit, ghost=flash.unpruned_bytes),
        _stack("RAM", ram_parts, *report.ram_limit),
    )


def kept(report: Report) -> Html:
    rows = []
    for row in report.layers:
        if row.sparsity is not None:
            count = round((1 - row.sparsity) * row.dense_weight_bytes)
            facts = f"{count:,} of {row.dense_weight_bytes:,} ({format_share(1 - row.sparsity)})"
            track = tag("div", tag("i", style=width(1 - row.sparsity)), class_="track")
            rows.append(tag("div", tag("span", row.name), track, tag("span", facts, class_="number"), class_="row"))
    if not rows:
        return Html()
    return section(
        "Weights kept per layer",
        "Every bar is a whole layer; the filled part are the weights that are not zero.",
        tag("div", *rows, class_="kept"),
    )


def training(report: Report, history: Sequence[Mapping[str, float]]) -> Html:
    """Loss, sparsity and metric over the epochs."""
    if not history:
        return Html()
    charts = []
    metric = report.accuracy.metric or "metric"
    for key, title in (("sparsity", "Sparsity"), ("loss", "Loss"), ("metric", f"Validation {metric}")):
        values = [record[key] for record in history if record.get(key) is not None]
        if values:
            low, high, show = _scale(key, values, metric)
            caption = tag("figcaption", tag("b", title), tag("span", show(values[-1])))
            charts.append(tag("figure", caption, curve(values, low, high, show)))
    return section(
        "Training while pruning",
        "The share of zeros rises epoch by epoch while the network keeps learning.",
        tag("div", *charts, class_="charts"),
    )


def plan(report: Report, plan: Sequence[PlanRow]) -> Html:
    if not plan:
        return Html()
    names = [row.name for row in report.layers]
    arena, second = report.ram.arena_bytes, report.ram.second
    above = f" What is above the line lies in {second.region}." if second else ""
    return section(
        "Memory plan",
        f"The arena of {arena:,} bytes while the layers run, left to right. A rectangle is a buffer: as wide as it is "
        f"needed, as high as it is large; pale ones are needed by one layer only. Most is alive in "
        f"{names[busiest(plan, len(names))]}. The network's input and output live in the caller's memory.{above}",
        tag("div", memory_plan(plan, names, arena, report.ram.wall), class_="wide"),
    )


def section(title: str, note: str, *content: Html, class_: str = "") -> Html:
    """A card of the page: its title, a sentence on how to read it, and what it shows."""
    return tag("section", tag("h2", title), tag("p", note, class_="note"), *content, class_=class_)


def width(share: float) -> str:
    """A style: that share of the surrounding element, at most all of it."""
    return f"width:{100 * min(max(share, 0), 1):.2f}%"


def _stack(title: str, parts: Mapping[str, int], limit: int, whose: str, ghost: int = 0) -> Html:
    """A bar made of parts, its limit as a line (where it is near enough to be drawn), and the legend."""
    parts = {name: size for name, size in parts.items() if size}
    used = sum(parts.values())
    longest = max(used, ghost)
    near = limit <= 4 * longest
    scale = max(longest, 1.02 * limit) if near else longest
    fills = [tag("i", style=f"flex:{size};background:var(--{name})", title=name) for name, size in parts.items()]
    drawn = [tag("div", *fills, class_="fill", style=width(used / scale))]
    if ghost > used:
        drawn.append(tag("div", class_="ghost", style=width(ghost / scale), title="unpruned"))
    if near:
        early = " early" if limit < 0.3 * scale else ""
        label = tag("span", f"{format_size(limit)}, {whose}")
        drawn.append(tag("div", label, class_=f"limit{early}", style=f"left:{100 * limit / scale:.2f}%"))
    legend = [
        tag("span", tag("i", style=f"background:var(--{name})"), f"{name} {format_size(size)}")
        for name, size in parts.items()
    ]
    if ghost > used:
        legend.append(tag("span", f"unpruned {format_size(ghost)}", class_="soft"))
    heading = join(f"{title} {format_size(used)} ", tag("span", f"of {format_size(limit)}, {whose}", class_="soft"))
    return tag(
        "div",
        tag("h3", heading),
        tag("div", *drawn, class_="stack near" if near else "stack"),
        tag("div", *legend, class_="legend"),
        class_="memory",
    )


def _scale(key: str, values: Sequence[float], metric: str) -> tuple[float, float, Callable[[float], str]]:
    """The ends of a chart's axis and how its values are printed."""
    finite = [value for value in values if abs(value) < float("inf")] or [0.0]
    if key == "sparsity":
        return 0.0, 1.0, lambda value: f"{100 * value:.0f} %"
    if key == "metric" and metric == "accuracy":
        return min(finite), max(finite), lambda value: f"{100 * value:.1f} %"
    return (0.0 if key == "loss" and min(finite) >= 0 else min(finite)), max(finite), lambda value: f"{value:.3g}"
