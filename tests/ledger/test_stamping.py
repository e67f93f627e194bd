"""Time-stamps of outside authorities: asked, kept, put on record, and what they say of every entry."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import timedelta

import pytest
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from tests.ledger.stamps import NOON, ask, at, stamps

from muniment.ledger import logs, publish, verify
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened_event
from muniment.ledger.time import authorities, bounds, onrecord, stamping, tokens
from muniment.ledger.time.testing import new_authority
from muniment.spine.errors import Busy, Clash
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import actions

HOUR = timedelta(hours=1)


def kinds(tenant):
    with tenant_scope(tenant):
        return list(Entry.objects.order_by("idx").values_list("kind", flat=True))


def faults_anywhere(town):
    """Say what is wrong with any log; other tests may have founded tenants of their own in this process."""
    found = verify.verify(deep=True)
    assert set(found) >= {town.example, town.harbour, DEPLOYMENT}
    return [fault for one in found.values() for fault in one.faults]


def test_a_token_is_kept_and_stands_in_every_log_that_grew(clocks, town):
    clocks.open()

    (heard,) = ask(clocks)

    (row,) = stamps()
    assert (heard.fault, heard.digest, heard.size, heard.test) == ("", row.digest, row.size, True)
    assert (row.at, row.authority, row.test) == (NOON, "one", True)
    assert kinds(DEPLOYMENT).count("ledger.stamp") == 1
    assert kinds(town.example)[-1] == "ledger.note_stamp"
    with tenant_scope(town.example):
        noted = Entry.objects.order_by("-idx").first()
        assert opened_event(noted).facts["tokens"] == [row.digest]
    assert faults_anywhere(town) == []


def test_only_a_digest_and_a_number_leave_the_house(clocks, town):
    clocks.open()
    ask(clocks)
    (query,) = clocks.queries
    with tenant_scope(DEPLOYMENT):
        text = bounds.head_text(stamps()[0])
    assert hashlib.sha256(text).digest() in query
    assert len(query) < 100


def test_other_peoples_programs_take_our_tokens(clocks, town, tmp_path):
    made = clocks.open()
    ask(clocks)
    house = logs.of(DEPLOYMENT)
    (row,) = stamps()
    folder = tokens.place(house)
    command = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        folder / f"{row.digest}.head",
        "-CAfile",
        tmp_path / "one.pem",
    ]
    good = subprocess.run([*command, "-in", folder / f"{row.digest}.tsr"], capture_output=True, check=False)
    assert good.returncode == 0, good.stderr
    raw = tokens.read(house, row.digest)
    taken = VerifierBuilder(roots=[made.root]).build()
    assert taken.verify_message(decode_timestamp_response(raw), bounds.head_text(row))


def test_an_entry_lies_between_the_last_token_before_it_and_the_first_that_covers_it(clocks, town, operator):
    clocks.open()
    ask(clocks)
    with at(NOON + timedelta(minutes=20)):
        made = actions.found(operator, name="Third House", slug="third-house")
        publish.settle()
        with tenant_scope(made.id):
            entry = Entry.objects.get(idx=0)
            assert bounds.bounds(entry) == bounds.Bounds(None, None)
        with tenant_scope(town.example):
            old = Entry.objects.get(idx=0)
            assert bounds.bounds(old).not_before is None
            assert bounds.bounds(old).not_after.at == NOON
    ask(clocks, NOON + HOUR)
    with tenant_scope(made.id):
        found = bounds.bounds(entry)
        assert (found.not_before, found.not_after.at) == (None, NOON + HOUR)
        last = Entry.objects.order_by("-idx").first()
        assert last.kind == "ledger.note_stamp"
    with at(NOON + HOUR), tenant_scope(DEPLOYMENT):
        middle = Entry.objects.filter(kind="ledger.anchor").order_by("-idx").first()
        assert bounds.bounds(middle).not_before.at == NOON + HOUR
    ask(clocks, NOON + 2 * HOUR)
    with tenant_scope(DEPLOYMENT):
        found = bounds.bounds(middle)
        assert (found.not_before.at, found.not_after.at) == (NOON + HOUR, NOON + 2 * HOUR)
        assert found.not_after.test


def test_a_quiet_log_is_told_of_a_token_once_a_day(clocks, town):
    clocks.open()
    for hours in range(4):
        ask(clocks, NOON + hours * HOUR)
    assert kinds(town.example).count("ledger.note_stamp") == 1
    ask(clocks, NOON + 25 * HOUR)
    assert kinds(town.example).count("ledger.note_stamp") == 2
    assert kinds(DEPLOYMENT).count("ledger.stamp") == 5


def test_an_authority_is_asked_each_hour_and_sooner_when_it_gave_nothing(clocks, town, monkeypatch):
    clocks.open()
    monkeypatch.setattr(stamping, "_post", clocks.post)
    with at(NOON):
        publish.settle()
        assert len(stamping.ask_due(NOON)) == 1
    with at(NOON + HOUR / 2):
        assert stamping.ask_due(NOON + HOUR / 2) == []
    with at(NOON - HOUR):
        assert len(stamping.ask_due(NOON - HOUR)) == 1, (
            "a clock that was set back keeps nobody from being asked"
        )

    def away(_query):
        raise Busy("The destination does not answer in time, or broke off.")

    clocks.says["one"] = away
    with at(NOON + HOUR):
        (heard,) = stamping.ask_due(NOON + HOUR)
        assert "does not answer" in heard.fault
        assert stamping.ask_due(NOON + HOUR) == []
        (kept,) = stamping.last_heard()
        assert kept == heard
    clocks.says["one"] = clocks.made["one"].answer
    with at(NOON + HOUR + timedelta(minutes=6)):
        (heard,) = stamping.ask_due(NOON + HOUR + timedelta(minutes=6))
        assert heard.fault == ""


def test_one_authority_that_is_away_does_not_keep_the_other_from_being_heard(clocks, town):
    clocks.open("one")
    clocks.open("two")
    clocks.says["one"] = lambda _query: b""
    first, second = ask(clocks)
    assert first.fault
    assert (second.fault, second.name) == ("", "two")
    with at(NOON), tenant_scope(DEPLOYMENT):
        state = bounds.time_state()
        assert (state.named, state.late, state.test, state.last.authority) == (
            ("one", "two"),
            False,
            True,
            "two",
        )
        assert bounds.time_state(NOON + 4 * HOUR).late


def other_query(clocks):
    """Answer the request before this one."""
    return lambda _query: clocks.made["one"].answer(clocks.queries[0])


def flipped(clocks):
    def answer(query):
        raw = bytearray(clocks.made["one"].answer(query))
        raw[-1] ^= 1
        return bytes(raw)

    return answer


BAD = {
    "nothing": lambda _: lambda _query: b"",
    "a page": lambda _: lambda _query: b"<html>Sign in to this network</html>",
    "too large": lambda _: lambda _query: b"\x30" + b"x" * 70_000,
    "a refusal": lambda clocks: lambda _query: clocks.made["one"].answer(b""),
    "a stranger's": lambda _: lambda query: new_authority(NOON).answer(query),
    "an old one": other_query,
    "a forged one": flipped,
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_good_token_is_not_kept(clocks, town, what):
    clocks.open()
    ask(clocks)
    clocks.says["one"] = BAD[what](clocks)
    (heard,) = ask(clocks, NOON + HOUR)
    assert heard.fault.endswith(".")
    assert len(stamps()) == 1
    assert len(list(tokens.kept(logs.of(DEPLOYMENT)))) == 1


def test_a_token_under_another_policy_is_refused(clocks, town):
    clocks.open("one", policy="1.2.3.4")
    (heard,) = ask(clocks)
    assert "another policy" in heard.fault
    clocks.open("one", policy="2.999.3161")
    (heard,) = ask(clocks)
    assert heard.fault == ""


def test_clocks_that_differ_are_noticed(clocks, town):
    made = clocks.open()
    clocks.says["one"] = lambda query: made.answer(query, now=lambda: NOON - HOUR)
    (heard,) = ask(clocks)
    assert (heard.off, heard.far) == (3600, True)
    assert stamps()[0].at == NOON - HOUR


# --- faults, in pairs


def test_a_token_that_cannot_be_kept_is_none_and_the_next_one_is(clocks, town, monkeypatch):
    clocks.open()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tokens.os, "fsync", full)
        publish_faults = stamping._ask_one(
            logs.of(DEPLOYMENT), authorities.named()[0], b"x\n1\n" + b"A" * 43 + b"=\n", clocks.post
        )
    assert publish_faults[0].fault == "The token cannot be written to the disk."
    assert publish_faults[1] is None
    assert stamps() == []
    (heard,) = ask(clocks)
    assert heard.fault == ""


def test_a_token_that_was_kept_and_not_recorded_is_put_on_record_once(clocks, town, monkeypatch):
    made = clocks.open()
    with at(NOON):
        publish.settle()

    class Killed(BaseException):
        pass

    def killed(_fresh):
        raise Killed

    with monkeypatch.context() as patch, at(NOON):
        patch.setattr(stamping, "put", killed)
        with pytest.raises(Killed):
            stamping.ask(post=clocks.post)
    assert (len(stamps()), len(list(tokens.kept(logs.of(DEPLOYMENT))))) == (0, 1)

    clocks.says["one"] = lambda _query: b""
    ask(clocks, NOON + HOUR)
    assert [row.at for row in stamps()] == [NOON]
    ask(clocks, NOON + HOUR)
    assert len(stamps()) == 1
    assert kinds(town.example).count("ledger.note_stamp") == 1
    clocks.says["one"] = made.answer
    ask(clocks, NOON + 2 * HOUR)
    assert faults_anywhere(town) == []


def test_what_somebody_lays_beside_the_tokens_is_none(clocks, town):
    made = clocks.open()
    ask(clocks)
    house = logs.of(DEPLOYMENT)
    query = clocks.queries[0]
    foreign = b"somebody.example/log\n1\n" + b"A" * 43 + b"=\n"
    (tokens.place(house) / "half.tsr").write_bytes(b"x")
    tokens.keep(house, foreign, made.answer(query))
    tokens.keep(house, b"\xff", b"\x30\x00")
    tokens.keep(house, bounds.head_text(stamps()[0]), b"half a to")
    assert stamping.recover(house) == []
    (tokens.place(house) / ("0" * 64 + ".tsr")).write_bytes(made.answer(query, now=lambda: NOON))
    (tokens.place(house) / ("0" * 64 + ".head")).write_bytes(bounds.head_text(stamps()[0]))
    assert stamping.recover(house) == []


def test_a_token_goes_on_record_once(clocks, town):
    clocks.open()
    ask(clocks)
    (row,) = stamps()
    twice = onrecord.Fresh(row.authority, row.digest, row.size, row.root, row.at, 0, row.test)
    with pytest.raises(Clash, match="on record already"):
        onrecord.put(twice)
