"""A proposal without its anchors cannot be made; the digest forgets order and random identifiers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.scans.evidence import DocumentAnchor, LawAnchor, Proposal, Status, digest_of
from muniment.spine.errors import Invalid

LAW = LawAnchor("32016R0679", "e" * 64, "art_1", 10, 15, "shall")
FOUND = DocumentAnchor("random-1", "a" * 64, 2, 0, 4, "text")
GOOD = Proposal("art_1#1", Status.EVIDENCE, 700, "Because.", LAW, FOUND, "overlap/1", 3, 650)


@pytest.mark.parametrize("status", [Status.EVIDENCE, Status.CONFLICT])
def test_evidence_and_conflict_need_both_anchors(status: Status) -> None:
    with pytest.raises(Invalid, match="words of a document"):
        replace(GOOD, status=status, evidence=None)
    with pytest.raises(Invalid, match="words of the law"):
        replace(GOOD, status=status, law=replace(LAW, quote=""))


def test_a_quote_must_be_as_long_as_its_place() -> None:
    with pytest.raises(Invalid, match="do not fit"):
        replace(GOOD, evidence=replace(FOUND, end=9))
    with pytest.raises(Invalid, match="words of the law"):
        replace(GOOD, law=replace(LAW, end=11))


@pytest.mark.parametrize("confidence", [-1, 1001])
def test_a_confidence_is_a_share(confidence: int) -> None:
    with pytest.raises(Invalid, match="between 0 and 1000"):
        replace(GOOD, confidence=confidence)


@pytest.mark.parametrize(
    ("confidence", "word"), [(1000, "high"), (800, "high"), (799, "medium"), (600, "medium"), (0, "low")]
)
def test_a_confidence_has_a_word(confidence: int, word: str) -> None:
    assert replace(GOOD, confidence=confidence).confidence_word == word


def test_nothing_is_ever_met() -> None:
    assert {one.value for one in Status} == {
        "evidence_found",
        "conflict_found",
        "no_evidence_found",
        "cannot_tell",
    }


def test_the_digest_is_the_same_for_another_document_identifier_and_order() -> None:
    other = replace(GOOD, duty="art_2#1")
    renamed = replace(GOOD, evidence=replace(FOUND, document="random-2"))
    assert digest_of([GOOD, other]) == digest_of([other, renamed])


@given(
    st.sampled_from(
        ["duty", "confidence", "why", "basis", "searched", "overlap", "status", "quote", "page", "version"]
    )
)
def test_the_digest_changes_with_every_fact(field: str) -> None:
    changed = {
        "duty": replace(GOOD, duty="art_1#2"),
        "confidence": replace(GOOD, confidence=701),
        "why": replace(GOOD, why="Other."),
        "basis": replace(GOOD, basis="overlap/2"),
        "searched": replace(GOOD, searched=4),
        "overlap": replace(GOOD, overlap=651),
        "status": replace(GOOD, status=Status.UNSURE),
        "quote": replace(GOOD, evidence=replace(FOUND, quote="tent")),
        "page": replace(GOOD, evidence=replace(FOUND, page=None)),
        "version": replace(GOOD, evidence=replace(FOUND, version_digest="b" * 64)),
    }
    assert digest_of([changed[field]]) != digest_of([GOOD])
