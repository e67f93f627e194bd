"""Receipts on the command line: saved by what writes, asked for again, and held against the log."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.ops.commands import PATIENCE, environment, muniment

from muniment.ledger import logs, receipts
from muniment.ledger.action import receipts as collected
from muniment.ledger.trust import accepting
from muniment.ops.cli import receipts as commands
from muniment.proof.receipt import parse_receipt, split_receipts
from muniment.spine import ports

PASSWORD = "a long enough passphrase"


@pytest.fixture
def ann(command):
    assert command("tenant", "create", "--name", "Wick and Oil", "--slug", "wick").code == 0
    words = ["--tenant", "wick", "--login", "ann@wick.example", "--name", "Test Person", "--role", "analyst"]
    assert command("user", "create", *words, "--password-stdin", given=f"{PASSWORD}\n").code == 0

    def act(*words):
        return command(*words, "--login", "ann@wick.example", given=f"{PASSWORD}\n\n")

    return act


@pytest.fixture
def saved(ann, tmp_path):
    """A file with the receipt of a case that was opened."""
    file = tmp_path / "receipt"
    ran = ann("case", "open", "--title", "A broken lantern", "--receipt", str(file))
    assert (ran.code, ran.err) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    return file


def log_of(file):
    origin = parse_receipt(split_receipts(file.read_bytes())[0]).origin
    return next(log for log in logs.every() if log.origin == origin)


def test_a_command_that_writes_saves_its_receipts_and_they_are_honoured(command, saved):
    waits = command("ledger", "verify", "--receipt", str(saved))
    assert (waits.code, "NOT YET DUE. It is not in the log yet" in waits.out) == (2, True)
    assert command("ledger", "settle").code == 0
    kept = command("ledger", "verify", "--receipt", str(saved), "--json")
    told = kept.json["receipts"]
    assert kept.code == 0
    assert {one["state"] for one in told} == {"honoured"}
    assert [one["entry"] for one in told] == [
        parse_receipt(one).entry for one in split_receipts(saved.read_bytes())
    ]


def test_keys_from_elsewhere_and_a_copied_folder_tell_the_same(command, saved, tmp_path):
    assert command("ledger", "settle").code == 0
    log = log_of(saved)
    (tmp_path / "keys").write_text(log.vkeys)
    shutil.copytree(logs.folder(log), tmp_path / "copy")
    words = ("ledger", "verify", "--receipt", str(saved), "--trust", str(tmp_path / "keys"))
    assert command(*words).code == 0
    ran = command(*words, "--folder", str(tmp_path / "copy"))
    assert (ran.code, "HONOURED. It stands in the log as entry" in ran.out) == (0, True)
    (tmp_path / "copy" / "receipt-key").unlink()
    ran = command(*words, "--folder", str(tmp_path / "copy"))
    assert (ran.code, "A file of the log is missing" in ran.err) == (1, True)


def test_one_that_was_not_honoured_ends_with_1(command, saved):
    with ports.frozen(clock=ports.now() + timedelta(minutes=2)):
        ran = command("ledger", "verify", "--receipt", str(saved))
    assert (ran.code, "DISHONOURED. It is not in the log, and it was due at" in ran.out) == (1, True)


def test_a_receipt_is_had_again_by_the_identifier_of_its_entry(command, saved):
    raw = split_receipts(saved.read_bytes())[0]
    entry = parse_receipt(raw).entry
    assert command("ledger", "receipt", entry).out.strip().encode() == raw.strip()
    assert command("ledger", "settle").code == 0
    again = command("ledger", "receipt", entry, "--json").json
    assert parse_receipt(again["receipt"].encode()).leaf == parse_receipt(raw).leaf
    nothing = command("ledger", "receipt", str(uuid4()))
    assert (nothing.code, "no such entry" in nothing.err) == (1, True)


@pytest.mark.parametrize("more", [["--deep"], ["--folder", "."], ["--hashes-only"]])
def test_what_does_not_go_with_a_receipt_is_refused(command, saved, more):
    ran = command("ledger", "verify", "--receipt", str(saved), *more)
    assert (ran.code, "--receipt stands alone" in ran.err) == (1, True)


def test_files_that_are_no_receipts_are_refused(command, saved, tmp_path):
    ran = command("ledger", "verify", "--receipt", str(tmp_path / "nothing"))
    assert (ran.code, "cannot be read" in ran.err) == (1, True)
    saved.write_bytes(b"words\n")
    assert command("ledger", "verify", "--receipt", str(saved)).code == 1
    saved.write_bytes(b"muniment.receipt/1\nwords\n")
    assert command("ledger", "verify", "--receipt", str(saved)).code == 1


def test_a_file_that_is_there_or_cannot_be_made_stops_the_command_before_it_does_anything(
    command, ann, saved, tmp_path
):
    before = len(ann("case", "list", "--json").json)
    for file, said in ((saved, "is there already"), (tmp_path / "no" / "place", "cannot be made")):
        ran = ann("case", "open", "--title", "Another one", "--receipt", str(file))
        assert (ran.code, said in ran.err) == (1, True)
    assert len(ann("case", "list", "--json").json) == before


def test_a_full_disk_says_that_it_is_done_and_how_to_ask_again(ann, tmp_path, monkeypatch):
    class Full:
        def write(self, _raw):
            raise OSError(errno.ENOSPC, "no space")

        def close(self):
            pass

    monkeypatch.setattr(commands, "begin", lambda _file: Full())
    ran = ann("case", "open", "--title", "A broken lantern", "--receipt", str(tmp_path / "r"))
    assert ran.code == 1
    assert "It is done and on record, but its receipts could not be written." in ran.err
    assert "muniment ledger receipt " in ran.err


def test_what_concerns_the_installation_has_its_receipt_in_the_installations_log(db, ada, operator):
    with collected() as events:
        accepting.propose_policy(operator, body="quorum none\n")
    made = receipts.of_answer(ada.tenant, events)
    assert {parse_receipt(one).origin for one in made} == {logs.of(operator.tenant).origin}


KILLED = """
import os, signal
from muniment.ops.cli import answers
answers.answer = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
from muniment.ops.cli import main
main()
"""


def test_killed_between_commit_and_receipt_it_is_done_and_its_receipt_is_had_afterwards(installed, tmp_path):
    words = ["--login", "kim@wick.example", "--name", "Test Person", "--role", "analyst", "--password-stdin"]
    made = muniment("user", "create", "--tenant", "wick", *words, home=installed, given=f"{PASSWORD}\n")
    assert made.code == 0, made.err
    file = tmp_path / "receipt"
    words = ["case", "open", "--title", "A broken lantern", "--login", "kim@wick.example"]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *words, "--receipt", str(file), "--home", str(installed)],
        env=environment(),
        input=f"{PASSWORD}\n\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    assert file.read_bytes() == b""
    again = muniment(
        "case", "list", "--login", "kim@wick.example", "--receipt", str(tmp_path / "next"), "--json",
        home=installed, given=f"{PASSWORD}\n\n",
    )  # fmt: skip
    assert (again.code, "A broken lantern" in again.out) == (0, True)
    assert muniment("ledger", "settle", home=installed).code == 0
    kept = muniment("ledger", "verify", "--receipt", str(tmp_path / "next"), home=installed)
    assert (kept.code, "HONOURED" in kept.out) == (0, True)
    assert muniment("ledger", "verify", "--deep", home=installed).code == 0
