"""Rows that change outside every action are not noted."""

from __future__ import annotations

from muniment.spine import session


def test_outside_an_action_no_row_is_noted():
    session.touched("cases_case", "1")
    with session.open_action("cases.open") as rows:
        session.touched("cases_case", "2")
        assert rows == {("cases_case", "2")}
