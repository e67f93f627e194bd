"""`muniment ledger timed`: one entry with the proof of its place and of its time, written to a file."""

from __future__ import annotations

from tests.ledger.conftest import clocks as clocks  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.stamps import NOON, ask
from tests.ledger.test_timed_entries import entry_of, opened_at

from muniment.proof.entryfile import verify_entry


def test_the_command_writes_the_file_and_says_what_it_bounds(command, clocks, town, ada, tmp_path):
    clocks.open()
    subject = opened_at(NOON, ada)
    ask(clocks)
    placed = entry_of(town.example, subject)
    out = tmp_path / "entry.zip"
    ran = command("ledger", "timed", str(placed.id), "--out", str(out), "--json")
    assert (ran.code, ran.json["entry"]) == (0, placed.idx)
    assert "not after 2026-11-22T12:00:00Z" in ran.json["time"]
    assert verify_entry(out).verified
    assert command("ledger", "timed", str(placed.id), "--out", str(out)).code != 0
    other = tmp_path / "other.zip"
    assert command("ledger", "timed", "00000000-0000-4000-8000-000000000000", "--out", str(other)).code != 0
    assert not other.exists()
