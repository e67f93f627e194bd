"""Stacked bars with counts: how findings divide by state, act by act. Every count leads to its list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from muniment.ui.marks.key import key_of, symbol, tally
from muniment.ui.marks.svg import link_or_text, node, stretchy, together
from muniment.ui.words.numbers import counted
from muniment.ui.words.statuses import status_of

WIDTH = 1000.0


def stacked_bars(rows: Iterable[Mapping[str, Any]], caption: str = "") -> SafeString:
    """Draw one bar a row, all on one scale, so that long and short rows can be compared.

    :param rows: mappings with `label`, `parts` (sequence of (state, count) or (state, count, url)) and,
        optional, `url`.
    """
    held = [(row, _parts(row["parts"])) for row in rows]
    largest = max((sum(count for _code, count, _url in parts) for _row, parts in held), default=0)
    lines = [_line(row, parts, largest) for row, parts in held]
    codes = tally((code, count) for _row, parts in held for code, count, _url in parts)
    return node(
        "figure",
        {"class": "bars"},
        node("figcaption", {"class": "hush"}, caption) if caption else None,
        node("ul", {"class": "bars__rows"}, *lines),
        key_of(codes),
    )


def _parts(parts: Sequence[Sequence[Any]]) -> list[tuple[str, int, str]]:
    return [(str(part[0]), max(0, int(part[1])), str(part[2]) if len(part) > 2 else "") for part in parts]


def _line(row: Mapping[str, Any], parts: list[tuple[str, int, str]], largest: int) -> SafeString:
    total = sum(count for _code, count, _url in parts)
    shapes: list[SafeString] = []
    counts: list[SafeString] = []
    left = 0.0
    for code, count, url in parts:
        if not count:
            continue
        known = status_of(code)
        width = WIDTH * count / largest
        shapes.append(
            node("rect", {"class": f"f-{known.tone}", "x": left, "y": 0, "width": width, "height": 10})
        )
        left += width
        shapes.append(node("line", {"class": "bar__gap", "x1": left, "x2": left, "y1": 0, "y2": 10}))
        words = _("%(word)s: %(count)s") % {"word": known.word, "count": counted(count)}
        counts.append(
            node(
                "li",
                {"class": f"t-{known.tone}", "title": words},
                _count(known.icon, words, counted(count), url),
            )
        )
    return node(
        "li",
        {"class": "bar"},
        node("span", {"class": "bar__label"}, link_or_text(str(row["label"]), str(row.get("url") or ""))),
        stretchy(WIDTH, 10, "bar__shape", *shapes),
        node("ul", {"class": "bar__counts"}, *counts)
        if counts
        else node("span", {"class": "bar__counts muted"}, _("none yet")),
        node("span", {"class": "bar__total num"}, counted(total)),
    )


def _count(icon_name: str, words: str, figure: str, url: str) -> SafeString:
    inner = together(
        (
            symbol(icon_name),
            node("span", {"aria-hidden": "true"}, figure),
            node("span", {"class": "hush"}, words),
        )
    )
    return node("a", {"href": url}, inner) if url else node("span", None, inner)
