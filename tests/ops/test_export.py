"""`muniment ledger export`: a file and its manifest, which the single-file verifier accepts, and refusals in words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.ledger.exported import faults
from tests.ops.commands import PATIENCE

from muniment.ledger import exporting
from muniment.ledger.exports.asked import UNBOUNDED
from muniment.ops.cli import exports as commands

PASSWORD = "a long enough passphrase"
AUDITOR = ("--login", "vi@lamp.example")


@pytest.fixture
def lamp(command):
    """A tenant with an auditor and an analyst, and what making them left in the ledger."""
    assert command("tenant", "create", "--name", "Lamp House", "--slug", "lamp").code == 0
    for login, role in (("vi@lamp.example", "auditor"), ("al@lamp.example", "analyst")):
        words = [
            "--tenant",
            "lamp",
            "--login",
            login,
            "--name",
            "Test Person",
            "--role",
            role,
            "--password-stdin",
        ]
        assert command("user", "create", *words, given=f"{PASSWORD}\n").code == 0
    words = ["case", "open", "--title", "A broken lantern", "--login", "al@lamp.example"]
    assert command(*words, given=f"{PASSWORD}\n\n").code == 0


@pytest.fixture
def export(command, lamp):
    def run(out: Path, *words: str, who: str = "vi@lamp.example"):
        return command(
            *("ledger", "export", "--out", str(out), "--login", who, "--json"),
            *words,
            given=f"{PASSWORD}\n\n",
        )

    return run


def test_a_stranger_verifies_what_was_written(command, export, tmp_path):
    out = tmp_path / "all.jsonl"
    ran = export(out, "--format", "ocsf", "--personal")
    assert (ran.code, ran.err) == (0, "")
    lines = out.read_bytes().splitlines()
    assert len(lines) == ran.json["entries"] >= 4
    assert [found for line in lines for found in faults(line)] == []
    assert 3002 in {json.loads(line)["class_uid"] for line in lines}
    assert oct(out.stat().st_mode & 0o777) == "0o600"

    assert command("ledger", "verifier", "--out", str(tmp_path / "verify.py")).code == 0
    keys = [one["keys"] for one in command("ledger", "checkpoint", "--json").json["checkpoints"]]
    (tmp_path / "keys").write_text("".join(keys))
    check = [
        sys.executable,
        "-I",
        "verify.py",
        "all.jsonl",
        "--manifest",
        "all.jsonl.manifest.json",
        "--trust",
        "keys",
    ]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, "VERIFIED" in done.stdout) == (0, True), done.stdout
    out.write_bytes(out.read_bytes().replace(b"cases.open", b"cases.shut"))
    assert (
        subprocess.run(check, cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False).returncode
        == 1
    )


def test_parts_go_on_where_the_one_before_ended(export, tmp_path):
    words = ("--format", "csv", "--kind", "access.create_person", "--outcome", "done", "--from", "2020-01-01")
    first = export(tmp_path / "1.csv", *words, "--limit", "1").json
    assert first["entries"] == 1
    then = export(tmp_path / "2.csv", *words, "--cursor", first["next"]).json
    assert (then["entries"], then["next"]) == (1, None)
    assert export(tmp_path / "3.csv", *words, "--cursor", first["next"]).json["sha256"] == then["sha256"]
    told = export(tmp_path / "4.csv", *words, "--to", "2020-01-02").json
    assert told["entries"] == 0


def test_words_for_people_name_file_manifest_and_cursor(command, lamp, tmp_path):
    words = [
        "ledger",
        "export",
        "--format",
        "cef",
        "--out",
        str(tmp_path / "x.cef"),
        "--limit",
        "1",
        *AUDITOR,
    ]
    shown = command(*words, given=f"{PASSWORD}\n\n").out
    assert "x.cef: 1 entry, " in shown
    assert "x.cef.manifest.json" in shown
    assert "--cursor " in shown


def test_nothing_is_overwritten_and_who_may_not_is_refused(export, tmp_path):
    (tmp_path / "here").write_text("kept")
    ran = export(tmp_path / "here", "--format", "csv")
    assert (ran.code, ran.json["error"]) == (1, "clash")
    assert (tmp_path / "here").read_text() == "kept"
    refused = export(tmp_path / "there", "--format", "csv", who="al@lamp.example")
    assert (refused.code, refused.json["error"]) == (1, "refused")
    assert export(tmp_path / "there", "--format", "csv", "--from", "soon").json["error"] == "invalid"
    assert export(tmp_path / "none" / "there", "--format", "csv").json["error"] == "busy"
    assert not (tmp_path / "there").exists()


def test_a_file_that_is_not_as_it_was_put_on_record_does_not_stay(export, tmp_path, monkeypatch):
    real = exporting.stream

    def other(actor, *, export_id):
        made, pieces = real(actor, export_id=export_id)
        return made, [*pieces, b"one more\n"]

    monkeypatch.setattr(commands.exporting, "stream", other)
    ran = export(tmp_path / "bent.csv", "--format", "csv")
    assert (ran.code, ran.json["error"]) == (1, "clash")
    assert list(tmp_path.iterdir()) == []
    assert UNBOUNDED > 10**9
