"""`muniment ledger stream` writes what a stranger verifies with verify.py alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.ops.commands import PATIENCE

PASSWORD = "a long enough passphrase"
AUDITOR = ("--login", "vi@wharf.example")


@pytest.fixture
def wharf(command):
    """A tenant with an auditor, an analyst and one case; returns the name of the case's stream."""
    assert command("tenant", "create", "--name", "Wharf House", "--slug", "wharf").code == 0
    for login, role in (("vi@wharf.example", "auditor"), ("al@wharf.example", "analyst")):
        given = ("--tenant", "wharf", "--login", login, "--name", "Test Person", "--role", role)
        assert command("user", "create", *given, "--password-stdin", given=f"{PASSWORD}\n").code == 0
    words = ("case", "open", "--title", "A broken lantern", "--login", "al@wharf.example", "--json")
    ran = command(*words, given=f"{PASSWORD}\n\n")
    assert ran.code == 0
    return f"cases.Case/{ran.json['id']}"


@pytest.fixture
def stream(command, wharf):
    def run(*words, who=AUDITOR):
        return command("ledger", "stream", *words, *who, "--json", given=f"{PASSWORD}\n\n")

    return run


def test_a_stranger_reads_that_the_stream_of_a_case_is_whole(command, stream, wharf, tmp_path):
    out = tmp_path / "case.stream.json"
    ran = stream(wharf, "--out", str(out))
    assert (ran.code, ran.err) == (0, "")
    assert (ran.json["entries"], ran.json["classes"]) == (1, {"case.change": 1})
    assert command("ledger", "verifier", "--out", str(tmp_path / "verify.py")).code == 0
    heads = command("ledger", "checkpoint", "--json").json["checkpoints"]
    (tmp_path / "keys").write_text("".join(one["keys"] for one in heads))
    alone = [sys.executable, "-I", "verify.py", out.name, "--stream", "--trust", "keys", "--json"]
    told = subprocess.run(alone, cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False)
    assert told.returncode == 0, told.stdout
    assert json.loads(told.stdout)["outcomes"]["complete"] == "passed"
    absent = tmp_path / "absent.json"
    ran = stream(f"tag:{'0' * 32}", "--out", str(absent))
    assert (ran.code, ran.json["entries"]) == (0, 0)
    assert command("ledger", "verify", "--deep").code == 0


def test_what_cannot_be_asked_is_refused_in_words(command, stream, wharf, tmp_path):
    out = tmp_path / "x"
    ran = stream("cases.Case/none", "--out", str(out))
    assert (ran.code, out.exists()) == (1, False)
    assert "Nothing was ever logged under this name." in str(ran.json)
    assert stream("tag:xyz", "--out", str(out)).code == 1
    assert stream("tag:00", "--out", str(out)).code == 1
    out.write_text("kept")
    ran = stream(wharf, "--out", str(out))
    assert (ran.code, out.read_text()) == (1, "kept")
