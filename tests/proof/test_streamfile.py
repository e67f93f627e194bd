"""The file about one stream, by the same words inside the application and in verify.py alone."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.proof.streamed import CASE, OTHER, StreamedLog, map_of

from muniment.proof.command import main
from muniment.proof.leaf import parse_leaf
from muniment.proof.standalone import verifier_source
from muniment.proof.streamfile import verify_stream
from muniment.proof.streamheads import Head, HeadMap
from muniment.proof.streamproof import RebuiltHeads, write_stream_proof


@pytest.fixture(scope="module")
def log() -> StreamedLog:
    return StreamedLog().write("coccohco")


@pytest.fixture(scope="module")
def raw(log: StreamedLog) -> bytes:
    return write_stream_proof(log.proof(CASE, [0, 2, 3], 5, map_of(log, 5)))


def test_a_whole_stream_is_told_in_words(log: StreamedLog, raw: bytes) -> None:
    report = verify_stream(raw, log.signer.vkeys())
    assert report.verified
    assert report.outcomes() == {
        "authentic": "passed",
        "included": "passed",
        "witnessed": "not checked",
        "timed": "not checked",
        "complete": "passed",
    }
    assert report.shown["by class"] == "case.change 3; of any other class none"
    assert report.shown["whole among the first"] == "5 entries of the log"
    assert report.shown["said at"] == "2030-01-02T12:00:05Z, by the operator's clock"


def test_an_absent_stream_is_told_in_words(log: StreamedLog) -> None:
    raw = write_stream_proof(log.proof(b"\x01" * 16, [], 5, map_of(log, 5)))
    report = verify_stream(raw, log.signer.vkeys())
    assert (report.verified, report.shown["by class"]) == (True, "there is no such stream")


def test_keys_come_from_outside_or_nothing_is_verified(log: StreamedLog, raw: bytes) -> None:
    report = verify_stream(raw, None)
    assert (report.verified, report.state("log"), report.state("complete")) == (
        False,
        "failed",
        "not checked",
    )
    other = StreamedLog(origin="muniment.example/log/two").signer
    assert not verify_stream(raw, other.vkeys()).verified


def test_a_gap_an_entry_of_another_log_and_a_broken_file_are_refused(log: StreamedLog, raw: bytes) -> None:
    trust = log.signer.vkeys()
    gap = log.proof(CASE, [0, 3], 5, map_of(log, 5))
    assert verify_stream(write_stream_proof(gap), trust).state("complete") == "failed"
    other = StreamedLog(seed="other").write("coccohco")
    bent = replace(gap, entries=(other.placed(0), *gap.entries))
    assert verify_stream(write_stream_proof(bent), trust).state("inclusion") == "failed"
    assert verify_stream(raw[:-1], trust).state("statement") == "failed"
    mixed = replace(log.proof(OTHER, [1, 4], 5, map_of(log, 5)), tag=CASE)
    assert verify_stream(write_stream_proof(mixed), trust).state("complete") == "failed"


def test_the_command_and_the_verifier_alone_say_the_same(
    log: StreamedLog, raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "verify.py").write_text(verifier_source(), "utf-8")
    (tmp_path / "good").write_bytes(raw)
    (tmp_path / "bad").write_bytes(raw.replace(b'"sn":2', b'"sn":1'))
    (tmp_path / "keys").write_bytes(log.signer.vkeys())
    for name, code in (("good", 0), ("bad", 1), ("none", 2)):
        given = ["--stream", "--trust", str(tmp_path / "keys"), "--json", str(tmp_path / name)]
        assert main(given) == code
        mine = capsys.readouterr().out
        alone = subprocess.run(
            [sys.executable, "-I", "verify.py", *given],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            check=False,
        )
        assert alone.returncode == code, alone.stderr
        if code < 2:
            assert json.loads(alone.stdout)["outcomes"] == json.loads(mine)["outcomes"]


def test_maps_and_proofs_are_as_the_vectors_say() -> None:
    held = json.loads((Path(__file__).parents[1] / "vectors" / "stream-heads.json").read_text("utf-8"))

    def head(one: dict[str, Any] | None) -> Head | None:
        return None if one is None else Head(b64decode(one["tag"]), one["sn"], one["index"])

    for case in held["maps"]:
        made = HeadMap(found for one in case["heads"] if (found := head(one)))
        assert made.root().hex() == case["root"]
        for asked in case["asked"]:
            path = tuple(b64decode(one) for one in asked["path"])
            assert made.path(b64decode(asked["tag"])) == (path, head(asked["at"]))
    trust = "".join(key + "\n" for key in held["log"]["vkeys"]).encode()
    whole = verify_stream(held["whole"]["proof"].encode(), trust)
    assert (whole.verified, whole.shown["entries"]) == (True, len(held["whole"]["places"]))
    assert verify_stream(held["absent"]["proof"].encode(), trust).shown["entries"] == 0
    assert len(held["refused"]) >= 10
    for case in held["refused"]:
        assert not verify_stream(case["proof"].encode(), trust).verified, case["why"]
    published = {int(index): raw.encode() for index, raw in held["log"]["published"].items()}
    rebuilt = RebuiltHeads(published.get, 99)
    for index, raw in enumerate(held["log"]["entries"]):
        assert list(rebuilt.take(index, parse_leaf(b64decode(raw)))) == []
    assert rebuilt.checked == 1
