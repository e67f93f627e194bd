"""What every parser of legal texts returns: one text and the spans of its provisions.

A :class:`ParsedAct` holds the whole verbatim text as one string; a provision is a span of it in Unicode code
points. So a citation is three facts (provision, start, end) that can be checked against stored bytes,
whatever format they came in. Identifiers follow the scheme of the EUR-Lex publisher anchors with AKN-style
words: ``art_19``, ``art_19.par_4``, ``art_19.par_4.pnt_a``, ``rct_45``, ``anx_III``, ``cpt_II``,
``cpt_II.sct_1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProvisionKind(StrEnum):
    """The kinds of addressable parts of an act."""

    PREAMBLE = "preamble"
    RECITAL = "recital"
    TITLE = "title"
    CHAPTER = "chapter"
    SECTION = "section"
    ARTICLE = "article"
    PARAGRAPH = "paragraph"
    POINT = "point"
    ANNEX = "annex"


class Completeness(StrEnum):
    """Whether the snapshot holds the whole text."""

    FULL = "full"
    TRUNCATED = "truncated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ParsedProvision:
    """One addressable part of an act.

    :param eid: identifier within the act, e.g. ``art_19.par_4.pnt_a``; never renumbered, unique in the act.
    :param number: the publisher's own number, e.g. ``19``, ``4a``, ``III``.
    :param parent: ``eid`` of the part that contains it, or ``None`` at the top. Points of one paragraph
        have it as parent; articles have their section, chapter or title as parent.
    :param anchor: the publisher's anchor (``art_19``, ``019.004``), empty if there is none.
    :param start: first code point of the part in :attr:`ParsedAct.text`; the heading of an article is
        inside its span.
    :param end: one past its last code point. A child's span lies inside its parent's.
    :param sort_key: sorts ``4`` before ``4a`` before ``5`` before ``10`` and in the act's own order; string.
    :param completeness: ``truncated`` where the source cut this part.
    """

    eid: str
    kind: ProvisionKind
    number: str
    heading: str
    parent: str | None
    anchor: str
    start: int
    end: int
    sort_key: str
    completeness: Completeness = Completeness.FULL


@dataclass(frozen=True, slots=True)
class ParsedAct:
    """An act as read from one snapshot.

    :param celex: CELEX number of the base act, e.g. ``32022R2554``.
    :param title: the act's own title, one line.
    :param language: two-letter code.
    :param text: the verbatim text, paragraphs separated by line feeds; no-break spaces kept.
    :param provisions: in document order.
    :param extractor: name and version of the parser profile, e.g. ``oj-xhtml/1``; profiles are immutable.
    :param left_out: texts that the file carries but that are not law in this version (marked as deleted by
        the publisher's consolidation); kept apart so that nothing is dropped silently and nothing repealed
        is cited.
    """

    celex: str
    title: str
    language: str
    text: str
    provisions: tuple[ParsedProvision, ...]
    extractor: str
    completeness: Completeness
    left_out: tuple[str, ...] = ()

    def verbatim(self, provision: ParsedProvision) -> str:
        """Return the exact text of a provision."""
        return self.text[provision.start : provision.end]
