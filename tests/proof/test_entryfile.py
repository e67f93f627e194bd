"""The file of one entry: taken when place and time hold, refused by the member that does not; by the command too."""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from pathlib import Path

import pytest
from tests.proof.stamped import ROOT, pem
from tests.proof.timed_log import Stamped, stamped

from muniment.proof.archive import write_archive
from muniment.proof.command import main
from muniment.proof.entryfile import verify_entry
from muniment.proof.entrywriter import write_entry
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.merkle import inclusion_proof
from muniment.proof.pack import Event
from muniment.proof.report import FAILED, NOT_CHECKED, PASSED, Report
from muniment.proof.succession import write_succession

PLACE = 2
VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "time-bounds.json"


def written(made: Stamped, succession: bytes = b"") -> bytes:
    hashes = inclusion_proof(PLACE, 6, made.tenant.node)
    event = Event(PLACE, made.tenant.entries[PLACE], hashes)
    keys = [key.encode() for key in made.tenant.signer.keys]
    return write_entry(event, made.checkpoint, keys, made.members, succession)


def again(raw: bytes, **changes: bytes | None) -> bytes:
    """Write the file again with other members; None leaves one out."""
    held = zipfile.ZipFile(io.BytesIO(raw))
    members = {name: held.read(name) for name in held.namelist()} | changes
    out = io.BytesIO()
    kept = sorted((name, one) for name, one in members.items() if one is not None)
    write_archive(out, ((name, len(one), zlib.crc32(one), [one]) for name, one in kept))
    return out.getvalue()


def judged(raw: bytes, made: Stamped, roots: bytes | None = pem(ROOT)) -> Report:
    return verify_entry(io.BytesIO(raw), made.tenant.signer.vkeys(), None, roots)


def test_place_and_time_of_an_entry_are_said_apart_from_each_other(tmp_path: Path) -> None:
    made = stamped()
    raw = written(made)
    found = judged(raw, made)
    assert found.verified
    assert found.outcomes() == {
        "authentic": PASSED,
        "included": PASSED,
        "witnessed": NOT_CHECKED,
        "timed": PASSED,
        "complete": NOT_CHECKED,
    }
    assert (found.shown["entry"], found.shown["class"]) == (PLACE, "system.change")
    (tmp_path / "entry.zip").write_bytes(raw)
    # Without keys from outside it is said loudly that they came with the file.
    assert verify_entry(tmp_path / "entry.zip").state("keys") == NOT_CHECKED
    with pytest.raises(Unreadable):
        verify_entry(tmp_path / "none.zip")


def test_the_keys_may_have_followed_each_other() -> None:
    made = stamped()
    raw = written(made, write_succession(made.tenant.origin, []))
    assert judged(raw, made).verified


def test_a_file_that_is_not_that_of_an_entry_is_refused_by_the_member() -> None:
    made = stamped()
    raw = written(made)
    other = stamped(6, 4)
    for changes, name, check in (
        ({"checkpoint": None}, "checkpoint", "statement"),
        ({"statement.json": b"{}"}, "statement.json", "statement"),
        ({"time/after.head": None}, "time/after.head", "statement"),
        ({"time/third.tsr": b""}, "time/third.tsr", "statement"),
        ({"checkpoint": made.tenant.signed(5)}, "proofs/0001.tlog-proof", "inclusion"),
        ({"checkpoint": made.house.signed(2)}, "", "log"),
        ({"events/0001.json": made.tenant.event(3)}, "proofs/0001.tlog-proof", "inclusion"),
        ({"time/after.json": other.members["time/after.json"]}, "time/after.tlog-proof", "timed"),
    ):
        found = judged(again(raw, **changes), made)
        assert (found.verified, found.state(check)) == (False, FAILED), name
        assert name in found.text(), name
    assert "statement" in judged(b"PK", made).text()


def test_what_would_be_refused_is_not_written() -> None:
    made = stamped()
    made.members["time/after-1.tsr"] = made.members["time/before-1.tsr"]
    with pytest.raises(Malformed, match="would be refused"):
        written(made)


def test_the_readme_says_what_is_missing_and_how_to_check_the_rest() -> None:
    made = stamped()
    made.members = {}
    text = zipfile.ZipFile(io.BytesIO(written(made))).read("README.txt").decode()
    assert "Not after: not yet" in text
    assert "Not before: nobody said" in text
    whole = zipfile.ZipFile(io.BytesIO(written(stamped()))).read("README.txt").decode()
    assert "openssl ts -verify -in time/after-1.tsr -data time/after.head" in whole
    assert "Not after: not yet" not in whole


def test_the_command_takes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = stamped()
    files = {"entry.zip": written(made), "keys": made.tenant.signer.vkeys(), "roots": pem(ROOT), "none": b""}
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    at = {name: str(tmp_path / name) for name in files}
    given = [at["entry.zip"], "--entry", "--trust", at["keys"], "--authorities"]
    assert main([*given, at["roots"]]) == 0
    assert "between 2026-11-22T12:00:00Z and 2026-11-22T13:00:00Z, said by signer." in capsys.readouterr().out
    assert main([*given, at["none"]]) == 2
    assert main([*given, str(tmp_path / "nowhere")]) == 2


def test_the_vectors_say_the_same() -> None:
    held = json.loads(VECTORS.read_text("utf-8"))
    raw, keys = base64.b64decode("".join(held["file"])), held["vkeys"].encode()
    roots = held["authorities"].encode()
    found = verify_entry(io.BytesIO(raw), keys, None, roots)
    assert (found.verified, found.state("timed"), found.shown["timed"]) == (True, PASSED, held["told"])
    assert verify_entry(io.BytesIO(raw), keys).shown["timed"] == held["told_without_authorities"]
    for one in held["refused"]:
        bent = again(raw, **{one["member"]: base64.b64decode(one["bytes"])})
        found = verify_entry(io.BytesIO(bent), keys, None, roots)
        assert (found.state("timed"), one["note"] in found.text()) == (FAILED, True), one["member"]
