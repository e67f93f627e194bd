"""Finds the times a statement of the law sets, and what starts the clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

from muniment.scans.duties.clauses import Range
from muniment.scans.duties.periods import Kind, Period, periods

_KINDS = {Kind.AT_MOST: "at_most", Kind.AT_LEAST: "at_least", Kind.LASTS: "at_least", Kind.EVERY: "every"}
_BEFORE = re.compile(
    r"(?:(?:not|no) later than|at the latest within|within|at least|at the latest|"
    r"for a period of(?: at least)?|for a period ending|for|once every|"
    r"every)\s+(?:a period of\s+)?(?:the first\s+)?$",
)
_PROMPT = re.compile(
    r"\b(?:without (?:any )?(?:undue|unnecessary|further) delay|without delay|immediately|promptly|"
    r"as soon as possible|in a timely manner|in due time|forthwith)\b"
)
_TRIGGER = re.compile(
    r"\s*(?:,\s*)?(?:at the latest\s+)?"
    r"((?:after|of|from|following|upon|before|prior to|as of)\s+(?:, where applicable,|[^,;.:()]){3,160}?)"
    r"(?=\s+and (?:in any|no later|not later|at the latest)|,(?! where applicable,)|[;.:()]|$)"
)
_AS_SOON = re.compile(r"\bas soon as\s+[^,;.:()]{3,80}")


@dataclass(frozen=True, slots=True)
class Time:
    """A time in a statement.

    :param kind: as in :class:`~muniment.scans.duties.duty.Deadline`.
    :param period: ``None`` when the law gives no number.
    :param trigger: the words that start the clock; empty when none stand there.
    """

    kind: str
    words: str
    period: Period | None
    at: Range
    trigger: str


def deadlines(text: str, after: int) -> list[Time]:
    """Find the times set, in order; vague ones ("without undue delay") only behind the modal at ``after``."""
    found: list[Time] = []
    for one in periods(text):
        if one.kind not in _KINDS:
            continue
        before = _BEFORE.search(text[: one.start])
        start = before.start() if before is not None else one.start
        trigger = _TRIGGER.match(text, one.end)
        words = trigger[1].strip() if trigger is not None else ""
        found.append(Time(_KINDS[one.kind], text[start : one.end], one, Range(start, one.end), words))
    for match in _PROMPT.finditer(text, after):
        soon = _AS_SOON.match(text[match.end() :].lstrip(" ,"))
        at = Range(match.start(), match.end())
        found.append(Time("promptly", match[0], None, at, soon[0] if soon is not None else ""))
    return sorted(found, key=lambda one: one.at.start)
