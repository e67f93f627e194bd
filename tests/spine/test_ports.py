"""The clock and chance are real unless somebody holds them, and only where he holds them."""

import threading
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from muniment.spine import ports

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_clock_gives_aware_times_in_utc() -> None:
    assert ports.now().utcoffset() == timedelta(0)
    assert ports.monotonic() <= ports.monotonic()


def test_chance_gives_as_many_bytes_as_asked_and_never_the_same() -> None:
    assert len(ports.random_bytes(33)) == 33
    assert ports.random_bytes(16) != ports.random_bytes(16)


def test_identifiers_are_random_uuids_of_version_4() -> None:
    one, two = ports.new_id(), ports.new_id()
    assert one != two
    assert (one.version, one.variant) == (4, uuid.RFC_4122)


def test_a_fixed_moment_is_told_in_utc_and_ends_with_the_block() -> None:
    with ports.frozen(clock=NOON.astimezone(timezone(timedelta(hours=2)))):
        assert ports.now() == NOON
        assert ports.now().tzinfo is UTC
        assert ports.monotonic() == NOON.timestamp()
    assert ports.now() != NOON


def test_a_clock_can_be_a_function_that_moves() -> None:
    moments = iter([NOON, NOON + timedelta(seconds=5)])
    with ports.frozen(clock=lambda: next(moments)):
        assert ports.monotonic() - ports.monotonic() == -5


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), ports.frozen(clock=datetime(2026, 3, 1)):  # noqa: DTZ001 - the fault itself
        pass


def test_the_same_seed_gives_the_same_bytes_however_they_are_cut() -> None:
    with ports.frozen(random=b"seed"):
        row = ports.random_bytes(100)
    with ports.frozen(random=b"seed"):
        assert b"".join(ports.random_bytes(n) for n in (1, 31, 33, 35)) == row
    with ports.frozen(random=b"other"):
        assert ports.random_bytes(100) != row


def test_chance_can_be_a_function() -> None:
    with ports.frozen(random=bytes):
        assert ports.random_bytes(3) == b"\0\0\0"
        assert ports.new_id() == uuid.UUID("00000000-0000-4000-8000-000000000000")


def test_what_is_not_given_stays_as_it_was() -> None:
    with ports.frozen(clock=NOON, random=bytes):
        with ports.frozen(random=b"seed"):
            assert ports.now() == NOON
            assert ports.random_bytes(2) != b"\0\0"
        with ports.frozen(clock=NOON + timedelta(days=1)):
            assert ports.random_bytes(2) == b"\0\0"
        assert ports.now() == NOON


def test_other_threads_keep_the_real_clock() -> None:
    seen: list[datetime] = []
    with ports.frozen(clock=NOON):
        thread = threading.Thread(target=lambda: seen.append(ports.now()))
        thread.start()
        thread.join()
    assert seen[0] != NOON
