"""The score of a match as a waterfall: what each comparison added or took away, value by value.

A table whose last column is drawn: the words are the explanation, the drawing shows at a look what carried
the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from muniment.ui.marks.svg import node, stretchy

WIDTH = 100.0
MINUS = "\N{MINUS SIGN}"


def waterfall(
    steps: Iterable[Mapping[str, Any]], total: float, threshold: float, left: str = "", right: str = ""
) -> SafeString:
    """Draw the steps from nought to the score, with the threshold as a line through all of them.

    :param steps: mappings with `label`, `left`, `right` (the values compared) and `points` (signed share of
        1).
    :param total: the score as the scorer gave it; it is shown as given, not added up anew.
    :param left, right: whose values stand in the columns.
    """
    held = list(steps)
    edges = [0.0]
    for step in held:
        edges.append(edges[-1] + float(step["points"]))
    low, high = min(*edges, 0.0), max(*edges, total, threshold, 1.0)

    def x(value: float) -> float:
        return WIDTH * (value - low) / (high - low)

    ours, theirs = left or _("Ours"), right or _("The list’s")
    body = [
        node(
            "tr",
            None,
            node("th", {"scope": "row"}, str(step["label"])),
            _value(step.get("left"), ours),
            _value(step.get("right"), theirs),
            node("td", {"class": "table__num"}, signed(float(step["points"]))),
            node(
                "td",
                {"class": "fall__cell"},
                _bar(x(start), x(end), x(threshold), x(0.0), float(step["points"])),
            ),
        )
        for step, start, end in zip(held, edges, edges[1:], strict=False)
    ]
    reached = total >= threshold
    verdict = _("reaches the threshold of %(t)s") if reached else _("stays below the threshold of %(t)s")
    foot = node(
        "tr",
        None,
        node("th", {"scope": "row"}, _("Score")),
        node("td", {"colspan": 2, "class": "fall__verdict"}, verdict % {"t": f"{threshold:.2f}"}),
        node("td", {"class": "table__num"}, f"{total:.2f}"),
        node("td", {"class": "fall__cell"}, _total(x(0.0), x(total), x(threshold), reached=reached)),
    )
    head = node(
        "tr",
        None,
        *(node("th", {"scope": "col"}, words) for words in (_("Compared"), ours, theirs)),
        node("th", {"scope": "col", "class": "table__num"}, _("Adds")),
        node("th", {"scope": "col", "class": "fall__cell"}, node("span", {"class": "hush"}, _("Drawn"))),
    )
    return node(
        "div",
        {"class": "scroll", "role": "region", "aria-label": _("How the score came about"), "tabindex": 0},
        node(
            "table",
            {"class": "table fall"},
            node("caption", {"class": "hush"}, _("How the score came about")),
            node("thead", None, head),
            node("tbody", None, *body),
            node("tfoot", None, foot),
        ),
    )


def signed(points: float) -> str:
    """Write what a step adds with its sign, a true minus among them."""
    if abs(points) < 0.005:
        return "0.00"
    return f"{'+' if points > 0 else MINUS}{abs(points):.2f}"


def _value(value: Any, column: str) -> SafeString:
    if value in (None, ""):
        return node("td", {"class": "fall__value muted", "data-label": column}, _("not given"))
    return node("td", {"class": "fall__value", "data-label": column}, str(value))


def _bar(start: float, end: float, threshold: float, nought: float, points: float) -> SafeString:
    shape = None
    if abs(end - start) > 0.01:
        cls = "f-ink" if points > 0 else "f-minus"
        shape = node(
            "rect", {"class": cls, "x": min(start, end), "y": 6, "width": abs(end - start), "height": 12}
        )
    return stretchy(
        WIDTH,
        24,
        "fall__shape",
        node("line", {"class": "s-line", "x1": nought, "x2": nought, "y1": 0, "y2": 24}),
        shape,
        node("line", {"class": "fall__carry", "x1": end, "x2": end, "y1": 12, "y2": 24}),
        node("line", {"class": "fall__threshold", "x1": threshold, "x2": threshold, "y1": 0, "y2": 24}),
    )


def _total(nought: float, total: float, threshold: float, *, reached: bool) -> SafeString:
    cls = "f-fault" if reached else "f-quiet"
    return stretchy(
        WIDTH,
        24,
        "fall__shape",
        node(
            "rect",
            {
                "class": cls,
                "x": min(nought, total),
                "y": 6,
                "width": max(0.5, abs(total - nought)),
                "height": 12,
            },
        ),
        node("line", {"class": "fall__threshold", "x1": threshold, "x2": threshold, "y1": 0, "y2": 24}),
    )
