"""Lets the duties of one act compete for a passage that several of them claim.

Words that several duties of an act share ("major ICT-related incident", "contact details of the data protection
officer") lead them all to the one sentence about that thing, though it answers to one of them. So a duty keeps a
passage as evidence only if it brings a word of its own there: one that no duty with clearly stronger signs for the
same words asks for too. Else the passage becomes something to read, and the reason names the duty that it fits
better. Duties of different acts do not compete: two acts often ask for the same thing. What rules with numbers or
tables of elements have found is never lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from muniment.scans.evidence.proposal import DocumentAnchor, Proposal, Status, place
from muniment.scans.evidence.terms import terms


class _Claim(NamedTuple):
    """A passage that a duty keeps, and the words that it asks for."""

    proposal: Proposal
    found: DocumentAnchor
    words: frozenset[str]


#: By how many per mille of confidence one duty must fit a passage better than another; below that both keep it.
CLEARLY = 75
#: Most that is said for a passage that fits another duty better.
AT_MOST = 540


def settle(
    proposals: Sequence[Proposal], asked: Mapping[tuple[str, str], frozenset[str]], measure: str
) -> list[Proposal]:
    """Return the proposals in their order, with evidence that brings nothing of its own made "cannot tell".

    The strongest choose first, so that who has lost a passage takes it from nobody.

    :param asked: the words of what each duty asks, by act and key.
    :param measure: basis of the proposals that rest on words alone; only these can lose a passage.
    """
    settled = list(proposals)
    keepers: dict[tuple[str, str], list[_Claim]] = defaultdict(list)
    for at in sorted(range(len(settled)), key=lambda at: -settled[at].confidence):
        one = settled[at]
        if one.status is not Status.EVIDENCE or one.evidence is None:
            continue
        words = asked[one.law.act, one.duty]
        keep = keepers[one.law.act, one.evidence.version_digest]
        better = _better(one, one.evidence, words, keep) if one.basis == measure else None
        if better is None:
            keep.append(_Claim(one, one.evidence, words))
        else:
            settled[at] = _lost(one, better)
    return settled


def _better(
    one: Proposal, found: DocumentAnchor, words: frozenset[str], keepers: Iterable[_Claim]
) -> Proposal | None:
    """Return the duty to which the words of a passage belong, when none of them is left to this one."""
    rivals = [
        rival
        for rival in keepers
        if rival.proposal.confidence - one.confidence >= CLEARLY
        and _shared(found, rival.found) * 2 > found.end - found.start
    ]
    brought = words & frozenset(terms(found.quote))
    if not rivals or brought - frozenset().union(*(rival.words for rival in rivals)):
        return None
    return max(rivals, key=lambda rival: len(brought & rival.words)).proposal


def _shared(found: DocumentAnchor, claimed: DocumentAnchor) -> int:
    return max(0, min(found.end, claimed.end) - max(found.start, claimed.start))


def _lost(one: Proposal, better: Proposal) -> Proposal:
    here, there = place(one.law.eid), place(better.law.eid)
    why = f"A passage comes near to {here}, but it fits {there} better; somebody has to read it."
    return replace(one, status=Status.UNSURE, confidence=min(AT_MOST, one.confidence), why=why)
