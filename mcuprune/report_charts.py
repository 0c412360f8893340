"""The drawings of report.html, as SVG: a curve over epochs, and the memory plan.

A drawing is a list of elements in a box of fixed units that the page scales to its width; colours are report.css's.
"""

import math
from collections.abc import Callable, Sequence

from mcuprune.markup import Html, tag
from mcuprune.report import PlanRow
from mcuprune.sizes import format_size

LETTER = 6.9  # width of a letter of a buffer's name, in units
THIN = 4  # height of the smallest buffer, its outline included


def curve(values: Sequence[float], low: float, high: float, show: Callable[[float], str]) -> Html:
    """A line through values[epoch], on a scale from low to high; show prints a value."""
    width, height, left, right, top, bottom = 320, 170, 44, 8, 10, 24
    span = (high - low) or 1.0

    def x(epoch: int) -> float:
        return left + (width - left - right) * epoch / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return height - bottom - (height - top - bottom) * (value - low) / span

    parts = []
    for value in sorted({low, (low + high) / 2, high}):
        parts.append(tag("line", class_="grid", x1=left, x2=width - right, y1=_short(y(value)), y2=_short(y(value))))
        parts.append(tag("text", show(value), x=left - 6, y=_short(y(value) + 4), text_anchor="end"))
    for epoch in sorted({0, len(values) - 1}):
        anchor = "end" if epoch else "start"
        parts.append(tag("text", f"epoch {epoch + 1}", x=_short(x(epoch)), y=height - 6, text_anchor=anchor))
    points = [(x(epoch), y(value)) for epoch, value in enumerate(values) if math.isfinite(value)]
    parts.append(tag("polyline", class_="curve", points=" ".join(f"{_short(a)},{_short(b)}" for a, b in points)))
    if points:
        parts.append(tag("circle", class_="dot", cx=_short(points[-1][0]), cy=_short(points[-1][1]), r=4.5))
    return tag("svg", *parts, viewBox=f"0 0 {width} {height}", role="img")


def memory_plan(plan: Sequence[PlanRow], layers: Sequence[str], arena: int, wall: int | None = None) -> Html:
    """Buffers as rectangles: left to right the layers that need them, upwards their place in the arena.

    wall: the offset, drawn as a line, from which on the arena lies in a second region.
    """
    width, left, right, top, tall = 960, 76, 6, 10, 340
    step = (width - left - right) / len(layers)
    slanted = step < LETTER * max(map(len, layers)) + 6
    bottom = 92 if slanted else 26
    floor = top + tall

    def y(offset: float) -> float:
        return floor - tall * offset / max(arena, 1)

    parts = []
    for mark in (0, arena / 2, arena):
        parts.append(tag("line", class_="grid", x1=left, x2=width - right, y1=_short(y(mark)), y2=_short(y(mark))))
        parts.append(tag("text", format_size(round(mark)), x=left - 8, y=_short(y(mark) + 4), text_anchor="end"))
    if wall is not None:
        parts.append(tag("line", class_="wall", x1=left, x2=width - right, y1=_short(y(wall)), y2=_short(y(wall))))
    for row in plan:
        parts.extend(_buffer(row, layers, left, step, y))
    for index, name in enumerate(layers):
        middle, base = _short(left + (index + 0.5) * step), floor + 16
        look = {"class_": "value" if index == busiest(plan, len(layers)) else "", "text_anchor": "middle"}
        if slanted:
            look |= {"transform": f"rotate(-40 {middle} {base})", "text_anchor": "end"}
        parts.append(tag("text", _cut(name, 18), x=middle, y=base, **look))
    return tag("svg", *parts, viewBox=f"0 0 {width} {floor + bottom}", role="img")


def busiest(plan: Sequence[PlanRow], layers: int) -> int:
    """The layer during which most bytes of the arena are alive."""
    return max(range(layers), key=lambda i: sum(row.size for row in plan if row.first <= i <= row.last))


def _buffer(row: PlanRow, layers: Sequence[str], left: float, step: float, y: Callable[[float], float]) -> list[Html]:
    """A rectangle that tells its facts when pointed at, with its name where that fits."""
    start, top = left + row.first * step, min(y(row.offset + row.size), y(row.offset) - THIN)
    width, height = (row.last - row.first + 1) * step, y(row.offset) - top
    once = row.first == row.last
    when = f"while {layers[row.first]} runs" if once else f"from {layers[row.first]} to {layers[row.last]}"
    facts = tag("title", f"{row.name}: {row.size:,} bytes at {row.offset:,}, {when}")
    shape = {"x": _short(start), "y": _short(top), "width": _short(width), "height": _short(height), "rx": 3}
    drawn = [tag("rect", facts, class_="buffer once" if once else "buffer", **shape)]
    room = int((width - 12) / LETTER)
    if height >= 17 and room >= 3:
        where = {"x": _short(start + 7), "y": _short(top + min(height / 2, 14) + 4), "pointer_events": "none"}
        drawn.append(tag("text", _cut(row.name, room), class_="name dark" if once else "name", **where))
    return drawn


def _cut(name: str, letters: int) -> str:
    return name if len(name) <= letters else name[: letters - 1] + "…"


def _short(number: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
