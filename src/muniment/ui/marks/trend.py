"""A trend as columns or a line: few figures over equal steps of time, all readable as text."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from muniment.ui.marks.svg import node, number, stretchy

WIDTH, HEIGHT, TOP = 300.0, 60.0, 3.0


def trend(points: Iterable[tuple[str, float | None]], title: str, kind: str = "columns") -> SafeString:
    """Draw figures in the order given, on a scale that begins at nought (a trend that does not is a tale).

    :param points: (label, value); None where nothing was measured, which is drawn as a gap.
    :param kind: "columns" for counts, "line" for levels.
    """
    held = list(points)
    known = [value for _label, value in held if value is not None]
    if not known:
        return node("p", {"class": "muted"}, _("Nothing has been counted yet."))
    top = max([*known, 0.0]) or 1.0
    said = "; ".join(f"{label}: {_figure(value)}" for label, value in held)
    shapes = _columns(held, top) if kind == "columns" else _line(held, top)
    shapes.append(node("line", {"class": "s-line", "x1": 0, "x2": WIDTH, "y1": HEIGHT, "y2": HEIGHT}))
    first, last = held[0], held[-1]
    return node(
        "figure",
        {"class": "trend"},
        stretchy(WIDTH, HEIGHT, "trend__shape", *shapes, title=f"{title}. {said}"),
        node(
            "figcaption",
            {"class": "trend__ends"},
            node("span", None, first[0], ": ", node("b", {"class": "num"}, _figure(first[1]))),
            node("span", None, last[0], ": ", node("b", {"class": "num"}, _figure(last[1]))),
        ),
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _height(value: float, top: float) -> float:
    return (HEIGHT - TOP) * max(0.0, value) / top


def _columns(points: list[tuple[str, float | None]], top: float) -> list[SafeString]:
    step = WIDTH / len(points)
    return [
        node(
            "rect",
            {
                "class": "f-accent" if at == len(points) - 1 else "f-quiet",
                "x": at * step + step * 0.12,
                "y": HEIGHT - _height(value, top),
                "width": step * 0.76,
                "height": _height(value, top),
            },
            node("title", None, f"{label}: {_figure(value)}"),
        )
        for at, (label, value) in enumerate(points)
        if value is not None
    ]


def _line(points: list[tuple[str, float | None]], top: float) -> list[SafeString]:
    step = (WIDTH - 8) / max(1, len(points) - 1)
    runs: list[list[str]] = [[]]
    end = ""
    for at, (_label, value) in enumerate(points):
        if value is None:
            runs.append([])
            continue
        end = f"{number(4 + at * step)} {number(HEIGHT - _height(value, top))}"
        runs[-1].append(end)
    paths = [f"M{' L'.join(run)}" if len(run) > 1 else f"M{run[0]}h0" for run in runs if run]
    return [
        node("path", {"class": "trend__line", "d": " ".join(paths)}),
        node("path", {"class": "trend__end", "d": f"M{end}h0"}),
    ]
