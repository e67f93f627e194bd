"""Holds every duty of the chosen acts against every document: the one function the scans room calls.

Pure: law and documents come in as text, duties and proposals go out. Nothing is read from disk, clock or
chance, so the same input gives the same digest on any day (``replay``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from muniment.scans.duties import RULES, Deadline, Duty, extract
from muniment.scans.evidence import conflicts, elements, rivals
from muniment.scans.evidence.assess import MEASURE, assess
from muniment.scans.evidence.conflicts import Finding, RuleState
from muniment.scans.evidence.index import Hit, Index
from muniment.scans.evidence.limits import LIMITS, Limit
from muniment.scans.evidence.passages import passages
from muniment.scans.evidence.proposal import Proposal, digest_of
from muniment.scans.evidence.question import ask, law_weights
from muniment.scans.evidence.terms import ANALYSIS
from muniment.sources.formats.act import ParsedAct
from muniment.spine.errors import Invalid


@dataclass(frozen=True, slots=True)
class ActInput:
    """An act as one snapshot gave it.

    :param digest: SHA-256 of the snapshot's bytes, hexadecimal; it goes into every law anchor.
    """

    act: ParsedAct
    digest: str


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """The text of one version of one document.

    :param pages: code point at which each page begins; empty without pages.
    """

    document: str
    version_digest: str
    text: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stats:
    """What was looked at."""

    acts: int
    documents: int
    passages: int
    duties: int
    assessed: int


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Everything a scan found.

    :param duties: all duties of all acts, those of authorities included.
    :param proposals: one for each duty that binds the firm, in the order of the acts.
    :param rules: which rules could be used on this law, and why not the others.
    :param versions: the versions of every rule set and measure that had a say.
    """

    duties: tuple[Duty, ...]
    proposals: tuple[Proposal, ...]
    rules: tuple[RuleState, ...]
    versions: dict[str, str]
    digest: str
    stats: Stats


VERSIONS = {
    "analysis": ANALYSIS,
    "duties": RULES,
    "elements": elements.TABLE,
    "limits": "limits/1",
    "overlap": MEASURE,
    "times": "times/1",
}


def scan(acts: Sequence[ActInput], documents: Sequence[DocumentInput]) -> ScanResult:
    """Propose an answer to every duty that binds the firm.

    Two documents with the same bytes count once. An act given twice is a mistake of the caller.

    :raises Invalid: when an act is given twice, is not in English, or a document's text is too large.
    """
    loaded = _loaded(acts)
    unique = {one.version_digest: one for one in sorted(documents, key=lambda one: one.document)}
    cut = [
        part
        for digest in sorted(unique)
        for part in passages(
            unique[digest].text, unique[digest].pages, document=unique[digest].document, version_digest=digest
        )
    ]
    duties = tuple(duty for one in acts for duty in extract(one.act))
    binding = tuple(one for one in duties if one.binds_firm)
    index = Index(cut, law_weights(binding))
    limits, states = conflicts.usable(LIMITS, loaded)
    sets, more = elements.usable(elements.SETS, loaded)
    judged = conflicts.judge(index.passages, limits)
    broken = tuple(one for one in judged if one.outcome == "breaks")
    avoiding = tuple((one.passage.version_digest, one.start, one.end) for one in broken)
    homes = _by_duty(binding, judged)
    named = {(one.rule.split(":")[1], one.eid): one for one in elements.look(index.passages, sets)}
    listed = {(part.celex, eid): named.get((part.id, eid)) for part in sets for eid, _, _ in part.elements}
    digests = {one.act.celex: one.digest for one in acts}
    proposals = []
    asked: dict[tuple[str, str], frozenset[str]] = {}
    for duty in binding:
        question = ask(duty)
        asked[duty.act, duty.key] = question.core
        hits = index.search(question)
        proposals.append(
            assess(
                duty,
                hits,
                spare=index.search(question, avoiding=avoiding) if _touches(hits, avoiding) else (),
                question=question,
                law_digest=digests[duty.act],
                searched=len(unique),
                findings=homes.get((duty.act, duty.key), ()),
                broken=broken,
                element=listed.get((duty.act, duty.eid)),
            )
        )
    proposals = rivals.settle(proposals, asked, MEASURE)
    stats = Stats(len(acts), len(unique), len(index), len(duties), len(binding))
    return ScanResult(duties, tuple(proposals), (*states, *more), dict(VERSIONS), digest_of(proposals), stats)


def _loaded(acts: Sequence[ActInput]) -> dict[str, ParsedAct]:
    loaded: dict[str, ParsedAct] = {}
    for one in acts:
        if one.act.celex in loaded:
            raise Invalid(f"Act {one.act.celex} is chosen twice.", todo="Choose one version of each act.")
        if one.act.language != "en":
            raise Invalid(
                f"Act {one.act.celex} is not in English; duties are read from English texts only.",
                todo="Choose the English version.",
            )
        loaded[one.act.celex] = one.act
    return loaded


def _touches(hits: Sequence[Hit], avoiding: Sequence[tuple[str, int, int]]) -> bool:
    """Return whether one of the best hits lies on a range to be avoided; only then a second search pays."""
    return any(
        one.passage.version_digest == digest
        and start < one.passage.start + one.end
        and one.passage.start + one.start < end
        for one in hits[:5]
        for digest, start, end in avoiding
    )


def _by_duty(
    duties: Sequence[Duty], findings: Sequence[Finding]
) -> dict[tuple[str, str], tuple[Finding, ...]]:
    """Give each finding to the duty of its provision that sets the time; else to its first duty."""
    homes: dict[str, Duty] = {}
    for one in findings:
        if one.limit.id not in homes:
            home = _home(duties, one.limit)
            if home is not None:
                homes[one.limit.id] = home
    found: dict[tuple[str, str], tuple[Finding, ...]] = {}
    for one in findings:
        duty = homes.get(one.limit.id)
        if duty is not None:
            found[duty.act, duty.key] = (*found.get((duty.act, duty.key), ()), one)
    return found


def _home(duties: Sequence[Duty], limit: Limit) -> Duty | None:
    here = [one for one in duties if one.act == limit.celex and one.eid == limit.eid]
    for one in here:
        if any(_sets(time, limit) for time in one.deadlines):
            return one
    under = [one for one in duties if one.act == limit.celex and one.eid.startswith(limit.eid + ".")]
    return next(iter(here or under), None)


def _sets(time: Deadline, limit: Limit) -> bool:
    return time.iso == limit.iso
