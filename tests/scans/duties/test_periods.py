"""Times in prose: what they limit, how long they are, which is longer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.scans.duties.periods import Kind, Order, compare, from_iso, periods


@pytest.mark.parametrize(
    ("text", "kind", "iso", "working"),
    [
        ("within five working days of discovery", Kind.AT_MOST, "P5D", True),
        ("within five (5) business days", Kind.AT_MOST, "P5D", True),
        ("no later than 96 hours after detection", Kind.AT_MOST, "PT96H", False),
        ("30 calendar days of receipt", Kind.AT_MOST, "P30D", False),
        ("at the latest within one month", Kind.AT_MOST, "P1M", False),
        ("4 hours after classification", Kind.AT_MOST, "PT4H", False),
        ("a 72-hour deadline", Kind.AT_MOST, "PT72H", False),
        ("within seventy-two hours", Kind.AT_MOST, "PT72H", False),
        ("kept for at least six months", Kind.AT_LEAST, "P6M", False),
        ("stored for a period of 10 years", Kind.LASTS, "P10Y", False),
        ("logs are deleted automatically after 90 days", Kind.LASTS, "P90D", False),
        ("at least every two years", Kind.EVERY, "P2Y", False),
        ("once every 3 years", Kind.EVERY, "P3Y", False),
        ("twice a year", Kind.EVERY, "P6M", False),
        ("at least once a year", Kind.EVERY, "P1Y", False),
        ("reviewed annually", Kind.EVERY, "P1Y", False),
        ("tested quarterly", Kind.EVERY, "P3M", False),
        ("the annual recovery test", Kind.EVERY, "P1Y", False),
    ],
)
def test_a_time_is_read(text: str, kind: Kind, iso: str, working: bool) -> None:  # noqa: FBT001 - a column of the table
    assert [(one.kind, one.iso, one.working) for one in periods(text)] == [(kind, iso, working)]


def test_figures_win_over_words_when_they_disagree() -> None:
    assert [one.iso for one in periods("within five (7) days")] == ["P7D"]


@pytest.mark.parametrize(
    "text", ["", "a day in May", "in 2030", "for 0 days", "within 9999 years", "Friday at 5"]
)
def test_what_is_no_period_is_left(text: str) -> None:
    assert [one for one in periods(text) if one.kind is not Kind.BARE] == []


@pytest.mark.parametrize(
    ("first", "second", "order"),
    [
        ("within 5 working days", "PT72H", Order.LONGER),
        ("within 3 working days", "PT72H", Order.UNCLEAR),
        ("within 2 working days", "PT72H", Order.UNCLEAR),
        ("within 96 hours", "PT72H", Order.LONGER),
        ("within 3 days", "PT72H", Order.EQUAL),
        ("within 48 hours", "PT72H", Order.SHORTER),
        ("within 45 days", "P1M", Order.LONGER),
        ("within 30 days", "P1M", Order.UNCLEAR),
        ("within four weeks", "P1M", Order.UNCLEAR),
        ("within 20 days", "P1M", Order.SHORTER),
        ("every 12 months", "P1Y", Order.EQUAL),
        ("every two years", "P1Y", Order.LONGER),
        ("for 90 days", "P6M", Order.SHORTER),
    ],
)
def test_which_is_longer(first: str, second: str, order: Order) -> None:
    assert compare(periods(first)[0], from_iso(second, kind=Kind.AT_MOST)) is order


def test_an_iso_duration_of_two_units_is_refused() -> None:
    with pytest.raises(ValueError, match="P1M2D"):
        from_iso("P1M2D", kind=Kind.AT_MOST)


@given(st.text(max_size=400))
def test_any_text_gives_periods_that_cut_out_their_words(text: str) -> None:
    for one in periods(text):
        assert text[one.start : one.end] == one.text
        assert 0 < one.low <= one.high


@given(st.integers(1, 900), st.sampled_from(["hour", "day", "working day", "week", "month", "year"]))
def test_a_period_is_never_longer_than_itself(amount: int, unit: str) -> None:
    one = periods(f"within {amount} {unit}s")[0]
    assert compare(one, one) is Order.EQUAL
