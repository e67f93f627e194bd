"""The invented firm's documents: believable, alike on every machine, three contradictions and no more."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from functools import cache

import pytest
from tests.ops.commands import PATIENCE

from muniment.ops.demo.firm import CONTRADICTIONS, FIRMS, GAPS, FirmDocument, documents, people
from muniment.ops.demo.firm.markup import read_policy
from muniment.spine.errors import Invalid
from muniment.vault.extraction import Extracted, extract

FIRM = "example-pay"
DIGESTS = (
    "import hashlib; from muniment.ops.demo.firm import documents; "
    "print([(d.name, hashlib.sha256(d.data).hexdigest()) "
    "for firm in ('example-pay', 'harbour-lending') for d in documents(firm)])"
)


@cache
def finished(firm: str = FIRM) -> tuple[FirmDocument, ...]:
    return tuple(documents(firm))


@cache
def text(name: str) -> Extracted:
    document = next(document for document in finished() if document.name == name)
    return extract(document.data, document.media_type)


def flat(words: str) -> str:
    return " ".join(words.split())


def test_there_are_twelve_policies_in_three_formats() -> None:
    formats = [document.name.rpartition(".")[2] for document in finished()]
    assert len(formats) == 12
    assert {suffix: formats.count(suffix) for suffix in set(formats)} == {"pdf": 4, "docx": 4, "md": 4}
    assert len(finished("harbour-lending")) == 2


def test_the_bytes_are_the_same_in_every_process() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", DIGESTS],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LANG": "C", "PATH": os.environ["PATH"]},
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    here = [(d.name, hashlib.sha256(d.data).hexdigest()) for firm in FIRMS for d in documents(firm.slug)]
    assert answers == {f"{here}\n".encode()}


def test_neither_clock_nor_compression_shows_in_the_bytes() -> None:
    for document in finished():
        assert b"FlateDecode" not in document.data
        if document.name.endswith(".docx"):
            assert b"\x00\x00\x21\x00" in document.data[:60]  # 1 January 1980, the zip's first day


@pytest.mark.parametrize("document", finished(), ids=lambda document: document.name)
def test_each_policy_reads_like_one(document: FirmDocument) -> None:
    extracted = extract(document.data, document.name)
    words = flat(extracted.text)
    assert document.title in words
    assert document.owner in words
    assert document.effective.isoformat() in words
    assert document.effective <= document.received
    assert "1. Purpose" in words or "1. " in words
    assert "review" in words.lower()
    assert 300 < len(words.split()) < 1500
    assert extracted.warnings == ()


def test_pdf_pages_are_numbered() -> None:
    extracted = text("incident-response.pdf")
    assert len(extracted.pages) >= 2
    for page in extracted.pages:
        shown = extracted.text[page.start : page.end]
        assert f"Page {page.number} of {len(extracted.pages)}" in shown


@pytest.mark.parametrize("contradiction", CONTRADICTIONS, ids=lambda entry: entry.provision)
def test_each_contradiction_stands_in_its_document_once(contradiction: object) -> None:
    assert contradiction in CONTRADICTIONS
    entry = next(entry for entry in CONTRADICTIONS if entry == contradiction)
    assert flat(text(entry.document).text).count(entry.quote) == 1
    elsewhere = [
        d.name for d in finished() if d.name != entry.document and entry.quote in flat(text(d.name).text)
    ]
    assert elsewhere == []


def test_there_are_exactly_three_contradictions_one_for_each_act() -> None:
    assert {entry.celex for entry in CONTRADICTIONS} == {"32016R0679", "32022R2554", "32024R1689"}
    assert len(CONTRADICTIONS) == 3


def test_other_deadlines_keep_to_the_law() -> None:
    words = flat(" ".join(text(d.name).text for d in finished()))
    assert len(re.findall(r"\b96 hours", words)) == 1
    assert len(re.findall(r"every two years", words)) == 1
    assert len(re.findall(r"three months", words)) == 1
    assert "within one month after the request was received" in words
    assert "within 4 hours of classifying" in words
    assert "kept for five years after the end of the business relationship" in words


def test_nothing_speaks_of_the_gaps() -> None:
    words = flat(" ".join(text(d.name).text for d in finished())).lower()
    silences = (
        "legacy",
        "exit strateg",
        "portab",
        "fundamental rights",
        "representatives",
        "crisis communication",
    )
    for silence in silences:
        assert silence not in words
    assert len(GAPS) == 7


def test_four_roles_and_a_stranger() -> None:
    assert [member.role for member in people(FIRM)] == ["analyst", "officer", "auditor", "administrator"]
    assert [member.name for member in people("harbour-lending")] == ["Mallory Officer"]
    assert len({member.login for member in people()}) == 5
    assert all(member.login.endswith(".example") for member in people())


def test_a_source_that_cannot_be_rendered_is_refused() -> None:
    with pytest.raises(Invalid, match="head lines"):
        read_policy("x", "title: X\n\n## 1")
    head = "title: X\ncode: 1\nversion: 1\neffective: 2026-01-01\nreceived: 2026-01-01\n"
    head += "owner: O\napproved: A\nformat: md"
    assert read_policy("x", f"{head}\n\n## 1. A\n\nWords.").blocks[0].kind == "heading"
    with pytest.raises(Invalid, match="cannot be rendered"):
        read_policy("x", f"{head}\n\n> quoted")
