"""Cuts a firm's document into passages that can be quoted: exact code points, one page each.

Lines that a PDF broke in the middle of a sentence are read as one paragraph; a heading or a short item
stays with what follows it; a long paragraph is cut at sentence ends. Every passage is a slice of the given
text, so a quote can be checked against the stored extraction.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from muniment.spine.errors import Invalid

SHORTEST = 120
LONGEST = 700
MOST_TEXT = 5_000_000

_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]’”]*\s+(?=[\"'(\[‘“]?[A-Z0-9À-Þ])")
_ABBREVIATED = re.compile(
    r"\b(?:e\.g|i\.e|cf|No|Art|Arts|para|p|pp|vs|approx|incl|Ltd|Inc|Mr|Ms|Dr|St|[A-Z])\.$"
)
_STARTS = re.compile(
    r"\s*(?:[-*•–—▪◦]|#{1,6}\s|\(?[0-9]{1,3}[.)]|\(?[a-z]{1,4}\)|[0-9]+(?:\.[0-9]+)+|\|)\s*\S"
)
_ENDS = re.compile(r"[.!?:;|]\s*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A quotable piece of one version of one document.

    :param document: the caller's identifier; never part of a digest, since it may be random.
    :param version_digest: SHA-256 of the version's bytes, hexadecimal.
    :param page: page on which it begins, from 1; ``None`` when the format has none.
    :param start: first code point in the extracted text; ``end`` is one past the last.
    """

    document: str
    version_digest: str
    page: int | None
    start: int
    end: int
    text: str


def passages(
    text: str, pages: Sequence[int] = (), *, document: str = "", version_digest: str = ""
) -> tuple[Passage, ...]:
    """Cut a text into passages in reading order.

    :param pages: code point at which each page begins, ascending; empty when the format has no pages.
    :raises Invalid: when the text is larger than five million characters or the pages are not ascending.
    """
    if len(text) > MOST_TEXT:
        raise Invalid("The document has more text than can be searched.", todo="Split it into several files.")
    starts = list(pages)
    if starts != sorted(set(starts)) or (starts and starts[0] < 0):
        raise Invalid("The page positions of the document are not ascending.", todo="Extract its text again.")
    return tuple(
        Passage(
            document,
            version_digest,
            max(1, bisect_right(starts, start)) if starts else None,
            start,
            end,
            text[start:end],
        )
        for start, end in _cut(text, starts)
    )


def sentence_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return the sentences of a passage as ranges of it; list items count as sentences."""
    found: list[tuple[int, int]] = []
    for start, end in _blocks(text, 0, len(text)):
        found.extend(_sentences(text, start, end))
    return tuple(found)


def _cut(text: str, pages: list[int]) -> Iterator[tuple[int, int]]:
    edges = sorted({0, len(text), *(one for one in pages if 0 < one < len(text) and not _runs_on(text, one))})
    for begin, stop in pairwise(edges):
        held: tuple[int, int] | None = None
        for block in _blocks(text, begin, stop):
            for start, end in _windows(text, *block):
                if held is not None and end - held[0] > LONGEST:
                    yield held
                    held = None
                held = (start if held is None else held[0], end)
                if end - held[0] >= SHORTEST:
                    yield held
                    held = None
        if held is not None:
            yield held


def _runs_on(text: str, edge: int) -> bool:
    """Return whether a sentence runs over a page break; it is then quoted whole."""
    before, after = text[max(0, edge - 200) : edge].rstrip(), text[edge : edge + 200].lstrip()
    return bool(before and after) and not _ENDS.search(before) and after[0].islower()


def _blocks(text: str, begin: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield paragraphs: lines joined where a line was only broken."""
    start: int | None = None
    end = begin
    at = begin
    for line in text[begin:stop].splitlines(keepends=True):
        body = line.strip()
        first = at + len(line) - len(line.lstrip())
        if start is not None and (
            not body or _STARTS.match(line) or not _continues(text[max(start, end - 400) : end], body)
        ):
            yield start, end
            start = None
        if body:
            start = first if start is None else start
            end = first + len(body)
        at += len(line)
    if start is not None:
        yield start, end


def _continues(before: str, line: str) -> bool:
    """Return whether a line only goes on where the one before was broken off."""
    last = before[before.rfind("\n") + 1 :]
    return (not _ENDS.search(before) and (line[0].islower() or len(last) > 55)) or (
        len(last) > 70 and not last.isupper()
    )


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _SENTENCE.finditer(text, start, end):
        if _ABBREVIATED.search(text[max(begin, match.start() - 12) : match.start()]):
            continue
        if text[begin : match.start()].strip():
            yield begin, match.start()
        begin = match.end()
    if text[begin:end].strip():
        yield begin, end


def _windows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield runs of whole sentences no longer than :data:`LONGEST`; a longer sentence is cut at blanks."""
    held: tuple[int, int] | None = None
    for first, last in _sentences(text, start, end):
        if held is not None and last - held[0] > LONGEST:
            yield held
            held = None
        begin = first
        while last - begin > LONGEST:
            blank = max(text.rfind(" ", begin, begin + LONGEST), text.rfind("\n", begin, begin + LONGEST))
            edge = blank if blank > begin else begin + LONGEST
            yield begin, edge
            begin = edge + (1 if blank > begin else 0)
        if begin < last:
            held = (begin if held is None else held[0], last)
    if held is not None:
        yield held
