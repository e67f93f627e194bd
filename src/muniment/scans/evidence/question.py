"""Turns a duty into words to look for.

What is to be done decides; the lead-in above a list must be met in part; conditions and recipients only
help to find. Who must do it, and the words of the time limit, do not count.
"""

from __future__ import annotations

import re

from muniment.scans.duties.duty import Duty, PartKind
from muniment.scans.evidence.index import Question
from muniment.scans.evidence.terms import PARTIES, Weights, pairs, terms

MOST_CORE, MOST_SIDE, MOST_COUPLES = 40, 12, 24
# Characters of the conditions that are read; a list of cases may be pages long.
LONGEST_CONDITION = 240
# Who, whether, when and by which other article are not what is to be done.
_ASIDE = frozenset(
    {
        PartKind.ADDRESSEE,
        PartKind.MODALITY,
        PartKind.CONDITION,
        PartKind.EXCEPTION,
        PartKind.DEADLINE,
        PartKind.REFERENCE,
    }
)
_MODAL = re.compile(r"\b(?:shall|must)(?: not)?\b")


def ask(duty: Duty) -> Question:
    """Build the question of one duty."""
    body = terms(_deed(duty))[:MOST_CORE]
    core = frozenset(body)
    side = terms(f"{duty.recipient} {duty.condition[:LONGEST_CONDITION]}")[:MOST_SIDE]
    couples = [one for one in pairs(body) if not set(one.split("_")) <= PARTIES]
    lead = frozenset(terms(_lead(duty))) - core - PARTIES
    return Question(core, lead, frozenset(side) - core, tuple(dict.fromkeys(couples))[:MOST_COUPLES])


def _deed(duty: Duty) -> str:
    """Return the words of the sentence or point that say what is to be done, and to what."""
    kept = list(duty.quote)
    for part in duty.parts:
        if part.kind in _ASIDE:
            low, high = max(part.start, duty.start) - duty.start, min(part.end, duty.end) - duty.start
            if low < high:
                kept[low:high] = " " * (high - low)
    for one in duty.deadlines:
        at = duty.quote.find(one.trigger) if one.trigger else -1
        if at >= 0:
            kept[at : at + len(one.trigger)] = " " * len(one.trigger)
    return "".join(kept)


def _lead(duty: Duty) -> str:
    """Return what the words above a list ask for; who is asked and in which case says nothing here."""
    if not duty.lead_in:
        return ""
    words = duty.statement[: -len(" ".join(duty.quote.split()))]
    match = _MODAL.search(words)
    return words[match.end() :] if match is not None else words


def law_weights(duties: tuple[Duty, ...]) -> Weights:
    """Count words over the duties of the scan, public text only."""
    return Weights(terms(one.statement) for one in duties)
