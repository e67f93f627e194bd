"""Who owns a party, as a small tree with percentages; shares of a quarter and more stand out.

Source of the quarter: Regulation (EU) 2024/1624 (AMLR), Article 52: 25 % or more of shares, votes or other
ownership interest.
A list inside a list, not one drawing: long names wrap, screen readers say the depth, and it prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muniment.ui.marks.key import symbol
from muniment.ui.marks.svg import link_or_text, node, stretchy

BENEFICIAL = 25.0
DEPTH, BREADTH = 8, 40


def ownership(party: Mapping[str, Any], caption: str = "") -> SafeString:
    """Draw the party and beneath it its owners, and theirs.

    :param party: mapping with `name`, `kind` ("person" or "organisation") and, optional, `url`, `share` (per
        cent, 0
        to 100, None when unknown), `note`, `mark` (safe HTML such as a status) and `owners` (mappings of the
        same shape).
    """
    return node(
        "figure",
        {"class": "owners"},
        node("figcaption", {"class": "hush"}, caption or _("Owners")),
        node("ul", {"class": "owners__tree"}, _party(party, 0)),
    )


def percent(share: float) -> str:
    """Write a share of ownership with as many decimals as it needs, at most two: 25 %, 33.33 %."""
    return f"{share:.2f}".rstrip("0").rstrip(".") + "\N{NO-BREAK SPACE}%"


def _party(party: Mapping[str, Any], depth: int) -> SafeString:
    owners = list(party.get("owners") or [])
    kind = "person" if party.get("kind") == "person" else "organisation"
    beneath: list[SafeString] = []
    if depth < DEPTH:
        beneath = [_party(owner, depth + 1) for owner in owners[:BREADTH]]
    hidden = len(owners) - len(beneath)
    if hidden:
        words = ngettext("and %(count)d more owner", "and %(count)d more owners", hidden) % {"count": hidden}
        beneath.append(node("li", {"class": "muted small"}, words))
    return node(
        "li",
        None,
        node(
            "div",
            {"class": "owners__party"},
            _share(party.get("share")) if depth else None,
            symbol(kind),
            link_or_text(str(party["name"]), str(party.get("url") or ""), "owners__name"),
            node("span", {"class": "muted small"}, str(party["note"])) if party.get("note") else None,
            party["mark"] if isinstance(party.get("mark"), SafeString) else None,
        ),
        node("ul", None, *beneath) if beneath else None,
    )


def _share(share: float | None) -> SafeString:
    if share is None:
        return node("span", {"class": "owners__share muted"}, _("share unknown"))
    held = min(100.0, max(0.0, float(share)))
    large = held >= BENEFICIAL
    return node(
        "span",
        {"class": "owners__share", "title": _("a quarter or more: beneficial owner") if large else None},
        stretchy(
            100,
            8,
            "owners__stake",
            node("rect", {"class": "f-ground", "x": 0, "y": 0, "width": 100, "height": 8}),
            node(
                "rect", {"class": "f-ink" if large else "f-quiet", "x": 0, "y": 0, "width": held, "height": 8}
            ),
        ),
        node("b" if large else "span", {"class": "num"}, percent(float(share))),
    )
