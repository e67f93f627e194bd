"""The table of attacks: every attack of the list has its row, every row its test, every test of the attacks its row."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from muniment.ledger.checks import runs
from muniment.ledger.time import stamping
from muniment.ops.serving import looking, worker
from muniment.spine.config import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/threat-model.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
#: The attacks that were asked for, each by the words with which its row begins.
ASKED = (
    "edit",
    "delete middle",
    "delete tail",
    "drop a tenant",
    "insert",
    "backdate",
    "reorder",
    "fork two auditors",
    "roll back by restore and go on",
    "swap witness key or address",
    "replay an old checkpoint",
    "drop an outbox row",
    "forge a receipt",
    "dishonour a receipt",
    "disable triggers",
    "prune early",
    "fake an erasure",
    "strip cosignatures",
    "downgrade the algorithm",
    "duplicate an index",
    "move the clock",
    "rewrite inside the un-witnessed window",
)


def rows(title: str) -> list[list[str]]:
    """The rows of the tables below a heading, without their heads."""
    below = PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in below.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "attack" and set(row[0]) != {"-"}]


ATTACKS, UNSEEN = rows("The attacks"), rows("What nobody detects")


@cache
def collected(path: str) -> frozenset[str]:
    """The tests that pytest would collect from a file: functions at its top."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(
        one.name
        for one in tree.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
    )


def test_every_attack_that_was_asked_for_has_its_row():
    begun = [row[0] for row in ATTACKS]
    missing = [one for one in ASKED if not any(re.match(rf"{one}\b", words) for words in begun)]
    assert missing == []


@pytest.mark.parametrize("row", [*ATTACKS, *UNSEEN], ids=lambda row: row[0][:60])
def test_every_row_is_full_and_names_tests_that_exist(row):
    assert len(row) == (4 if row in UNSEEN else 5)
    assert all(row)
    named = NAMED.findall(row[-1])
    assert named, "a row without a test is a promise"
    assert NAMED.sub("", row[-1]).replace("<br>", "").strip() == "", "nothing else stands in the last cell"
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in collected(path), f"{path} has no test {name}"


#: What the words in the fourth cell are bounded by: who looks, and how often. The rest is up to whoever looks.
BOUNDS = {
    "five minutes": ("the worker's look at the tail", lambda: runs.TAIL_EVERY, timedelta(minutes=5)),
    "a day": ("the worker's look at everything", lambda: runs.WHOLE_EVERY, timedelta(days=1)),
    "an hour": ("the asking of authorities", lambda: stamping.EVERY, timedelta(hours=1)),
    "seconds": ("the asking of witnesses", lambda: timedelta(seconds=worker.ASK_EVERY), timedelta(seconds=5)),
    "60 s": (
        "the window that witnesses may leave open",
        lambda: timedelta(seconds=Settings.__dataclass_fields__["unwitnessed_seconds"].default),
        timedelta(seconds=60),
    ),
}
#: Words of that cell that name a moment and no length of time.
MOMENTS = {
    "at once",
    "always",
    "at the next start",
    "its deadline",
    "from its deadline on",
    "from the next token on",
    "the deadline of the receipt",
}


@pytest.mark.parametrize("words", BOUNDS)
def test_what_the_page_says_of_times_is_what_the_jobs_keep(words):
    what, kept, said = BOUNDS[words]
    assert kept() == said, what
    assert timedelta(seconds=looking.EVERY) < runs.TAIL_EVERY, "it looks more often whether a check is due"


@pytest.mark.parametrize("row", ATTACKS, ids=lambda row: row[0][:60])
def test_every_time_on_the_page_is_one_that_something_keeps(row):
    for word in re.split(r"[;,] ", row[3]):
        plain = re.sub("^(a witness in|else) ", "", word).removesuffix(" at the tail")
        assert plain in BOUNDS or plain in MOMENTS, word


def test_every_test_of_the_attacks_stands_in_a_table():
    named = set(NAMED.findall(PAGE))
    there = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "tests/attacks").glob("test_*.py")
        for name in collected(path.relative_to(ROOT).as_posix())
    }
    assert sorted(there - named) == []


def test_what_nobody_detects_is_said():
    assert len(UNSEEN) >= 10
