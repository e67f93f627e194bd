"""Times, digests, numbers and states read as a colleague would say them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

import muniment.ui
from muniment.ui.words import digests, icons, numbers, statuses, times

NOW = dt.datetime(2026, 3, 12, 14, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (NOW, "today 14:05"),
        (NOW - dt.timedelta(hours=14), "today 00:05"),
        (NOW - dt.timedelta(hours=15), "yesterday 23:05"),
        (NOW + dt.timedelta(days=1), "tomorrow 14:05"),
        (NOW + dt.timedelta(days=3), "in 3 days"),
        (NOW + dt.timedelta(days=14), "in 14 days"),
        (NOW + dt.timedelta(days=15), "27 Mar 2026"),
        (NOW - dt.timedelta(days=2), "2 days ago"),
        (NOW - dt.timedelta(days=15), "25 Feb 2026"),
        (dt.date(2026, 3, 12), "today"),
        (dt.date(2026, 3, 13), "tomorrow"),
        (dt.date(2026, 3, 11), "yesterday"),
        (dt.date(2025, 12, 31), "31 Dec 2025"),
    ],
)
def test_a_time_is_said_as_people_say_it(when: dt.datetime | dt.date, words: str) -> None:
    with translation.override("en-gb"), timezone.override(dt.UTC):
        assert times.spoken(when, NOW) == words


def test_today_is_a_matter_of_where_the_reader_sits() -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    late = dt.datetime(2026, 3, 12, 16, 0, tzinfo=dt.UTC)
    with timezone.override(tokyo):
        assert times.spoken(late, NOW) == "tomorrow 01:00"


def test_the_exact_time_is_utc_whatever_zone_it_came_in() -> None:
    berlin = dt.datetime(2026, 3, 12, 15, 5, 9, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert times.exact(berlin) == "2026-03-12 14:05:09 UTC"
    assert times.machine(berlin) == "2026-03-12T14:05:09Z"
    assert times.exact(dt.date(2026, 3, 12)) == times.machine(dt.date(2026, 3, 12)) == "2026-03-12"


@pytest.mark.parametrize("ask", [times.exact, times.machine, lambda when: times.spoken(when, NOW)])
def test_a_time_without_a_zone_is_refused(ask: object) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        ask(dt.datetime(2026, 3, 12))  # type: ignore[operator]  # noqa: DTZ001 - the naive time is the test


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_any_time_can_be_said(when: dt.datetime) -> None:
    assert times.spoken(when, NOW)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (dt.timedelta(seconds=8), "8 s"),
        (dt.timedelta(minutes=12, seconds=5), "12 min"),
        (dt.timedelta(hours=4), "4 h"),
        (dt.timedelta(hours=4, minutes=30), "4 h 30 min"),
        (dt.timedelta(days=1, hours=2, minutes=3), "1 day 2 h"),
        (dt.timedelta(days=-3), "3 days"),
    ],
)
def test_a_length_is_said_in_its_largest_units(span: dt.timedelta, words: str) -> None:
    with translation.override("en-gb"):
        assert times.length(span) == words


def test_a_digest_is_shortened_to_what_people_compare() -> None:
    full = "3cf89d5c" + "0" * 52 + "4473"
    assert digests.shortened(full) == "3cf89d5c…4473"
    assert digests.shortened("sha256:" + full) == "3cf89d5c…4473"
    assert digests.shortened("abc123") == "abc123"


def test_a_share_always_names_its_whole() -> None:
    with translation.override("en-gb"):
        assert numbers.share(3, 14) == "3 of 14 (21 %)"
        assert numbers.share(0, 0) == "none of 0"
    assert numbers.counted(4812) == "4,812"
    assert numbers.counted(None) == "–"


def test_every_state_has_a_symbol_and_a_tone_that_exist() -> None:
    for status in statuses.STATUSES.values():
        assert status.icon in icons.ICONS
        assert status.tone in statuses.TONES
        assert str(status.word)
    assert set(statuses.TONE_ICONS) == statuses.TONES
    assert set(statuses.TONE_ICONS.values()) <= icons.ICONS


def test_states_that_may_stand_together_differ_in_symbol_and_not_only_in_colour() -> None:
    for group in (
        ("evidence", "conflict", "no_evidence", "cannot_tell", "unanchored"),
        ("official", "consolidated", "unofficial", "truncated", "invented"),
        ("alert", "also_consider", "clear"),
        ("open", "proposed", "decided", "void"),
        ("proven", "attention", "fault"),
    ):
        assert len({statuses.status_of(code).icon for code in group}) == len(group)
        assert len({statuses.status_of(code).letter for code in group}) == len(group)


def test_a_state_nobody_gave_a_word_never_reaches_a_page() -> None:
    with pytest.raises(LookupError):
        statuses.status_of("status_internal_7")
    assert statuses.status_of("Also consider") is statuses.status_of("also-consider")


def test_the_sprite_holds_exactly_the_symbols_that_have_names() -> None:
    sprite = (Path(muniment.ui.__file__).parent / "static" / "ui" / "icons.svg").read_text()
    assert set(re.findall(r'<symbol id="([a-z-]+)"', sprite)) == icons.ICONS
