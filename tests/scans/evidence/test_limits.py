"""Times in a firm's documents against the limits of the law: what breaks, what keeps, what cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scans.duties.written import written_act
from tests.scans.evidence.laws import acts

from muniment.scans.evidence import passages
from muniment.scans.evidence.conflicts import judge, usable
from muniment.scans.evidence.limits import LIMITS
from muniment.sources.formats import oj_xhtml

NOTIFY = "We notify the data protection authority of a personal data breach"


def outcomes(text: str) -> dict[str, str]:
    found = judge(passages(text, version_digest="a" * 64), LIMITS)
    return {one.limit.id: one.outcome for one in found}


@pytest.mark.parametrize(
    ("text", "limit", "outcome"),
    [
        (f"{NOTIFY} within five working days.", "gdpr-33-1", "breaks"),
        (f"{NOTIFY} no later than 96 hours after detection.", "gdpr-33-1", "breaks"),
        (f"{NOTIFY} within 72 hours.", "gdpr-33-1", "keeps"),
        (f"{NOTIFY} within two days.", "gdpr-33-1", "keeps"),
        (f"{NOTIFY} within three working days.", "gdpr-33-1", "unclear"),
        ("Personal data breaches are reported within one week.", "gdpr-33-1", "unclear"),
        ("Access requests are answered within 45 days of receipt.", "gdpr-12-3", "breaks"),
        ("Data subject requests are answered within 30 calendar days.", "gdpr-12-3", "unclear"),
        ("Data subject requests are answered within three weeks.", "gdpr-12-3", "keeps"),
        ("The business continuity plan is tested every two years.", "dora-11-6", "breaks"),
        ("The business continuity plan is tested twice a year.", "dora-11-6", "keeps"),
        ("Disaster recovery exercises take place once every 18 months.", "dora-11-6", "breaks"),
        ("Threat-led penetration tests are carried out every five years.", "dora-26-1", "breaks"),
        ("The ICT risk management framework is reviewed every two years.", "dora-6-5", "breaks"),
        ("Logs of high-risk AI systems are kept for three months.", "aia-26-6", "breaks"),
        ("Logs of AI systems are deleted after 90 days.", "aia-26-6", "breaks"),
        ("Logs of AI systems are kept for at least one year.", "aia-26-6", "keeps"),
        (
            "Serious incidents of an AI system are reported to the authority within 30 days.",
            "aia-73-2",
            "breaks",
        ),
        (
            "The initial notification of a major incident is sent 24 hours after classification.",
            "rts-301-5-1-a",
            "breaks",
        ),
        (
            "The initial notification of a major incident is sent within 4 hours of classification.",
            "rts-301-5-1-a",
            "keeps",
        ),
        ("The intermediate report is submitted within five days.", "rts-301-5-1-b", "breaks"),
        ("The final report is submitted within two months.", "rts-301-5-1-c", "breaks"),
        ("Technical documentation of the AI system is retained for five years.", "aia-18-1", "breaks"),
    ],
)
def test_a_sentence_is_judged(text: str, limit: str, outcome: str) -> None:
    assert outcomes(text)[limit] == outcome


@pytest.mark.parametrize(
    "text",
    [
        "Lunch is served within one hour.",
        "Customers are told of a personal data breach within five working days.",
        "The processor reports a personal data breach to the supplier manager within five days.",
        "Recordings of telephone calls are deleted after 90 days.",
        "The fire drill takes place every two years.",
        "Requests of data subjects may be extended by two further months.",
        "Backups are restored for a test every two years.",
        "The authority was founded 5 years ago.",
    ],
)
def test_a_sentence_about_something_else_is_left_alone(text: str) -> None:
    assert outcomes(text) == {}


def test_each_time_is_judged_by_its_own_clause() -> None:
    text = f"{NOTIFY} within 72 hours and tell affected customers within ten days."
    assert outcomes(text) == {"gdpr-33-1": "keeps"}


def test_the_heading_may_name_the_topic() -> None:
    sentence = "The officer reports to the supervisory authority within five working days."
    text = f"3. Personal data breaches\n\n{sentence}"
    assert outcomes(text) == {"gdpr-33-1": "breaks"}


def test_the_sentence_for_the_officer_has_both_times() -> None:
    (found,) = judge(passages(f"{NOTIFY} within five working days.", version_digest="a" * 64), LIMITS)
    assert found.why == (
        "The law asks to notify the supervisory authority of a personal data breach within 72 hours; "
        "the document says "
        "“five working days”. 5 working days are at least 120 hours."
    )
    assert found.passage.text[found.start - found.passage.start :].startswith("We notify")


def test_a_limit_counts_only_when_its_words_stand_in_the_loaded_law() -> None:
    loaded = {one.act.celex: one.act for one in acts()}
    good, states = usable(LIMITS, loaded)
    assert {one.id for one in good} == {"gdpr-12-3", "gdpr-33-1", "dora-11-6"}
    why = {one.rule: one.why for one in states if not one.fired}
    assert why["limits/1:aia-26-6"] == "act 32024R1689 is not part of this scan"
    assert why["limits/1:dora-26-1"] == "the loaded text of act 32022R2554 has no art_26.par_1"
    changed = written_act(
        "## 33 Breaches\n1. The controller shall notify a breach within 24 hours.", celex="32016R0679"
    )
    _, states = usable(LIMITS[:1], {"32016R0679": changed})
    assert not states[0].fired
    assert "were not found in the loaded text of art_33.par_1" in states[0].why


def test_every_limit_stands_in_the_real_law(shared: Path) -> None:

    loaded = {}
    for celex in {one.celex for one in LIMITS}:
        works = shared / "regulatory" / "eu-lex-corpus" / "works" / celex.lower() / "versions"
        loaded[celex] = oj_xhtml.parse(min(works.glob("*/en.xml")).read_bytes())
    assert [one for one in usable(LIMITS, loaded)[1] if not one.fired] == []
