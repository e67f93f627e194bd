"""The foot of a page says what leaves the house, from the settings, and never that nothing does where something may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from muniment.spine.config import Settings
from muniment.ui.words.leaving import leaving

NOTHING = "Nothing is sent elsewhere."


def said(home: Path, **given: Any) -> str:
    return " ".join(leaving(Settings(home=home, **given)))


def test_where_every_way_is_closed_nothing_is_sent(tmp_path: Path) -> None:
    assert said(tmp_path) == NOTHING


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"otlp_address": "https://logs.example:4318/v1/logs"},
            "sent on to the collector logs.example:4318.",
        ),
        ({"timestamp_authorities": ("one https://tsa.example a.pem",)}, "A digest of the ledger"),
        (
            {"timestamp_authorities": ("one https://a.example a.pem", "two https://b.example b.pem")},
            "time-stamped by one, two.",
        ),
        ({"witness_policy": "of-the-house"}, "Signed heads of the ledger are set to go to witnesses."),
        (
            {"witness_policy": "of-the-house", "witness_mirrors": ("https://w.example",)},
            "its sealed entries to who keeps a copy",
        ),
        ({"allow_egress": ("https://law.example",)}, "This installation may call law.example."),
    ],
)
def test_whatever_may_leave_is_said(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    text = said(tmp_path, **given)
    assert words in text
    assert NOTHING not in text


def test_a_file_of_witnesses_in_the_folder_counts_too(tmp_path: Path) -> None:
    (tmp_path / "witness.policy").write_text("quorum none\n")
    assert "witnesses" in said(tmp_path)


def test_an_authority_that_is_only_trusted_and_not_asked_sends_nothing(tmp_path: Path) -> None:
    assert said(tmp_path, timestamp_authorities=("one - a.pem",)) == NOTHING


def test_the_foot_of_a_page_says_it(render: Any) -> None:
    assert NOTHING in render("{% leaving %}")
