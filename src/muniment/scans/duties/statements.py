"""Cuts an act into statements: a sentence, or a point joined to the lead-in above it.

A statement is analysed as one plain string (lead-in, blank, body) in which every character stands for exactly
one character of the act, so that whatever is found can be put back at its place in the verbatim text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from muniment.scans.duties.duty import Span
from muniment.sources.formats.act import Completeness, ParsedAct, ParsedProvision, ProvisionKind

DEEPEST = 12

_SENTENCE_END = re.compile(r"[.!?][\"'’”)]*(?=\s+[\"'‘“(]?[A-ZÀ-Þ])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|cf|No|Art|para|p|pp|Nr|etc)|\b[A-Z])\.$")
_LABEL = re.compile(r"\s*(?:\(?[0-9]{1,3}[a-z]{0,2}\.|\(?[0-9a-zA-Z]{1,6}\)|[—–•\-])\s+|\s+")
_TRAIL = re.compile(r"(?:[;,]\s*(?:and|or|and/or)?|\s+)\s*$")
_ALTERNATIVES = re.compile(
    r"(?:\b(?:where|if|when|unless|whether)\b(?:[^,;:]{0,60}(?:either|one of the following|"
    r"any of the following))?|"
    r"\b(?:one|any|either)(?: or (?:more|both|several))? of the following\b[^:;]{0,90}|"
    r"\bfollowing (?:conditions?|cases?|circumstances?|situations?|grounds?|reasons?|criteria|factors|"
    r"considerations|derogations|exceptions)\b[^:;]{0,90}|"
    r"\btak(?:e|ing) (?:due |full |duly )?(?:account of|into account)\b[^:;]{0,60}|"
    r"\bprovided that\b)\s*:?\s*$",
    re.IGNORECASE,
)
_AMENDING = re.compile(
    r"\b(?:amendments? (?:to|of)|is amended as follows|are amended as follows)\b", re.IGNORECASE
)
_PLAIN = str.maketrans(
    {"\n": " ", "\u00a0": " ", "\t": " ", "\r": " ", "\u2019": "'", "\u2018": "'", "\u202f": " "}
)


@dataclass(frozen=True)
class Statement:
    """One thing the act says.

    :param lead: spans of the words above the list, outermost first.
    :param body: the sentence or point itself.
    :param plain: lead and body in one string, one blank between the pieces.
    """

    provision: ParsedProvision
    article: ParsedProvision
    lead: tuple[Span, ...]
    body: Span
    plain: str = field(compare=False)

    @property
    def body_at(self) -> int:
        """Return where the body begins in :attr:`plain`."""
        return sum(one.end - one.start + 1 for one in self.lead)

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        """Return where a range of :attr:`plain` stands in the act; several when it runs over the lead-in."""
        found = []
        at = 0
        for piece in (*self.lead, self.body):
            length = piece.end - piece.start
            low, high = max(start, at), min(end, at + length)
            if low < high:
                found.append(Span(piece.start + low - at, piece.start + high - at))
            at += length + 1
        return tuple(found)


def plain(text: str) -> str:
    """Return the text with blanks and apostrophes of one kind, character for character."""
    return text.translate(_PLAIN)


def sentences(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut a range into lines and sentences, without the blanks around them."""
    at = start
    for line in text[start:end].split("\n"):
        begin = at
        for match in _SENTENCE_END.finditer(line):
            if _ABBREVIATION.search(line[max(0, match.start() - 12) : match.start() + 1]):
                continue
            yield from _trimmed(text, begin, at + match.end())
            begin = at + match.end()
        yield from _trimmed(text, begin, at + len(line))
        at += len(line) + 1


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start, end)


def _cleaned(text: str, span: Span) -> Span | None:
    """Return the span without number or letter in front and without the joining word behind."""
    start, end = span.start, span.end
    label = _LABEL.match(text, start, end)
    if label is not None:
        start = label.end()
    tail = _TRAIL.search(text[start:end])
    if tail is not None:
        end = start + tail.start()
    return Span(start, end) if start < end else None


class _Walk:
    """Walks the provisions of one act; holds what each step needs to see."""

    def __init__(self, act: ParsedAct) -> None:
        self.act = act
        self.text = act.text
        self.children: dict[str, list[ParsedProvision]] = {}
        for one in act.provisions:
            if one.parent is not None and one.kind in (ProvisionKind.PARAGRAPH, ProvisionKind.POINT):
                self.children.setdefault(one.parent, []).append(one)

    def statements(self) -> Iterator[Statement]:
        for article in self.act.provisions:
            if article.kind is not ProvisionKind.ARTICLE or self._amends(article):
                continue
            yield from self._inside(article, article, (), 0)

    def _amends(self, article: ParsedProvision) -> bool:
        return bool(
            _AMENDING.search(article.heading)
            or _AMENDING.search(self.text[article.start : article.end][:400])
        )

    def _body_start(self, provision: ParsedProvision) -> int:
        """Skip the number and heading lines of an article."""
        if provision.kind is not ProvisionKind.ARTICLE:
            label = _LABEL.match(self.text, provision.start, provision.end)
            return label.end() if label is not None else provision.start
        at = provision.start
        heading = "".join(provision.heading.split())
        head = ""
        for position, line in enumerate(self.text[provision.start : provision.end].split("\n")):
            folded = "".join(line.split())
            is_number = position == 0 and re.match(r"\s*art(?:icle|\.)?\s*\S+\s*$", line, re.IGNORECASE)
            is_heading = bool(folded) and heading.startswith(head + folded)
            if not (is_number or is_heading or not folded):
                break
            head += folded if is_heading else ""
            at += len(line) + 1
        return min(at, provision.end)

    def _inside(
        self, provision: ParsedProvision, article: ParsedProvision, lead: tuple[Span, ...], depth: int
    ) -> Iterator[Statement]:
        at = self._body_start(provision)
        inner = self._inner(provision, at) if depth < DEEPEST else []
        under = lead
        index = 0
        while True:
            child = inner[index] if index < len(inner) else None
            stop = child.start if child is not None else provision.end
            spans = [clean for one in sentences(self.text, at, stop) if (clean := _cleaned(self.text, one))]
            opens = child is not None and child.kind is ProvisionKind.POINT
            if opens and spans:
                last = spans.pop()
                own = () if spans else lead
                yield from self._run(provision, article, lead, spans)
                lead = ()
                if _ALTERNATIVES.search(plain(self.text[last.start : last.end])):
                    index = self._list_end(inner, index)
                    at = inner[index - 1].end
                    yield self._made(provision, article, own, Span(last.start, at))
                    continue
                under = (*own, last)
            elif spans:
                yield from self._run(provision, article, lead, spans)
                lead = under = ()
            if child is None:
                return
            yield from self._inside(child, article, under if opens else (), depth + 1)
            at = max(at, child.end)
            index += 1

    def _inner(self, provision: ParsedProvision, at: int) -> list[ParsedProvision]:
        """Return the children in order, without any that overlaps its neighbour or leaves its parent."""
        inner: list[ParsedProvision] = []
        for one in sorted(self.children.get(provision.eid, ()), key=lambda one: (one.start, one.end)):
            if at <= one.start <= one.end <= provision.end and one.eid != provision.eid:
                inner.append(one)
                at = one.end
        return inner

    def _list_end(self, inner: list[ParsedProvision], index: int) -> int:
        """Return the index after the last point of the list that begins at ``index``."""
        index += 1
        while index < len(inner) and not self.text[inner[index - 1].end : inner[index].start].strip():
            index += 1
        return index

    def _run(
        self, provision: ParsedProvision, article: ParsedProvision, lead: tuple[Span, ...], spans: list[Span]
    ) -> Iterator[Statement]:
        """Yield sentences; lines after a colon are items of an unlabelled list under it."""
        over: Span | None = None
        for position, span in enumerate(spans):
            if over is not None:
                yield self._made(provision, article, (over,), span)
                if self.text[span.end - 1] == "." or self.text[span.end : span.end + 1] == ".":
                    over = None
                continue
            if self.text[span.end - 1] == ":" and position + 1 < len(spans):
                over = span
                continue
            yield self._made(provision, article, lead if position == 0 else (), span)

    def _made(
        self,
        provision: ParsedProvision,
        article: ParsedProvision,
        lead: tuple[Span, ...],
        body: Span,
    ) -> Statement:
        pieces = (*lead, body)
        return Statement(
            provision,
            article,
            lead,
            body,
            " ".join(plain(self.text[one.start : one.end]) for one in pieces),
        )


def statements(act: ParsedAct) -> Iterator[Statement]:
    """Yield every statement of the act's articles in document order.

    Recitals and annexes bind nobody by themselves, and an article that amends another act speaks to that
    act's
    addressees; both are left out.
    """
    yield from _Walk(act).statements()


def is_truncated(statement: Statement) -> bool:
    """Return whether the source cut the text this statement stands in."""
    return Completeness.TRUNCATED in (statement.provision.completeness, statement.article.completeness)
