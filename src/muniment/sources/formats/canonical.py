"""One form for comparing texts across formats, digests of both forms, and quotes that can be found again.

Rules it obeys: the verbatim text is never changed, it is what people see and what findings quote; the
canonical form exists only to compare. It forgets what publishers set differently in two formats of one
text: Unicode composition, kinds of spaces and quotation marks, line ends, footnote marks, amendment marks,
the heading.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from muniment.sources.formats.act import ParsedAct, ParsedProvision, ProvisionKind
from muniment.spine.errors import Invalid

CONTEXT = 32

_TABLE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u0060\u2039\u203a", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    }
)
_AMENDMENT = re.compile(r"[\u25ba\u25bc\u25ca](?:[BCMA]\d{0,3})?|\u25c4|\u2014{3,}")
# A number in brackets after a space is a footnote, unless a word of reference stands before it.
_FOOTNOTE = re.compile(
    r"(?<!\bpoint)(?<!\bpoints)(?<!\bparagraph)(?<!\bparagraphs)(?<!\band)(?<!\bor)(?<!\bto)(?<!\bitem)(?<!\bitems)"
    r"(?<=[^\s,])[ \u00a0]\((?:\d{1,3}|\*\d{0,3})\)(?=[\s,.;:)'\"\u2019\u201d]|$)"
)
_MAYBE_FOOTNOTE = re.compile(r"[ \u00a0]\([\d*]")
_BEFORE_STOP = re.compile(r" (?=[,.;:)])")


def canonical(text: str) -> str:
    """Return the form in which two publications of the same words are equal.

    Why it matters: without it every article differs between the Official Journal and its consolidation, and
    a real change drowns.
    """
    text = unicodedata.normalize("NFC", text)
    text = _AMENDMENT.sub(" ", text)
    if _MAYBE_FOOTNOTE.search(text):
        # Looking behind at every position is dear, so only lines that could hold a footnote are looked at.
        text = "\n".join(
            _FOOTNOTE.sub("", line) if _MAYBE_FOOTNOTE.search(line) else line for line in text.split("\n")
        )
    text = " ".join(text.translate(_TABLE).split())
    return _BEFORE_STOP.sub("", text)


def canonical_provision(act: ParsedAct, provision: ParsedProvision) -> str:
    """Return the canonical form of a provision without the lines that only number and head it."""
    lines = act.verbatim(provision).split("\n")
    if provision.kind is ProvisionKind.ARTICLE and lines:
        lines = lines[1:] if canonical(lines[0]).lower().startswith("article ") else lines
        if provision.heading and lines and canonical(lines[0]) == canonical(provision.heading):
            lines = lines[1:]
    return canonical("\n".join(lines))


def verbatim_sha256(text: str) -> str:
    """Return the digest of a text exactly as it stands.

    :raises Invalid: if the text cannot be written as UTF-8.
    """
    try:
        return hashlib.sha256(text.encode("utf-8")).hexdigest()
    except UnicodeEncodeError:
        raise Invalid("The text holds half a character (a lone surrogate).") from None


def canonical_sha256(text: str) -> str:
    """Return the digest of a text's canonical form."""
    return verbatim_sha256(canonical(text))


@dataclass(frozen=True, slots=True)
class Selector:
    """A quote with a little of what stands around it (W3C Web Annotation, text quote selector)."""

    quote: str
    prefix: str
    suffix: str


def select(text: str, start: int, end: int) -> Selector:
    """Describe a span by its words, so that it survives another reading of the same document.

    :raises Invalid: if the span is empty or outside the text.
    """
    if not 0 <= start < end <= len(text):
        raise Invalid("The span lies outside the text.")
    return Selector(text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])


def find_again(text: str, selector: Selector) -> tuple[int, int] | None:
    """Find a quoted span again.

    Why it matters: a finding whose quote cannot be found once, and only once, is unanchored and must say so.

    :returns: start and end, or ``None`` if the quote is not there or several places fit equally well.
    """
    if not selector.quote:
        return None
    best: tuple[int, int] | None = None
    best_score = -1
    tied = False
    start = text.find(selector.quote)
    while start >= 0:
        end = start + len(selector.quote)
        score = _alike_before(text, start, selector.prefix) + _alike_after(text, end, selector.suffix)
        if score > best_score:
            best, best_score, tied = (start, end), score, False
        elif score == best_score:
            tied = True
        start = text.find(selector.quote, start + 1)
    return None if tied else best


def _alike_before(text: str, start: int, prefix: str) -> int:
    alike = 0
    while alike < len(prefix) and alike < start and text[start - 1 - alike] == prefix[-1 - alike]:
        alike += 1
    return alike


def _alike_after(text: str, end: int, suffix: str) -> int:
    alike = 0
    while alike < len(suffix) and end + alike < len(text) and text[end + alike] == suffix[alike]:
        alike += 1
    return alike
