"""Checkpoints over time: how the ledger grew, and which of its heads others have witnessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muniment.ui.marks.key import symbol
from muniment.ui.marks.svg import node, number, stretchy
from muniment.ui.words.numbers import counted
from muniment.ui.words.statuses import status_of
from muniment.ui.words.times import exact, length

WIDTH, HEIGHT, FLOOR, LANE = 720.0, 110.0, 80.0, 98.0
EDGE = 8.0


def checkpoints(points: Iterable[Mapping[str, Any]]) -> SafeString:
    """Draw each checkpoint at its time and size, with a tick beneath for those that were witnessed.

    The ground behind what stands after the last witnessed one is coloured: that is how far the witnesses lag.

    A tick for a head that too few have signed is half as high. The line from a tick shows how long they took.

    :param points: mappings with `at` (aware), `size` and, optional, `witnesses` (how many signed), `of` (how many are
        named), `quorum` (whether that is enough; any signature is when it is left out), `later` (how long they took),
        `state` and `url`.
    """
    held = sorted(points, key=lambda point: point["at"])
    if not held:
        return node("p", {"class": "muted"}, _("No checkpoint has been signed yet."))
    first: dt.datetime = held[0]["at"]
    span = (held[-1]["at"] - first).total_seconds() or 1.0
    largest = max(int(point["size"]) for point in held) or 1

    def x(point: Mapping[str, Any]) -> float:
        since: dt.timedelta = point["at"] - first
        return EDGE + (WIDTH - 2 * EDGE) * since.total_seconds() / span

    def y(point: Mapping[str, Any]) -> float:
        return FLOOR - (FLOOR - EDGE) * int(point["size"]) / largest

    path = f"M{number(x(held[0]))} {number(y(held[0]))}"
    path += "".join(f"H{number(x(point))}V{number(y(point))}" for point in held[1:])

    def dot(point: Mapping[str, Any]) -> SafeString:
        drawn = node(
            "path",
            {
                "class": f"point s-{status_of(str(point.get('state') or 'proven')).tone}",
                "d": f"M{number(x(point))} {number(y(point))}h0",
            },
            node("title", None, f"{exact(point['at'])} · {counted(int(point['size']))}{_signed(point)}"),
        )
        # By keyboard and for readers the table beside the picture leads to the same pages, one line each.
        return node("a", {"href": str(point["url"]), "tabindex": "-1"}, drawn) if point.get("url") else drawn

    dots = [dot(point) for point in held]
    signed = [point for point in held if int(point.get("witnesses") or 0) > 0]
    seen = [point for point in signed if point.get("quorum", True)]
    edge = x(seen[-1]) if seen else EDGE
    gap = (
        node(
            "rect",
            {"class": "points__gap", "x": edge, "y": 0.0, "width": WIDTH - EDGE - edge, "height": FLOOR},
        )
        if seen and seen[-1] is not held[-1]
        else None
    )

    def tick(point: Mapping[str, Any]) -> Iterator[SafeString]:
        at, high = x(point), 7 if point.get("quorum", True) else 3.5
        yield node("line", {"class": "witness", "x1": at, "x2": at, "y1": LANE - high, "y2": LANE + high})
        late: dt.timedelta | None = point.get("later")
        if late:
            end = min(WIDTH - EDGE, at + (WIDTH - 2 * EDGE) * late.total_seconds() / span)
            yield node("line", {"class": "witness", "x1": at, "x2": end, "y1": LANE, "y2": LANE})

    ticks = [one for point in signed for one in tick(point)]
    words = ngettext(
        "%(count)d checkpoint, %(seen)d witnessed.", "%(count)d checkpoints, %(seen)d witnessed.", len(held)
    )
    said = words % {"count": len(held), "seen": len(seen)}
    return node(
        "figure",
        {"class": "points"},
        stretchy(
            WIDTH,
            HEIGHT,
            "points__shape",
            gap,
            node("line", {"class": "s-line", "x1": 0, "x2": WIDTH, "y1": FLOOR, "y2": FLOOR}),
            node("path", {"class": "points__line", "d": path}),
            *dots,
            *ticks,
            title=said,
            leads=any(point.get("url") for point in held),
        ),
        node(
            "div",
            {"class": "points__ends"},
            node("span", None, exact(first)[:16], " · ", counted(int(held[0]["size"]))),
            node("span", None, exact(held[-1]["at"])[:16], " · ", counted(int(held[-1]["size"]))),
        ),
        node(
            "figcaption",
            None,
            said,
            " ",
            node(
                "span",
                {"class": "muted"},
                symbol("eye"),
                _("tick: witnessed; the line beside it: how long that took"),
            ),
        ),
    )


def _signed(point: Mapping[str, Any]) -> str:
    """Say of a head how many of the named witnesses signed it, and how long that took."""
    if not point.get("of"):
        return ""
    told = _("%(got)d of %(all)d witnesses") % {
        "got": int(point.get("witnesses") or 0),
        "all": int(point["of"]),
    }
    late: dt.timedelta | None = point.get("later")
    return f" · {told}" if late is None else f" · {told}, {_('%(late)s later') % {'late': length(late)}}"
