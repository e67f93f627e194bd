"""The key beneath a picture: which icon and colour stands for which state, and how often."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.safestring import SafeString

from muniment.ui.marks.svg import node
from muniment.ui.words.icons import sprite
from muniment.ui.words.numbers import counted
from muniment.ui.words.statuses import STATUSES, status_of


def symbol(name: str) -> SafeString:
    """Draw a symbol of the sprite as decoration; the word stands beside it."""
    return node(
        "svg",
        {"class": "icon", "aria-hidden": "true"},
        node("use", {"href": f"{sprite()}#{name}"}),
    )


def tally(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up counts by state, in the order of the vocabulary, so that every key reads alike."""
    sums: dict[str, int] = {}
    for code, count in pairs:
        sums[code] = sums.get(code, 0) + count
    order = list(STATUSES)
    return dict(
        sorted(sums.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
    )


def key_of(counts: dict[str, int]) -> SafeString:
    """Write the key with the count of each state."""
    return node(
        "ul",
        {"class": "key"},
        *(
            node(
                "li",
                None,
                node("span", {"class": f"key__mark g-{status_of(code).tone}"}, symbol(status_of(code).icon)),
                node("span", None, str(status_of(code).word)),
                " ",
                node("b", {"class": "num"}, counted(count)),
            )
            for code, count in counts.items()
        ),
    )
