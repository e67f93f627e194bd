"""Titles that must be there, and rows that change outside every action."""

from __future__ import annotations

import pytest

from muniment.spine import session
from muniment.spine.errors import Invalid
from muniment.vault import rules


def test_a_title_that_is_missing_is_asked_for():
    with pytest.raises(Invalid, match="title is missing"):
        rules.require_text("  ", field="title")
    assert rules.require_text("  ", field="owner", needed=False) == ""


def test_outside_an_action_no_row_is_noted():
    session.touched("cases_case", "1")
    with session.open_action("cases.open") as rows:
        session.touched("cases_case", "2")
        assert rows == {("cases_case", "2")}
