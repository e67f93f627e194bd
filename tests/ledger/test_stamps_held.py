"""Time-stamps on record that do not hold, authorities that are named wrongly, and the authority of the tests."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from rfc3161_client import decode_timestamp_response
from tests.ledger.stamps import NOON, ask, stamps

from muniment.ledger import logs, verify
from muniment.ledger.models import Entry
from muniment.ledger.time import authorities, bounds, stamping, tokens
from muniment.ledger.time.testing import authority_from_pem, new_authority
from muniment.proof.timestamp import parse_response
from muniment.spine.errors import Invalid
from muniment.spine.scope import DEPLOYMENT, tenant_scope

HOUR = timedelta(hours=1)


def test_a_token_that_is_gone_or_another_one_is_named_and_bounds_nothing(clocks, town):
    made = clocks.open()
    ask(clocks)
    (row,) = stamps()
    path = tokens.place(logs.of(DEPLOYMENT)) / f"{row.digest}.tsr"
    raw = path.read_bytes()
    with tenant_scope(town.example):
        entry = Entry.objects.get(idx=0)
        assert bounds.bounds(entry).not_after.digest == row.digest
        path.write_bytes(made.answer(clocks.queries[0], now=lambda: NOON - 9 * HOUR))
        assert bounds.bounds(entry).not_after is None
    assert verify.verify()[DEPLOYMENT].faults == [
        f"time-stamp of one at {row.size} entries: The file of a time-stamp is another one."
    ]
    path.unlink()
    assert "is missing" in verify.verify()[DEPLOYMENT].faults[0]
    path.write_bytes(raw)
    assert verify.verify()[DEPLOYMENT].faults == []


def test_tokens_of_an_authority_that_the_settings_do_not_name_bound_nothing(clocks, town):
    clocks.open()
    ask(clocks)
    line = clocks.lines.pop("one")
    clocks.name()
    assert "name no such" in verify.verify()[DEPLOYMENT].faults[0]
    with tenant_scope(town.example):
        assert bounds.bounds(Entry.objects.get(idx=0)).not_after is None
    clocks.lines["one"] = line.replace("https://one.example/stamp", "-")
    clocks.name()
    assert verify.verify()[DEPLOYMENT].faults == []
    assert stamping.ask_due(NOON + 9 * HOUR) == []


def test_when_the_nearest_token_does_not_hold_the_next_one_counts(clocks, town):
    clocks.open()
    ask(clocks)
    ask(clocks, NOON + HOUR)
    first, second = stamps()
    (tokens.place(logs.of(DEPLOYMENT)) / f"{first.digest}.tsr").unlink()
    with tenant_scope(town.example):
        assert bounds.bounds(Entry.objects.get(idx=0)).not_after.digest == second.digest
        noted = Entry.objects.filter(kind="ledger.note_stamp").get()
        assert bounds.bounds(noted).not_before is None


# --- the settings


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("one https://one.example", "not named as it must be"),
        ("One https://one.example FILE", "not named as it must be"),
        ("one http://one.example FILE", "does not begin with https"),
        ("one https://one.example FILE 1.x", "policy"),
        ("one https://one.example missing.pem", "cannot be read"),
        ("one https://one.example EMPTY", "no certificate"),
        ("one - FILE,one - FILE", "have one name"),
        ("one https://a FILE,two https://b FILE,three https://c FILE", "More than 2"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(clocks, town, tmp_path, line, why):
    clocks.open("real")
    (tmp_path / "empty.pem").write_bytes(b"")
    told = line.replace("FILE", str(tmp_path / "real.pem")).replace("EMPTY", str(tmp_path / "empty.pem"))
    clocks.lines = {"x": told}
    clocks.name()
    with pytest.raises(Invalid, match=why):
        authorities.named()
    with tenant_scope(DEPLOYMENT):
        assert bounds.time_state(NOON).unreadable


def test_the_test_authority_keeps_its_key_and_refuses_what_is_no_query():
    made = new_authority(NOON)
    again = authority_from_pem(made.to_pem())
    assert again.certificate == made.certificate
    for query in (b"", b"\x30\x00", b"\x30" + b"x" * 5000):
        assert decode_timestamp_response(again.answer(query)).status == 2
        with pytest.raises(ValueError, match="did not grant"):
            parse_response(again.answer(query))
    with pytest.raises(ValueError, match="PEM"):
        authority_from_pem(b"x")


def test_what_came_of_the_last_asking_is_kept_or_nothing(clocks, town):
    assert stamping.last_heard() == []
    clocks.open()
    ask(clocks)
    path = logs.folder(logs.of(DEPLOYMENT)) / stamping.ASKED
    assert json.loads(path.read_bytes())[0]["name"] == "one"
    path.write_text("[{}]")
    assert stamping.last_heard() == []
