"""Time from outside for one entry: asked for on the page, carried away in one file, checked without us."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.stamps import NOON, Clocks, ask, at, stamps

from muniment.cases import actions as cases
from muniment.ledger import jobs, logs, publish
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.time import asking, stamping
from muniment.proof.entryfile import verify_entry
from muniment.proof.report import FAILED, NOT_CHECKED
from muniment.proof.standalone import verifier_source
from muniment.proof.timed import NO_TOKENS, ONLY_A_TEST
from muniment.spine.errors import Absent, Busy, Refused
from muniment.spine.models import Job
from muniment.spine.scope import tenant_scope

HOUR = timedelta(hours=1)


def opened_at(moment: Any, ada: Any) -> str:
    with at(moment):
        return f"cases.Case/{cases.open_case(ada, title='Is it kept?').id}"


def entry_of(tenant: Any, subject: str) -> Entry:
    with tenant_scope(tenant):
        found: Entry = Entry.objects.get(subject=subject, kind="cases.open")
        return found


def file_of(entry: Entry) -> bytes:
    with tenant_scope(entry.tenant_id):
        return asking.entry_file(entry)


@pytest.fixture
def between(clocks: Clocks, town: Any, ada: Any) -> Entry:
    """An entry between two tokens."""
    clocks.open()
    clocks.open("two")
    opened_at(NOON - HOUR, ada)
    ask(clocks)
    subject = opened_at(NOON + HOUR / 2, ada)
    ask(clocks, NOON + HOUR)
    return entry_of(town.example, subject)


def test_the_file_of_an_entry_says_between_which_moments_it_was_logged(
    between: Entry, clocks: Clocks, tmp_path: Path
) -> None:
    raw = file_of(between)
    (tmp_path / "verify.py").write_text(verifier_source(), "utf-8")
    (tmp_path / "entry.zip").write_bytes(raw)
    (tmp_path / "keys").write_text(logs.of(between.tenant_id).vkeys)
    roots = b"".join(one.root_pem for one in clocks.made.values())
    (tmp_path / "roots.pem").write_bytes(roots)
    command = [sys.executable, "-I", "verify.py", "entry.zip", "--entry", "--trust", "keys", "--json"]
    done = subprocess.run(
        [*command, "--authorities", "roots.pem"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["pack"]["timed"] == (
        "between 2026-11-22T12:00:00Z and 2026-11-22T13:00:00Z, said by Muniment test authority, Muniment."
        f" {ONLY_A_TEST}"
    )
    assert told["pack"]["entry"] == between.idx
    assert told["outcomes"]["timed"] == NOT_CHECKED
    zipfile.ZipFile(io.BytesIO(raw)).extractall(tmp_path / "out")
    readme = (tmp_path / "out/README.txt").read_text()
    lines = [line.strip() for line in readme.splitlines() if line.strip().startswith("openssl ts")]
    assert len(lines) == 4
    for line in lines:
        words = line.replace("AUTHORITY.pem", "../roots.pem").split()
        done = subprocess.run(words, cwd=tmp_path / "out", capture_output=True, timeout=60, check=False)
        assert b"Verification: OK" in done.stdout, done.stderr


def test_nothing_of_the_entry_is_opened_in_its_file(between: Entry) -> None:
    held = zipfile.ZipFile(io.BytesIO(file_of(between)))
    assert json.loads(held.read("events/0001.json"))["openings"] == []
    assert b"Is it kept?" not in b"".join(held.read(name) for name in held.namelist())
    shown = json.loads(held.read("time/before.json"))["openings"]
    assert {one["path"] for one in shown} == {"action", "facts.tokens", "outcome"}


def test_an_entry_after_the_last_token_says_that_nobody_bounds_it_above_yet(
    between: Entry, clocks: Clocks, ada: Any, town: Any
) -> None:
    subject = opened_at(NOON + 2 * HOUR, ada)
    with at(NOON + 2 * HOUR):
        publish.settle()
    found = verify_entry(io.BytesIO(file_of(entry_of(town.example, subject))))
    assert found.verified
    assert found.shown["timed"].startswith("not before 2026-11-22T13:00:00Z; not after: not yet, said by")
    del between, clocks


def test_without_any_authority_the_file_says_so(db: None, town: Any, ada: Any) -> None:
    subject = opened_at(NOON, ada)
    publish.settle()
    found = verify_entry(io.BytesIO(file_of(entry_of(town.example, subject))))
    assert (found.verified, found.shown["timed"]) == (True, NO_TOKENS)


def test_what_waits_for_its_place_has_no_file_yet(db: None, town: Any, ada: Any) -> None:
    publish.settle()
    subject = opened_at(NOON, ada)
    with tenant_scope(town.example):
        waiting = Outbox.objects.get(subject=subject)
        with pytest.raises(Busy, match="No checkpoint"):
            asking.entry_file(waiting)


def test_a_log_whose_files_are_damaged_hands_nothing_out(between: Entry) -> None:
    folder = logs.folder(logs.of(between.tenant_id))
    for tile in (folder / "tile/0").glob("**/*"):
        if tile.is_file():
            tile.write_bytes(b"x" * (tile.stat().st_size - 1))
    with pytest.raises(Busy, match="wrong length") as told:
        file_of(between)
    assert "verify --deep" in told.value.todo


def test_files_of_two_entries_cannot_be_mixed(between: Entry, clocks: Clocks, ada: Any, town: Any) -> None:
    subject = opened_at(NOON + 2 * HOUR, ada)
    ask(clocks, NOON + 3 * HOUR)
    keys = logs.of(town.example).vkeys.encode()
    mine, other = file_of(between), file_of(entry_of(town.example, subject))
    for name in ("time/after-1.tsr", "time/after.head", "time/before-1.tsr", "time/before.head"):
        found = verify_entry(io.BytesIO(mixed(mine, other, name)), keys)
        assert found.state("timed") == FAILED, name
        assert name.split(".")[0].split("-")[0] in found.text(), name


def mixed(mine: bytes, other: bytes, name: str) -> bytes:
    """Return the first file with one member of the second."""
    import zlib  # only here

    from muniment.proof.archive import write_archive  # only here

    held, theirs = (zipfile.ZipFile(io.BytesIO(raw)) for raw in (mine, other))
    members = {one: held.read(one) for one in held.namelist()} | {name: theirs.read(name)}
    out = io.BytesIO()
    write_archive(out, ((one, len(raw), zlib.crc32(raw), [raw]) for one, raw in sorted(members.items())))
    return out.getvalue()


def test_who_asks_for_the_time_is_on_record_and_the_job_asks(
    clocks: Clocks, town: Any, otto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks.open()
    clocks.open("two")
    monkeypatch.setattr(stamping, "_post", clocks.post)
    with at(NOON):
        assert asking.ask_time(otto) == ("one", "two")
        with pytest.raises(Busy, match="a moment ago"):
            asking.ask_time(otto)
        assert Job.objects.filter(path=asking.PERFORM).count() == 1
        Job.objects.filter(path=asking.PERFORM).delete()
        assert jobs.ask_time.func() == 2
        with pytest.raises(Busy, match="a moment ago"):
            asking.ask_time(otto)
    assert [one.authority for one in stamps()] == ["one", "two"]
    with tenant_scope(town.example):
        entry = Entry.objects.get(kind="ledger.ask_time")
        assert opened_event(entry).facts["authorities"] == ["one", "two"]
    with at(NOON + HOUR):
        assert asking.ask_time(otto) == ("one", "two")


def test_not_everybody_may_have_them_asked_and_nobody_is_asked_where_none_is_named(
    clocks: Clocks, town: Any, otto: Any, vera: Any, ada: Any
) -> None:
    with pytest.raises(Absent, match="No time-stamp authority"):
        asking.ask_time(otto)
    clocks.open()
    for one in (vera, ada):
        with pytest.raises(Refused):
            asking.ask_time(one)
    assert not Job.objects.filter(path=asking.PERFORM).exists()
    assert clocks.queries == []
    del town
