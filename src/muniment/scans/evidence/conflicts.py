"""Holds the times in a firm's documents against the limits of the law.

Only arithmetic decides. A working day is counted as at least one calendar day, so "five working days"
breaks a limit of 72 hours whatever the week looks like. Where the units do not settle it (30 days against
one month) or the sentence does not say to whom, the answer is "cannot tell", with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from muniment.scans.duties.periods import DAY, HOUR, Kind, Order, Period, compare, from_iso, periods
from muniment.scans.evidence.limits import LIMITS, TABLE, Limit
from muniment.scans.evidence.passages import Passage, sentence_spans
from muniment.sources.formats.act import ParsedAct

_ACCEPTED = {
    Kind.AT_MOST: (Kind.AT_MOST, Kind.BARE),
    Kind.AT_LEAST: (Kind.AT_LEAST, Kind.LASTS, Kind.AT_MOST, Kind.BARE),
    Kind.EVERY: (Kind.EVERY,),
}
_BREAKS = {Kind.AT_MOST: Order.LONGER, Kind.AT_LEAST: Order.SHORTER, Kind.EVERY: Order.LONGER}
_CLAUSE = re.compile(r"[;]|,\s+(?:and|while|whereas|but)\b|\s(?:and|while|whereas|but)\s")
_NEGATED = re.compile(
    r"\b(?:not (?:required|necessary|needed|applicable|kept|maintained|performed|tested|recorded)|"
    r"no (?:longer|need|register|"
    r"record|formal|requirement|obligation)|do(?:es)? not|never|out of scope|is not yet|are not yet|"
    r"has not|have not|cannot)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RuleState:
    """Whether a rule could be used at all.

    :param fired: its words were found in the loaded law, so it judged the documents.
    """

    rule: str
    fired: bool
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one sentence.

    :param outcome: ``breaks``, ``keeps`` or ``unclear``.
    :param start: first code point of the sentence in the document's text.
    """

    rule: str
    limit: Limit
    outcome: str
    passage: Passage
    start: int
    end: int
    why: str


def usable(
    limits: Sequence[Limit], acts: dict[str, ParsedAct]
) -> tuple[tuple[Limit, ...], tuple[RuleState, ...]]:
    """Say which limits stand in the loaded law, word for word, and why the others do not count."""
    good: list[Limit] = []
    states: list[RuleState] = []
    for limit in limits:
        why = _missing(limit, acts)
        states.append(RuleState(f"{TABLE}:{limit.id}", not why, why or "its words stand in the loaded text"))
        if not why:
            good.append(limit)
    return tuple(good), tuple(states)


def _missing(limit: Limit, acts: dict[str, ParsedAct]) -> str:
    act = acts.get(limit.celex)
    if act is None:
        return f"act {limit.celex} is not part of this scan"
    place = next((one for one in act.provisions if one.eid == limit.eid), None)
    if place is None:
        return f"the loaded text of act {limit.celex} has no {limit.eid}"
    if limit.quote not in " ".join(act.verbatim(place).split()):
        return f"the words “{limit.quote}” were not found in the loaded text of {limit.eid}"
    return ""


def judge(passages: Sequence[Passage], limits: Sequence[Limit]) -> tuple[Finding, ...]:
    """Judge every sentence that sets a time, in the order of the passages."""
    found: list[Finding] = []
    before = ""
    for position, passage in enumerate(passages):
        same = position > 0 and passages[position - 1].version_digest == passage.version_digest
        before = passages[position - 1].text if same else ""
        found.extend(_passage(passage, before, limits))
    return tuple(found)


def _passage(passage: Passage, before: str, limits: Sequence[Limit]) -> Iterator[Finding]:
    text = passage.text
    last = before[-160:]
    for start, end in sentence_spans(text):
        sentence = " ".join(text[start:end].split())
        times = periods(sentence)
        if times:
            around = f"{last} {text[:start][-240:]}"
            for limit in limits:
                if limit.about(sentence, around):
                    yield from _sentence(passage, (start, end), sentence, times, limit)


def _sentence(
    passage: Passage, span: tuple[int, int], sentence: str, times: tuple[Period, ...], limit: Limit
) -> Iterator[Finding]:
    start, end = passage.start + span[0], passage.start + span[1]
    law = from_iso(limit.iso, kind=limit.kind)
    for position, time in enumerate(times):
        clause = _clause(sentence, times, position)
        if time.kind not in _ACCEPTED[limit.kind] or (
            limit.unless and re.search(limit.unless, clause, re.IGNORECASE)
        ):
            continue
        named = not limit.near or re.search(limit.near, clause, re.IGNORECASE)
        if not named and len(times) > 1 and limit.near:
            continue
        outcome, why = _outcome(time, law, limit)
        if not named:
            outcome, why = (
                "unclear",
                f"The document says “{time.words}” but not in which case or to whom. {why}",
            )
        yield Finding(f"{TABLE}:{limit.id}", limit, outcome, passage, start, end, why)


def _clause(sentence: str, times: tuple[Period, ...], position: int) -> str:
    """Return the words that belong to one of several times: from the one before to the next joining word."""
    begin = times[position - 1].end if position else 0
    if position:
        edge = _CLAUSE.search(sentence, begin, times[position].start)
        begin = edge.end() if edge is not None else begin
    stop = len(sentence)
    if position + 1 < len(times):
        edges = [
            one.start() for one in _CLAUSE.finditer(sentence, times[position].end, times[position + 1].start)
        ]
        stop = edges[-1] if edges else times[position + 1].start
    return sentence[begin:stop]


def _outcome(time: Period, law: Period, limit: Limit) -> tuple[str, str]:
    order = compare(time, law)
    span = f"{law.amount} {law.unit}s" if law.amount > 1 else law.unit
    allowed = {
        Kind.AT_MOST: f"within {law.words}",
        Kind.AT_LEAST: f"for at least {law.words}",
        Kind.EVERY: f"at least every {span}",
    }[limit.kind]
    said = f"The law asks to {limit.says} {allowed}; the document says “{time.text}”."
    if time.working:
        said += f" {time.words.capitalize()} are at least {time.low // HOUR} hours."
    if limit.kind is Kind.AT_LEAST and time.kind is Kind.AT_MOST and order is not Order.SHORTER:
        return "unclear", said
    if order is _BREAKS[limit.kind]:
        return "breaks", said
    if order is Order.UNCLEAR:
        low, high = time.low // DAY, law.low // DAY
        return (
            "unclear",
            f"{said} Whether that is longer depends on the calendar ({low} against {high} days or more).",
        )
    return "keeps", said


def is_negated(sentence: str) -> bool:
    """Return whether a sentence denies something; evidence that says "we do not" is no evidence."""
    return _NEGATED.search(sentence) is not None


__all__ = ["LIMITS", "Finding", "RuleState", "is_negated", "judge", "usable"]
