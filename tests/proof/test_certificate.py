"""Certificates of erasure: the vector is verified, every change of it is refused, and a stranger's program agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from muniment.proof.canonical import canonical, parse
from muniment.proof.certificate import CERTIFICATE_KIND, verify_certificate, write_certificate
from muniment.proof.command import main
from muniment.proof.errors import Malformed
from muniment.proof.layout import parse_event

VECTOR = json.loads((Path(__file__).parents[1] / "vectors" / "certificate.json").read_text())
GOOD: bytes = VECTOR["certificate"].encode()
TRUST: bytes = VECTOR["keys"].encode()


def changed(**members: Any) -> bytes:
    return canonical(parse(GOOD) | members)


def test_the_vector_says_what_it_says():
    report = verify_certificate(GOOD, TRUST)
    assert report.verified, report.text()
    assert report.shown["erasure"] == VECTOR["says"]["erasure"]
    assert report.shown["legal basis"] == VECTOR["says"]["basis"]
    assert report.shown["made unreadable"] == VECTOR["says"]["unreadable"]
    assert report.state("keys") == "passed"
    assert report.state("complete") == "not checked"


def test_without_keys_of_ones_own_it_says_so_loudly():
    report = verify_certificate(GOOD)
    assert report.verified
    assert report.state("keys") == "not checked"
    assert "THE KEYS CAME WITH" in report.text()


def _event(**members: Any) -> dict[str, Any]:
    held: dict[str, Any] = parse(GOOD)["event"]
    return held | members


def _opened(path: str, value: Any) -> dict[str, Any]:
    shown = [one | {"value": value} if one["path"] == path else one for one in _event()["openings"]]
    return _event(openings=shown)


BAD = {
    "not canonical": (GOOD.replace(b'"k":', b'"k": ', 1), "certificate"),
    "another kind": (changed(k="muniment.certificate/2"), "certificate"),
    "a member more": (changed(more=1), "certificate"),
    "cut": (GOOD[:-1], "certificate"),
    "empty": (b"", "certificate"),
    "another place": (changed(event=_event(index=_event()["index"] + 1)), "inclusion"),
    "another number": (changed(event=_opened("facts.number", 99)), "statement"),
    "another basis": (changed(event=_opened("facts.basis", "gdpr-5-1-e")), "statement"),
    "another person": (changed(event=_opened("facts.order", {"by": "somebody"})), "statement"),
    "no action": (
        changed(event=_event(openings=[one for one in _event()["openings"] if one["path"] != "action"])),
        "statement",
    ),
    "a fact is missing": (
        changed(event=_event(openings=[one for one in _event()["openings"] if one["path"] != "facts.held"])),
        "statement",
    ),
    "another proof": (changed(proof=parse(GOOD)["proof"].replace("index ", "index 1", 1)), ""),
    "no keys": (changed(keys=""), ""),
}


@pytest.mark.parametrize("what", BAD)
def test_whatever_is_changed_is_refused(what):
    raw, stage = BAD[what]
    report = verify_certificate(raw, None if what == "no keys" else TRUST)
    assert not report.verified
    if stage:
        assert report.state(stage) == "failed", report.text()


def test_keys_of_another_log_do_not_fit():
    other = TRUST.replace(TRUST.split(b"+")[0], b"other.example/log")
    report = verify_certificate(GOOD, other)
    assert not report.verified


def test_a_signature_that_was_taken_away_is_told(tmp_path):
    held = parse(GOOD)
    lines = held["proof"].split("\n")
    weaker = "\n".join(line for line in lines if len(line) < 2000)
    report = verify_certificate(changed(proof=weaker), TRUST)
    assert report.state("quantum") != "passed"


def test_it_is_written_only_around_openings_that_open_the_leaf():
    event = parse_event(canonical(parse(GOOD)["event"]))
    proof = parse(GOOD)["proof"].encode()
    assert write_certificate(event.index, event.raw, event.openings, proof, parse(GOOD)["keys"]) == GOOD
    assert CERTIFICATE_KIND.encode() in GOOD
    wrong = tuple(type(one)(one.slot, one.path, bytes(32), one.value) for one in event.openings)
    with pytest.raises(Malformed):
        write_certificate(event.index, event.raw, wrong, proof, "")


def test_the_command_judges_it(tmp_path, capsys):
    file, keys = tmp_path / "erasure.json", tmp_path / "vkeys"
    file.write_bytes(GOOD)
    keys.write_bytes(TRUST)
    assert main([str(file), "--certificate", "--trust", str(keys)]) == 0
    assert "legal basis" in capsys.readouterr().out
    file.write_bytes(BAD["another basis"][0])
    assert main([str(file), "--certificate", "--trust", str(keys)]) == 1
    assert main([str(tmp_path / "none"), "--certificate"]) == 2
