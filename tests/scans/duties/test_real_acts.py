"""Duties of the real acts, checked by hand against the Official Journal text; needs the shared data.

The table was read by a person beside the law. Counts are held against those measured on the same texts by
another method (sentences with a binding word, with a regulated subject, with a time limit), so a change
that loses or invents duties is seen.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from muniment.scans.duties import Duty, Modality, Party, extract
from muniment.sources.formats import oj_xhtml

DORA, GDPR, AIA, NIS2, RTS = "32022R2554", "32016R0679", "32024R1689", "32022L2555", "32025R0301"
FIRM, BODY = "financial entity", "management body of the financial entity"
HIGH = "provider of high-risk AI system"

# act, duty, addressee, party, modality, times as "kind:duration", first words of the action
GOLD = """
32022R2554 | art_5.par_2#1 | BODY | direct | shall | | define, approve, oversee
32022R2554 | art_5.par_2.pnt_a#1 | BODY | direct | shall | | bear the ultimate responsibility
32022R2554 | art_6.par_5#1 | FIRM | direct | shall | every:P1Y | be documented and reviewed
32022R2554 | art_8.par_1#2 | FIRM | direct | shall | every:P1Y | review as needed
32022R2554 | art_9.par_1#1 | FIRM | direct | shall | | continuously monitor and control
32022R2554 | art_10.par_1#1 | FIRM | direct | shall | promptly | have in place mechanisms
32022R2554 | art_11.par_6.pnt_a#1 | FIRM | direct | shall | every:P1Y | test the ICT business continuity
32022R2554 | art_12.par_3#1 | FIRM | direct | shall | | use ICT systems that are physically
32022R2554 | art_14.par_1#1 | FIRM | direct | shall | | have in place crisis communication
32022R2554 | art_17.par_2#1 | FIRM | direct | shall | | record all ICT-related incidents
32022R2554 | art_19.par_1#1 | FIRM | direct | shall | | report major ICT-related incidents
32022R2554 | art_19.par_1#2 | Member State | authority | shall | | designate a single competent
32022R2554 | art_19.par_3#1 | FIRM | direct | shall | promptly | inform their clients
32022R2554 | art_19.par_4.pnt_a#1 | FIRM | direct | shall | | submit the following
32022R2554 | art_24.par_6#1 | FIRM | direct | shall | every:P1Y | ensure, at least yearly
32022R2554 | art_26.par_1#1 | FIRM | direct | shall | every:P3Y | carry out at least every 3 years
32022R2554 | art_28.par_3#1 | FIRM | direct | shall | | maintain and update at entity level
32022R2554 | art_28.par_3#3 | FIRM | direct | shall | every:P1Y | report at least yearly
32022R2554 | art_30.par_2.pnt_e#1 | FIRM | direct | shall | | include at least the following
32022R2554 | art_54.par_1#1 | competent authority | authority | shall | promptly | publish
32016R0679 | art_4.pnt_1#1 | | none | definition | |
32016R0679 | art_5.par_1.pnt_b#1 | controller | direct | shall | | be: collected for specified
32016R0679 | art_9.par_1#1 | controller | direct | prohibited | | be prohibited
32016R0679 | art_12.par_3#1 | controller | direct | shall | promptly at_most:P1M | provide information on
32016R0679 | art_15.par_1.pnt_b#1 | controller | indirect | right | | have the right to obtain
32016R0679 | art_17.par_1#2 | controller | direct | shall | promptly | have the obligation to erase
32016R0679 | art_28.par_3#2 | processor | direct | shall | promptly | immediately inform the controller
32016R0679 | art_28.par_3.pnt_h#1 | controller | direct | shall | | stipulate, in particular
32016R0679 | art_30.par_1.pnt_b#1 | controller | direct | shall | | contain all of the following
32016R0679 | art_30.par_4#1 | controller and processor | direct | shall | | make the record available
32016R0679 | art_33.par_1#1 | controller | direct | shall | promptly at_most:PT72H | notify the personal data
32016R0679 | art_33.par_2#1 | processor | direct | shall | promptly | notify the controller
32016R0679 | art_33.par_3.pnt_a#1 | controller | direct | shall | | at least: describe the nature
32016R0679 | art_34.par_1#1 | controller | direct | shall | promptly | communicate the personal data
32016R0679 | art_35.par_7.pnt_a#1 | controller | direct | shall | | contain at least
32016R0679 | art_37.par_1#1 | controller and processor | direct | shall | | designate a data protection
32016R0679 | art_44#1 | controller | direct | shall | | take place
32016R0679 | art_51.par_1#1 | Member State | authority | shall | | provide for one or more
32016R0679 | art_99.par_2#1 | | none | shall | | apply from 25 May 2018
32024R1689 | art_4#1 | provider and deployer | direct | shall | | take measures to ensure
32024R1689 | art_5.par_1.pnt_a#1 | operator | direct | prohibited | | be prohibited
32024R1689 | art_9.par_1#1 | HIGH | direct | shall | | be established
32024R1689 | art_16.pnt_a#1 | HIGH | direct | shall | | ensure that their high-risk
32024R1689 | art_18.par_1.pnt_a#1 | provider | direct | shall | at_least:P10Y | keep at the disposal
32024R1689 | art_19.par_1#2 | HIGH | direct | shall | at_least:P6M | be kept for a period
32024R1689 | art_22.par_1#1 | provider | direct | shall | | appoint an authorised representative
32024R1689 | art_26.par_2#1 | deployer | direct | shall | | assign human oversight
32024R1689 | art_26.par_6#1 | deployer of high-risk AI system | direct | shall | at_least:P6M | keep the logs
32024R1689 | art_50.par_1#1 | provider | direct | shall | | ensure that AI systems intended
32024R1689 | art_73.par_1#1 | HIGH | direct | shall | | report any serious incident
32024R1689 | art_73.par_2#1 | HIGH | direct | shall | promptly at_most:P15D | be made immediately
32024R1689 | art_86.par_1#1 | deployer | indirect | right | | have the right to obtain
32024R1689 | art_113#1 | | none | shall | | enter into force
32022L2555 | art_20.par_1#1 | management body | indirect | shall | | approve the cybersecurity
32022L2555 | art_21.par_1#1 | essential or important entity | indirect | shall | | take appropriate
32022L2555 | art_23.par_4.pnt_a#1 | entity | indirect | shall | promptly at_most:PT24H | submit to the CSIRT
32025R0301 | art_5.par_1.pnt_a#1 | FIRM | direct | shall | at_most:PT4H at_most:PT24H | submit the initial
32025R0301 | art_5.par_1.pnt_c#1 | FIRM | direct | shall | at_most:P1M | submit the initial
"""
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in GOLD.strip().split("\n")]
SHORT = {"FIRM": FIRM, "BODY": BODY, "HIGH": HIGH}


@cache
def duties_of(shared: Path, celex: str) -> dict[str, Duty]:
    works = shared / "regulatory" / "eu-lex-corpus" / "works" / celex.lower() / "versions"
    act = oj_xhtml.parse(min(works.glob("*/en.xml")).read_bytes())
    found = extract(act)
    for duty in found:
        assert act.text[duty.start : duty.end] == duty.quote
        for part in duty.parts:
            assert part.start < part.end
    assert len({duty.key for duty in found}) == len(found)
    return {duty.key: duty for duty in found}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_real_duty_is_read_as_a_person_reads_it(shared: Path, row: tuple[str, ...]) -> None:
    celex, key, addressee, party, modality, times, action = row
    duty = duties_of(shared, celex)[key]
    assert duty.addressee == SHORT.get(addressee, addressee)
    assert (duty.party, duty.modality) == (Party(party), Modality(modality))
    read = [one.kind if one.iso is None else f"{one.kind}:{one.iso}" for one in duty.deadlines]
    assert read == times.split()
    assert duty.action.startswith(action)


def test_the_deadline_of_a_breach_notice_says_when_the_clock_starts(shared: Path) -> None:
    duty = duties_of(shared, GDPR)["art_33.par_1#1"]
    assert duty.deadline is not None
    assert (duty.deadline.iso, duty.deadline.trigger) == ("PT72H", "after having become aware of it")
    assert duty.exception.startswith("unless the personal data breach is unlikely")
    assert (GDPR, "art_55") in [(one.act, one.eid) for one in duty.references]


@pytest.mark.parametrize(
    ("celex", "binding", "regulated", "timed"),
    [
        # Measured on the same texts: sentences with a binding word, with a regulated subject, with a time
        # limit.
        # Points are counted one by one here, so the ranges lie above the measured sentences.
        (GDPR, (451, 720), (87, 150), (25, 60)),
        (DORA, (415, 720), (142, 220), (25, 70)),
        (AIA, (758, 980), (97, 160), (60, 110)),
        (NIS2, (308, 520), (4, 30), (30, 60)),
    ],
)
def test_counts_agree_with_those_measured_by_another_method(
    shared: Path, celex: str, binding: tuple[int, int], regulated: tuple[int, int], timed: tuple[int, int]
) -> None:
    found = [one for one in duties_of(shared, celex).values() if one.modality is not Modality.DEFINITION]
    named = [
        one
        for one in found
        if one.party in (Party.DIRECT, Party.INDIRECT) and one.addressee_by in ("subject", "object")
    ]
    dated = [one for one in found if one.deadlines]
    assert binding[0] <= len(found) <= binding[1]
    assert regulated[0] <= len(named) <= regulated[1]
    assert timed[0] <= len(dated) <= timed[1]


def test_a_directive_speaks_to_states_and_only_through_them_to_entities(shared: Path) -> None:
    found = duties_of(shared, NIS2).values()
    assert sum(one.party is Party.AUTHORITY for one in found) > 200
    assert sum(one.addressee_by == "object" for one in found) > 8
