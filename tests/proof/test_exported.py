"""An export and its manifest in a stranger's hands: good ones pass, any flipped byte is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof.small_log import NOON, ORIGIN, make_log, seeded

from muniment.proof.canonical import canonical, parse
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.command import main
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.exported import verify_export, write_export
from muniment.proof.leaf import Leaf, seal_fields
from muniment.proof.merkle import CompactRange, inclusion_proof, leaf_hash, root_of
from muniment.proof.report import FAILED, NOT_CHECKED, PASSED
from muniment.proof.signer import new_signer, sign_checkpoint
from muniment.proof.standalone import verifier_source
from muniment.proof.tlogproof import write_tlog_proof

RAW = b'{"index":2}\n{"index":5}\n{"index":9}\n'


@dataclass(frozen=True)
class Given:
    """A file with its manifest and the keys that were handed over in person."""

    file: Path
    manifest: bytes
    keys: bytes

    def state(self, manifest: bytes | None = None, keys: bytes | None = None) -> dict[str, str]:
        report = verify_export(self.file, manifest or self.manifest, keys or self.keys)
        return {one.name: one.state for one in report.checks}


def written(raw: bytes = RAW, fixed: dict[str, Any] | None = None, **facts: Any) -> tuple[bytes, bytes]:
    """Make the manifest of an export in a log of fourteen entries, and the log's keys."""
    log = make_log()
    held = {
        "bytes": len(raw),
        "entries": 3,
        "erased": 0,
        "filters": {"kind": "cases.decide"},
        "form": "ocsf",
        "range": {"end": 13, "first": 0, "size": 13},
        "sha256": sha256(raw).hexdigest(),
        "withheld": 1,
        **facts,
    }
    named = {
        "action": "ledger.export",
        "actor": "person/1",
        "at": "2030-01-02T12:00:00Z",
        "origin": {"address": "192.0.2.7"},
        "subject": "ledger.Export/1",
        "outcome": "done",
        **(fixed or {}),
    }
    commitments, openings = seal_fields(
        named, {name: value for name, value in held.items() if value is not None}, seeded("export")(32)
    )
    leaf = Leaf("export", commitments, 0, b"s" * 16, 1893585600, sha256(b"x").digest()).encode()
    entries = [*log.entries, leaf]

    def node(level: int, index: int) -> bytes:
        grown = CompactRange()
        for entry in entries[index << level : (index + 1) << level]:
            grown.append(leaf_hash(entry))
        return grown.root()

    head = sign_checkpoint(log.signer, Checkpoint(ORIGIN, len(entries), root_of(entries)), NOON)
    proof = write_tlog_proof(13, inclusion_proof(13, len(entries), node), head)
    shown = tuple(one for one in openings if one.path != "origin")
    return write_export(13, leaf, shown, proof, log.signer.vkeys().decode()), log.signer.vkeys()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Given:
    folder = tmp_path_factory.mktemp("export")
    manifest, keys = written()
    (folder / "ledger.jsonl").write_bytes(RAW)
    (folder / "ledger.manifest.json").write_bytes(manifest)
    (folder / "keys").write_bytes(keys)
    (folder / "verify.py").write_text(verifier_source(), "utf-8")
    return Given(folder / "ledger.jsonl", manifest, keys)


def test_a_good_export_passes_each_check_and_says_what_is_not_proved(good: Given) -> None:
    report = verify_export(good.file, good.manifest, good.keys)
    states = {one.name: one.state for one in report.checks}
    assert {name for name, state in states.items() if state == PASSED} == {
        *("manifest", "keys", "log", "quantum", "inclusion", "statement", "file")
    }
    assert {name for name, state in states.items() if state == NOT_CHECKED} == {
        "witnessed",
        "timed",
        "complete",
    }
    assert report.verified
    assert report.outcomes()["included"] == PASSED
    assert report.shown["filters"] == "kind cases.decide"
    assert report.shown["facts about persons"] == "withheld"
    assert report.withheld == ("origin", "cause", "rows")


@pytest.mark.parametrize("at", range(len(RAW)))
def test_any_changed_byte_of_the_file_is_refused(good: Given, tmp_path: Path, at: int) -> None:
    bent = tmp_path / "bent"
    bent.write_bytes(RAW[:at] + bytes([RAW[at] ^ 1]) + RAW[at + 1 :])
    assert Given(bent, good.manifest, good.keys).state()["file"] == FAILED


@pytest.mark.parametrize("raw", [b"", RAW[:-1], RAW + b"\n", RAW[12:], RAW + RAW])
def test_a_file_cut_off_or_grown_is_refused(good: Given, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "bent").write_bytes(raw)
    assert Given(tmp_path / "bent", good.manifest, good.keys).state()["file"] == FAILED


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_flipped_bit_of_the_manifest_is_refused(good: Given, data: st.DataObject) -> None:
    # What stands under "keys" is a copy for whoever has none, and is not used when keys were handed over.
    free = good.manifest.index(b'"keys"'), good.manifest.index(b'"proof"')
    at = data.draw(st.integers(0, len(good.manifest) - 1).filter(lambda one: not free[0] <= one < free[1]))
    bent = bytearray(good.manifest)
    bent[at] ^= 1 << data.draw(st.integers(0, 7))
    assert FAILED in good.state(bytes(bent)).values()


def test_without_keys_from_outside_it_is_said_loudly(good: Given) -> None:
    report = verify_export(good.file, good.manifest)
    assert report.state("keys") == NOT_CHECKED
    assert "CAME WITH THE MANIFEST" in report.text()
    assert report.state("file") == PASSED


def test_the_keys_of_somebody_else_are_refused(good: Given) -> None:
    assert good.state(keys=new_signer(ORIGIN).vkeys())["log"] == FAILED


def test_the_manifest_of_another_export_is_refused(good: Given) -> None:
    other, keys = written(b"1\n2\n3\n")
    assert good.state(other, keys)["file"] == FAILED


@pytest.mark.parametrize(
    ("facts", "fixed", "stage"),
    [
        ({}, {"action": "cases.read"}, "statement"),
        ({}, {"outcome": "refused"}, "statement"),
        ({"form": "xml"}, {}, "statement"),
        ({"entries": "3"}, {}, "statement"),
        ({"withheld": None}, {}, "statement"),
        ({"range": {"end": 14, "first": 0, "size": 14}}, {}, "statement"),
        ({"range": {"end": 1, "first": 2, "size": 13}}, {}, "statement"),
        ({"range": {"end": 1, "first": 0}}, {}, "statement"),
        ({"entries": 2}, {}, "file"),
        ({"form": "csv"}, {}, "file"),
        ({"bytes": 12}, {}, "file"),
    ],
)
def test_an_entry_that_is_no_such_export_is_refused(good: Given, facts: Any, fixed: Any, stage: str) -> None:
    manifest, keys = written(fixed=fixed, **facts)
    assert good.state(manifest, keys)[stage] == FAILED


def test_facts_about_persons_are_said_to_be_shown(good: Given) -> None:
    manifest, keys = written(fixed={"action": "ledger.export_personal"}, filters={})
    report = verify_export(good.file, manifest, keys)
    assert report.verified
    assert (report.shown["facts about persons"], report.shown["filters"]) == ("shown", "none")


def test_an_empty_table_is_an_export_too(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b'"index"\r\n')
    manifest, keys = written(b'"index"\r\n', entries=0, form="csv")
    assert Given(tmp_path / "empty.csv", manifest, keys).state()["file"] == PASSED
    (tmp_path / "empty.jsonl").write_bytes(b"")
    manifest, keys = written(b"", entries=0)
    assert Given(tmp_path / "empty.jsonl", manifest, keys).state()["file"] == PASSED


@pytest.mark.parametrize("change", [{"k": "muniment.export/2"}, {"more": 1}, {"proof": ""}, {"keys": 7}])
def test_a_manifest_of_another_shape_is_refused(good: Given, change: dict[str, Any]) -> None:
    assert good.state(canonical({**parse(good.manifest), **change}))["manifest"] == FAILED


def test_a_proof_of_another_entry_is_refused(good: Given) -> None:
    held = parse(good.manifest)
    moved = canonical({**held, "event": {**held["event"], "index": 12}})
    assert good.state(moved)["inclusion"] == FAILED


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b'{"k":1,"k":2}', b"[" * 5000])
def test_what_is_no_manifest_is_refused_in_words(good: Given, raw: bytes) -> None:
    report = verify_export(good.file, raw, good.keys)
    assert report.state("manifest") == FAILED
    assert report.withheld == ()


def test_a_manifest_without_end_is_not_read(good: Given) -> None:
    assert good.state(b" " * (1024 * 1024 + 1))["manifest"] == FAILED


def test_a_file_that_cannot_be_read_is_not_judged(good: Given, tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        verify_export(tmp_path / "none", good.manifest, good.keys)


def test_a_manifest_is_not_written_over_openings_that_do_not_open() -> None:
    log = make_log()
    with pytest.raises(Malformed):
        write_export(0, log.entries[0], log.openings[1], b"", "")


def test_the_single_file_verifies_it_in_an_empty_environment(good: Given) -> None:
    words = ["ledger.jsonl", "--manifest", "ledger.manifest.json", "--trust", "keys", "--json"]
    command = [sys.executable, "-I", "verify.py", *words]
    folder = good.file.parent
    done = subprocess.run(
        command, cwd=folder, env={}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["verdict"] == "verified"
    assert told["outcomes"]["authentic"] == "passed"


def test_the_command_has_three_exit_codes(
    good: Given, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = str(good.file.parent / "ledger.manifest.json")
    assert main([str(good.file), "--manifest", manifest]) == 0
    (tmp_path / "bent").write_bytes(RAW[:-2])
    assert main([str(tmp_path / "bent"), "--manifest", manifest]) == 1
    assert main([str(good.file), "--manifest", str(tmp_path / "none")]) == 2
    assert "manifest cannot be read" in capsys.readouterr().err


def test_the_export_of_the_vectors_is_verified_and_its_flips_refused(tmp_path: Path) -> None:
    held = json.loads((Path(__file__).resolve().parents[1] / "vectors/export.json").read_text("utf-8"))
    (tmp_path / "file").write_bytes(held["file"].encode())
    manifest, keys = held["manifest"].encode(), "".join(f"{one}\n" for one in held["vkeys"]).encode()
    assert verify_export(tmp_path / "file", manifest, keys).verified
    for at in held["refused_flips"]:
        bent = manifest[:at] + bytes([manifest[at] ^ 0x02]) + manifest[at + 1 :]
        assert not verify_export(tmp_path / "file", bent, keys).verified
