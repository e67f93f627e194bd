"""Fields the law wants in a register, contract or notice, and where a firm's document names each of them.

A set judges only documents that deal with its subject; then each element is either named there or it is
said, by name, what was not found. That a word is absent proves nothing, so the status stays "no evidence
found".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from muniment.scans.evidence.conflicts import RuleState, is_negated
from muniment.scans.evidence.passages import Passage, sentence_spans
from muniment.sources.formats.act import ParsedAct

TABLE = "elements/1"
# How many sentences or list items from the one that names the subject on still belong to it.
REACH = 10

Line = tuple[Passage, int, int, str]
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\d{1,2}(?:\.\d{1,2})*\.?\s+[A-Z][^.;]{0,70}$)")


@dataclass(frozen=True, slots=True)
class ElementSet:
    """What one provision lists.

    :param subject: what the document must deal with, and ``scope`` how it is recognised.
    :param elements: provision of the element, its name in plain words, how it is recognised.
    """

    id: str
    celex: str
    eid: str
    quote: str
    subject: str
    scope: str
    elements: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What was found of one element.

    :param passage: ``None`` when no document that deals with the subject names it.
    """

    rule: str
    eid: str
    name: str
    subject: str
    passage: Passage | None
    start: int
    end: int


_CONTACT = r"\b(?:name|identity)\b[^.]{0,60}\bcontact|\bcontact (?:details|data|point)"
SETS = (
    ElementSet(
        "gdpr-30-1",
        "32016R0679",
        "art_30.par_1",
        "That record shall contain all of the following information",
        "the record of processing activities",
        r"\brecords? of processing|\bprocessing (?:register|record|inventory)|\bRoPA\b|"
        r"\bregister of processing",
        (
            ("art_30.par_1.pnt_a", "the controller's name and contact details", _CONTACT),
            ("art_30.par_1.pnt_b", "the purposes of the processing", r"\bpurposes?\b"),
            (
                "art_30.par_1.pnt_c",
                "the categories of people and of data",
                r"\bcategor\w+ of (?:data|people|person|individual)|\bcategories\b",
            ),
            ("art_30.par_1.pnt_d", "the recipients", r"\brecipients?\b|\bdisclosed to\b"),
            (
                "art_30.par_1.pnt_e",
                "transfers to third countries",
                r"\bthird countr|\btransfers?\b|\boutside (?:the )?(?:EU|EEA|Union)",
            ),
            (
                "art_30.par_1.pnt_f",
                "the time limits for erasure",
                r"\berasure|\bretention|\bdeletion|\btime limits?",
            ),
            (
                "art_30.par_1.pnt_g",
                "the security measures",
                r"\bsecurity measures|\btechnical and organisational",
            ),
        ),
    ),
    ElementSet(
        "gdpr-28-3",
        "32016R0679",
        "art_28.par_3",
        "That contract or other legal act shall stipulate",
        "contracts with processors",
        r"\b(?:data )?process(?:or|ing)[- ](?:contract|agreement|clause)|"
        r"\bcontracts? with (?:\w+ )?processors?|\bDPAs\b",
        (
            ("art_28.par_3.pnt_a", "documented instructions", r"\binstructions?\b"),
            ("art_28.par_3.pnt_b", "confidentiality", r"\bconfidential"),
            ("art_28.par_3.pnt_c", "security of processing", r"\bsecurity\b"),
            (
                "art_28.par_3.pnt_d",
                "further processors",
                r"\bsub-?(?:processor|contract)|\b(?:another|other|further) processors?",
            ),
            (
                "art_28.par_3.pnt_e",
                "help with requests of data subjects",
                r"\bassist\w*[^.]{0,80}\b(?:request|right)s?|\bdata subject requests?",
            ),
            (
                "art_28.par_3.pnt_f",
                "help with breaches and assessments",
                r"\bassist\w*[^.]{0,80}\b(?:breach|impact|incident)|\bbreach",
            ),
            (
                "art_28.par_3.pnt_g",
                "deletion or return at the end",
                r"\b(?:delet|return|eras)\w*\b[^.]{0,80}\b(?:end|terminat|expir)|\b(?:end|terminat|expir)\w*\b[^.]{0,80}\b(?:delet|return|eras)",
            ),
            ("art_28.par_3.pnt_h", "audits", r"\baudits?\b|\binspections?\b"),
        ),
    ),
    ElementSet(
        "dora-30-2",
        "32022R2554",
        "art_30.par_2",
        "shall include at least the following elements",
        "contracts with ICT service providers",
        r"\b(?:ICT|outsourcing|supplier|vendor|cloud)[- ](?:service )?(?:contract|agreement|"
        r"arrangement)s?|\bcontracts? (?:with|for) (?:ICT|cloud|supplier|critical)",
        (
            (
                "art_30.par_2.pnt_a",
                "a description of the services and of subcontracting",
                r"\bdescri\w+ of (?:the |all )?(?:service|function)|\bsub-?contract",
            ),
            ("art_30.par_2.pnt_b", "the places of service and of data", r"\b(?:location|region|countr)\w*\b"),
            (
                "art_30.par_2.pnt_c",
                "the protection of data",
                r"\b(?:availability|integrity|confidentiality)\b|\bdata protection",
            ),
            (
                "art_30.par_2.pnt_d",
                "access to and return of data",
                r"\b(?:return|recover|access)\w*\b[^.]{0,60}\bdata|\bdata\b[^.]{0,60}\breturn",
            ),
            ("art_30.par_2.pnt_e", "service levels", r"\bservice[- ]levels?|\bSLAs?\b"),
            (
                "art_30.par_2.pnt_f",
                "help in an incident",
                r"\bassist\w*[^.]{0,60}\bincident|\bincident\w*[^.]{0,60}\bassist",
            ),
            (
                "art_30.par_2.pnt_g",
                "cooperation with authorities",
                r"\bco-?operat\w*[^.]{0,80}\b(?:authorit|regulator|supervisor)",
            ),
            ("art_30.par_2.pnt_h", "termination rights and notice", r"\bterminat|\bnotice period"),
            ("art_30.par_2.pnt_i", "training and awareness", r"\btraining|\bawareness"),
        ),
    ),
)


def usable(
    sets: Sequence[ElementSet], acts: dict[str, ParsedAct]
) -> tuple[tuple[ElementSet, ...], tuple[RuleState, ...]]:
    """Say which sets stand in the loaded law, and why the others do not count."""
    good: list[ElementSet] = []
    states: list[RuleState] = []
    for one in sets:
        act = acts.get(one.celex)
        why = f"act {one.celex} is not part of this scan" if act is None else ""
        if act is not None:
            place = next((part for part in act.provisions if part.eid == one.eid), None)
            if place is None or one.quote not in " ".join(act.verbatim(place).split()):
                why = f"the words “{one.quote}” were not found in the loaded text of {one.eid}"
        states.append(RuleState(f"{TABLE}:{one.id}", not why, why or "its words stand in the loaded text"))
        if not why:
            good.append(one)
    return tuple(good), tuple(states)


def look(passages: Sequence[Passage], sets: Sequence[ElementSet]) -> tuple[Named, ...]:
    """Look for every element of every set that some document deals with."""
    found: list[Named] = []
    lines = [
        (one, one.start + start, one.start + end, one.text[start:end])
        for one in passages
        for start, end in sentence_spans(one.text)
    ]
    scopes = [re.compile(one.scope, re.IGNORECASE) for one in sets]
    for position, one in enumerate(sets):
        others = [scope for at, scope in enumerate(scopes) if at != position]
        area = list(_area(lines, scopes[position], others))
        if not area:
            continue
        for eid, name, pattern in one.elements:
            passage, start, end = _first(area, re.compile(pattern, re.IGNORECASE))
            found.append(Named(f"{TABLE}:{one.id}", eid, name, one.subject, passage, start, end))
    return tuple(found)


def _area(lines: Sequence[Line], scope: re.Pattern[str], others: Sequence[re.Pattern[str]]) -> Iterator[Line]:
    """Yield the sentences that deal with a subject: from its name to the next subject or heading."""
    left, version = 0, ""
    for line in lines:
        passage, _, _, text = line
        if passage.version_digest != version:
            left, version = 0, passage.version_digest
        if scope.search(text):
            left = REACH
        elif any(other.search(text) for other in others) or _HEADING.match(text):
            left = 0
        if left:
            left -= 1
            yield line


def _first(area: Sequence[Line], pattern: re.Pattern[str]) -> tuple[Passage | None, int, int]:
    for passage, start, end, sentence in area:
        if pattern.search(sentence) and not is_negated(sentence):
            return passage, start, end
    return None, 0, 0
