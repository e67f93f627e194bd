"""Quoted passages with their decisive words marked: text in, safe HTML out.

Rules: the text is escaped whole, whatever the spans say; taking the tags away gives back exactly the text;
spans may overlap, touch, lie outside or be empty (anchors computed from bytes do all of that) and never fail
a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

KINDS: Final = {
    "quote": _("marked passage"),
    "who": _("who must act"),
    "must": _("what must be done"),
    "when": _("by when"),
    "if": _("on what condition"),
    "unless": _("exception"),
    "differs": _("differs"),
    "conflict": _("contradicts the law"),
    "match": _("search word"),
}
"""The kinds of span and what they mean, for the key beneath a quote."""

_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

Span = tuple[int, int, str]


def clean(text: object) -> str:
    """Replace what no page can carry (lone surrogates, control characters) by the replacement character.

    Such text is refused where it comes in; this keeps a page standing if some ever slips through. One
    character is replaced by one, so that offsets stay true.
    """
    return _UNFIT.sub("\ufffd", str(text))


def marked(text: str, spans: Iterable[Span]) -> SafeString:
    """Wrap each span of the text in <mark>, splitting where spans overlap so that the tags always nest.

    :param text: the passage as it stands in the source.
    :param spans: (start, end, kind), offsets in characters, end exclusive; an unknown kind is shown as a
        plain mark.
    """
    text = clean(text)
    size = len(text)
    held = [
        (max(0, start), min(size, end), kind if kind in KINDS else "quote")
        for start, end, kind in spans
        if max(0, start) < min(size, end)
    ]
    edges = sorted({0, size, *(edge for start, end, _kind in held for edge in (start, end))})
    pieces: list[SafeString] = []
    for start, end in pairwise(edges):
        kinds = sorted({kind for left, right, kind in held if left <= start and end <= right})
        piece = escape(text[start:end])
        if kinds:
            classes = " ".join(f"m-{kind}" for kind in kinds)
            piece = format_html('<mark class="{}">{}</mark>', classes, piece)
        pieces.append(piece)
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def kinds_in(spans: Iterable[Span]) -> list[tuple[str, str]]:
    """List the kinds that occur, with their meaning, in the order of the table: the key beneath a quote."""
    found = {kind for _start, _end, kind in spans}
    return [(kind, str(meaning)) for kind, meaning in KINDS.items() if kind in found]
