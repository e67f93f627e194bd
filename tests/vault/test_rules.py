"""Names for saving, runs of pages for reading, and lines that the paper broke."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from muniment.spine.errors import Invalid
from muniment.vault import rules
from muniment.vault.extraction.text import MAX_BYTES, Extracted, Page
from muniment.vault.forms import Version


@given(st.text(min_size=1, max_size=60).filter(lambda name: not re.search("[\ud800-\udfff]", name)))
def test_no_name_ends_the_header_and_none_is_lost(name):
    header = rules.attachment(name)
    found = re.fullmatch(
        r"attachment; filename=\"([^\"\\\r\n]+)\"; filename\*=UTF-8''([\w.%~-]+)", header, re.ASCII
    )
    assert found, header
    assert unquote(found[2]) == name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("policy.pdf", "policy.pdf"),
        ("…", "_"),
        ("日本.pdf", "__.pdf"),
        ('a"b\r\n.md', "a_b__.md"),
        (".", "document"),
    ],
)
def test_the_plain_name_is_safe_everywhere(name, plain):
    assert f'filename="{plain}"' in rules.attachment(name)


@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=40))
def test_runs_of_pages_hold_every_page_once_and_cut_none(sizes):
    pages, at = [], 0
    for nth, size in enumerate(sizes):
        pages.append(Page(nth + 1, at, at + size))
        at += size
    found = rules.leaves(Extracted("x" * at, tuple(pages), "own/1"))
    assert [nth for leaf in found for nth in range(leaf.first, leaf.last + 1)] == [
        page.number for page in pages
    ]
    assert (found[0].start, found[-1].end) == (0, at)
    assert all(leaf.first == leaf.last or leaf.end - leaf.start <= rules.LONGEST_LEAF for leaf in found)


@given(st.text(alphabet="ab .\n1-", max_size=400))
def test_joining_broken_lines_moves_no_code_point(text):
    shown = rules.flowing(text)
    assert len(shown) == len(text)
    assert all(a == b or (a, b) == ("\n", " ") for a, b in zip(text, shown, strict=True))


def test_a_broken_line_is_joined_and_a_heading_is_not():
    broken = (
        "The Data Protection Officer documents every personal data breach, so that\nthe authority can look."
    )
    assert "so that the" in rules.flowing(broken)
    assert rules.flowing("Scope\nthis policy holds") == "Scope\nthis policy holds"


@pytest.mark.parametrize("value", ["\ufffd", "half \ufffd of it"])
def test_what_did_not_arrive_is_refused(value):
    with pytest.raises(Invalid, match="did not arrive"):
        rules.require_legible(value, field="title")


def test_a_file_larger_than_any_document_is_refused_before_it_is_kept():
    assert rules.require_size(MAX_BYTES) == MAX_BYTES
    with pytest.raises(Invalid, match="larger than 32 MiB"):
        rules.require_size(MAX_BYTES + 1)


def test_the_form_says_it_beside_the_file():
    offered = SimpleUploadedFile("policy.md", b"We back up every night.")
    offered.size = MAX_BYTES + 1
    form = Version({}, {"file": offered})
    assert form.errors["file"] == ["The file is larger than 32 MiB. Split it."]
