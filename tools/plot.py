"""A plot of speed-up against sparsity, as SVG: panels side by side, every curve with its name at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcuprune.markup import Html, tag

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555", "#a0522d")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 520, 390, 44, 206, 40, 50
LINE = 15  # height of a name

Curve = Sequence[tuple[float, float]]  # (sparsity, speed-up)


@dataclass(frozen=True)
class Panel:
    title: str
    curves: Mapping[str, Curve]


def svg(panels: Sequence[Panel]) -> str:
    parts = [tag("rect", width="100%", height="100%", fill="#ffffff")]
    for i, panel in enumerate(panels):
        parts.append(tag("g", *_panel(panel), transform=f"translate({i * WIDTH} 0)"))
    look = {"font_family": "sans-serif", "font_size": 12, "fill": "#333333"}
    size = f"0 0 {WIDTH * len(panels)} {HEIGHT}"
    return tag("svg", *parts, xmlns="http://www.w3.org/2000/svg", viewBox=size, **look) + "\n"


def _panel(panel: Panel) -> list[Html]:
    top = max(y for curve in panel.curves.values() for _, y in curve)
    step = next(s for s in (1, 2, 5, 10, 20) if top / s <= 8)
    highest = step * -(-top // step)

    def x(sparsity: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * sparsity, 1)

    def y(speed_up: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * speed_up / highest, 1)

    parts = [tag("text", panel.title, x=LEFT, y=20, font_weight="bold")]
    for mark in range(0, int(highest) + 1, step):
        parts.append(tag("line", x1=LEFT, x2=x(1), y1=y(mark), y2=y(mark), stroke="#dddddd"))
        parts.append(tag("text", f"{mark}x", x=LEFT - 6, y=y(mark) + 4, text_anchor="end"))
    parts.append(tag("line", x1=LEFT, x2=x(1), y1=y(1), y2=y(1), stroke="#888888", stroke_dasharray="4 3"))
    for mark in (0, 0.25, 0.5, 0.75, 1):
        parts.append(tag("text", f"{100 * mark:.0f} %", x=x(mark), y=HEIGHT - BOTTOM + 18, text_anchor="middle"))
    parts.append(tag("text", "zeros", x=x(0.5), y=HEIGHT - BOTTOM + 38, text_anchor="middle"))
    places = _apart({name: y(curve[-1][1]) for name, curve in panel.curves.items()})
    for (name, curve), colour in zip(panel.curves.items(), COLOURS, strict=False):
        points = [(x(a), y(b)) for a, b in curve]
        line = " ".join(f"{a},{b}" for a, b in points)
        parts.append(tag("polyline", points=line, fill="none", stroke=colour, stroke_width=2))
        parts += [tag("circle", cx=a, cy=b, r=3, fill=colour) for a, b in points]
        parts.append(tag("text", name, x=x(1) + 6, y=places[name] + 4, fill=colour))
    return parts


def _apart(wanted: Mapping[str, float]) -> dict[str, float]:
    """Places for names near the ends of their curves, none over another: from the bottom up."""
    places: dict[str, float] = {}
    room = float(HEIGHT - BOTTOM)
    for name in sorted(wanted, key=lambda name: -wanted[name]):
        places[name] = min(wanted[name], room)
        room = places[name] - LINE
    return places
