"""Packs: a good one is verified, and every other one refused with the check that failed."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.proof.small_log import LAW, ORIGIN, POLICY, Log, make_contents, make_log

from muniment.proof import checkpoint
from muniment.proof import pack as subject
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.leaf import Opening
from muniment.proof.pack import Attachment, Event, PackContents, Quote, build_pack, verify_pack, write_pack
from muniment.proof.report import Report
from muniment.proof.signer import signer_from_seeds


def verified(raw: bytes, trust: bytes | None = None) -> Report:
    return verify_pack(io.BytesIO(raw), trust)


def failed(report: Report) -> str:
    return next((check.name for check in report.checks if check.state == "failed"), "")


def test_a_good_pack_is_verified_and_says_what_it_does_not_prove(
    pack: bytes, log: Log, tmp_path: Path
) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(pack)
    report = verify_pack(path, log.signer.vkeys())
    assert report.verified
    assert report.outcomes() == {
        "authentic": "passed",
        "included": "passed",
        "witnessed": "not checked",
        "timed": "not checked",
        "complete": "not checked",
    }
    assert report.shown["question"] == "Is the deadline kept?"
    assert "events/0001.json: subject" in report.withheld
    assert report.state("keys") == "passed"
    assert report.as_json()["verdict"] == "verified"


def test_without_keys_from_outside_the_report_says_so_loudly(pack: bytes) -> None:
    report = verified(pack)
    assert report.verified
    assert report.state("keys") == "not checked"
    assert "THE KEYS CAME WITH THE PACK ITSELF" in report.text()


def test_the_same_contents_give_the_same_bytes(pack: bytes, log: Log) -> None:
    contents = make_contents(log)
    backwards = replace(
        contents,
        events=list(reversed(contents.events)),
        made=contents.made.astimezone(timezone(timedelta(hours=5))),
    )
    assert build_pack(contents) == build_pack(backwards) == pack


def test_no_single_byte_of_a_pack_can_be_changed(
    pack: bytes, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "verifier_source", lambda: "# a short one\n")
    whole = make_contents(log)
    small = build_pack(replace(whole, events=whole.events[:1], sources=[], quotes=whole.quotes[:1]))
    trust = log.signer.vkeys()
    rng = random.Random(7)
    for at in range(len(small)):
        bent = bytearray(small)
        bent[at] ^= 1 << rng.randrange(8)
        assert not verified(bytes(bent), trust).verified, at
    for at in rng.sample(range(len(pack)), 200):
        bent = bytearray(pack)
        bent[at] = (bent[at] + rng.randrange(1, 256)) % 256
        assert not verified(bytes(bent)).verified, at


def test_a_pack_that_is_cut_off_or_extended_is_refused(pack: bytes) -> None:
    for raw in (b"", b"PK", pack[:-1], pack[1:], pack + b"\n", b"\n" + pack, pack[: len(pack) // 2]):
        assert failed(verified(raw)) == "container"


def test_a_pack_signed_by_strangers_is_refused_under_trusted_keys(pack: bytes) -> None:
    stranger = signer_from_seeds(ORIGIN, b"\x05" * 32, b"\x06" * 32)
    assert failed(verified(pack, stranger.vkeys())) == "statement"


def test_trusted_keys_that_are_no_keys_are_said_to_be_none(pack: bytes) -> None:
    assert failed(verified(pack, b"nonsense")) == "keys"


def test_a_statement_signed_by_another_house_is_refused(log: Log) -> None:
    stranger = signer_from_seeds("other.example/log", b"\x05" * 32, b"\x06" * 32)
    below = signer_from_seeds(f"{ORIGIN}/packs", b"\x05" * 32, b"\x06" * 32)
    assert verified(build_pack(make_contents(log, signer=below))).verified
    with pytest.raises(Malformed, match="does not belong to this log"):
        build_pack(make_contents(log, signer=stranger))


def test_a_log_without_a_known_quantum_key_is_reported_as_unchecked(pack: bytes, log: Log) -> None:
    line = log.signer.vkeys().splitlines()[0]
    report = verified(pack, line)
    assert report.verified
    assert report.state("quantum") == "not checked"


def test_without_ml_dsa_the_quantum_check_is_open_and_the_rest_holds(
    pack: bytes, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "MLDSA44PublicKey", None)
    report = verified(pack, log.signer.vkeys())
    assert report.verified
    assert report.state("quantum") == "not checked"
    assert "install `cryptography`" in report.text()


def test_a_file_that_cannot_be_read_is_neither_good_nor_bad(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        verify_pack(tmp_path / "none.zip")


def test_large_evidence_is_streamed_and_must_not_change_between_the_passes(log: Log) -> None:
    def steady() -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    raw = build_pack(make_contents(log, evidence=[Attachment("big.bin", "x/y", steady)], quotes=[]))
    assert verified(raw).verified
    calls = iter([b"one", b"two"])
    shifting = Attachment("big.bin", "x/y", lambda: [next(calls)])
    with pytest.raises(Malformed, match="changed while"):
        write_pack(make_contents(log, evidence=[shifting], quotes=[]), io.BytesIO())


def test_quotes_are_checked_in_normal_form_and_binary_files_are_left_unchecked(log: Log) -> None:
    text = "Zoe\u0308 signed.".encode()
    composed = Attachment("a.md", "text/markdown", text)
    digest = sha256(text).hexdigest()
    raw = build_pack(make_contents(log, evidence=[composed], quotes=[Quote(digest, 0, 4, "Zoe\u0308")]))
    assert verified(raw).state("quotes") == "passed"
    scan = Attachment("a.pdf", "application/pdf", text)
    raw = build_pack(make_contents(log, evidence=[scan], quotes=[Quote(digest, 0, 4, "anything")]))
    assert verified(raw).state("quotes") == "not checked"


DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"events": []}, "at least one event"),
        ({"evidence": [Attachment("a", "t/x", b"1"), Attachment("b", "t/x", b"1")], "quotes": []}, "twice"),
        ({"quotes": [Quote(DIGEST, 0, 1, "x")]}, "not in the pack"),
        ({"case": {"id": "x"}}, "texts id, question"),
        ({"decision": {}}, "texts outcome"),
        ({"actors": [{"id": "x"}]}, "texts id, kind"),
        ({"actors": ["x"]}, "dictionary|texts id, kind"),
        ({"rationale": 7}, "wrong type"),
        ({"rationale": "e\u0301"}, "normal form"),
        ({"limits": [7]}, "sentences"),
        ({"evidence": [Attachment("a", "text/plain", b"\xff")], "quotes": []}, ""),
    ],
)
def test_contents_that_would_make_a_bad_pack_are_refused(
    log: Log, change: dict[str, Any], words: str
) -> None:
    if words:
        with pytest.raises((Malformed, ValueError), match=words):
            build_pack(make_contents(log, **change))
    else:
        assert build_pack(make_contents(log, **change))


def test_quotes_that_do_not_stand_there_are_refused(log: Log) -> None:
    digest = sha256(POLICY).hexdigest()
    for quote in (
        Quote(digest, 0, 9, "Incident!"),
        Quote(digest, 1, 10, "Incidents"),
        Quote(digest, 0, 10**6, POLICY.decode()),
        Quote(digest, 5, 5, ""),
        Quote(digest, -1, 3, "x"),
    ):
        with pytest.raises(Malformed):
            build_pack(make_contents(log, quotes=[quote]))
    spoiled = b"\xff" + LAW
    source = Attachment("act.xml", "application/xml", spoiled)
    with pytest.raises(Malformed, match="not UTF-8"):
        build_pack(
            make_contents(log, sources=[source], quotes=[Quote(sha256(spoiled).hexdigest(), 0, 1, "x")])
        )


def test_two_quotes_from_one_file_are_both_checked(log: Log) -> None:
    digest = sha256(POLICY).hexdigest()
    good = Quote(digest, 0, 9, "Incidents")
    assert verified(build_pack(make_contents(log, quotes=[good, Quote(digest, 10, 13, "are")]))).verified
    with pytest.raises(Malformed, match="quote 2"):
        build_pack(make_contents(log, quotes=[good, Quote(digest, 10, 13, "ARE")]))


def test_events_that_are_not_in_the_log_or_do_not_open_are_refused(log: Log) -> None:
    good = Event(2, log.entries[2], log.proof(2), log.openings[2])
    for event in (
        replace(good, index=3),
        replace(good, leaf=log.entries[3], openings=()),
        replace(good, hashes=log.proof(3)),
        replace(good, openings=log.openings[3]),
        replace(good, openings=[replace(log.openings[2][0], value="cases.close")]),
        replace(good, openings=[log.openings[2][0]] * 2),
        replace(good, openings=[Opening(9, "facts.a", bytes(32), 1), Opening(8, "facts.b", bytes(32), 1)]),
        replace(good, leaf=b"{}"),
    ):
        with pytest.raises(Malformed):
            build_pack(make_contents(log, events=[event]))
    with pytest.raises(Malformed, match="twice"):
        build_pack(make_contents(log, events=[good, good]))


def test_a_pack_for_another_logs_checkpoint_is_refused(log: Log) -> None:
    other = make_log("muniment.example/log/two")
    with pytest.raises(Malformed):
        build_pack(make_contents(log, checkpoint=other.checkpoint, keys=other.signer.keys))


def test_everything_can_be_shown_and_then_nothing_is_withheld_but_the_unused(log: Log) -> None:
    contents: PackContents = make_contents(
        log, events=[Event(0, log.entries[0], log.proof(0), log.openings[0])]
    )
    report = verified(build_pack(contents))
    assert report.withheld[-1] == "events/0001.json: 4 further slots, used or not"


def test_control_characters_of_a_pack_do_not_reach_the_screen(log: Log) -> None:
    case = {"id": "x", "question": "\x1b[31mred\x07"}
    report = verified(build_pack(make_contents(log, case=case, made=datetime(2030, 1, 1, tzinfo=UTC))))
    assert "\x1b" not in report.text()
    assert "\ufffd[31mred" in report.text()
