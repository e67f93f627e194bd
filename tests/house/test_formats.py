"""The pages of the formats: each has an example, numbered MUSTs without a gap, and names vectors that are there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/formats"
PAGES = sorted(FOLDER.glob("*.md"))
VECTORS = sorted((ROOT / "tests/vectors").glob("*.json"))
#: The formats that are promised, each by its page.
PROMISED = {
    "leaf",
    "opening",
    "checkpoint",
    "tiles-and-pruning",
    "log",
    "proof",
    "receipt",
    "stream-heads",
    "witness-policy",
    "export",
    "cosignature",
    "time-stamps",
    "certificate",
    "proofpack",
    "container",
    "canonical-json",
}


def named(page: Path) -> set[str]:
    return set(re.findall(r"`(tests/vectors/[\w-]+\.json)`", page.read_text("utf-8")))


def test_each_format_has_its_page_and_each_page_is_of_a_format():
    assert {page.stem for page in PAGES} == PROMISED


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_begins_with_an_example(page):
    lines = page.read_text("utf-8").splitlines()
    assert len(lines) <= 100
    assert lines[0].startswith("# ")
    example = next(at for at, line in enumerate(lines) if line.startswith("```"))
    first = next(at for at, line in enumerate(lines) if line.startswith("1. "))
    assert example < first
    assert any(line.startswith("```") for line in lines[example + 1 : first])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_rules_are_numbered_without_a_gap_and_say_must(page):
    found = re.findall(r"^(\d+)\. (.*(?:\n   .*)*)", page.read_text("utf-8"), re.MULTILINE)
    numbers = [int(number) for number, _ in found]
    assert len(numbers) >= 5
    # A second format on the same page begins anew.
    assert all(now in (before + 1, 1) for before, now in zip([0, *numbers], numbers, strict=False))
    assert sum("MUST" in rule for _, rule in found) >= 4


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_names_vectors_that_are_there(page):
    files = named(page)
    assert files
    for file in files:
        assert json.loads((ROOT / file).read_text("utf-8"))


def test_every_file_of_vectors_belongs_to_a_page_and_is_read_by_a_test():
    spoken = set().union(*(named(page) for page in PAGES))
    assert {path.relative_to(ROOT).as_posix() for path in VECTORS} == spoken
    # This file names none of them.
    read = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for path in VECTORS:
        assert f'vector("{path.stem}")' in read or f"{path.stem}.json" in read, path.stem


def test_what_is_said_of_other_pages_leads_somewhere():
    for page in PAGES:
        for other in re.findall(r"`([\w-]+)\.md`", page.read_text("utf-8")):
            assert (FOLDER / f"{other}.md").is_file(), f"{page.stem} speaks of {other}"
