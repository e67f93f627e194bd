"""Forged packs: the forger owns the zip and may rebuild it, with or without the keys. All are refused."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.proof.small_log import NOON, ORIGIN, Log

from muniment.proof import layout
from muniment.proof.archive import Archive, write_archive
from muniment.proof.canonical import canonical, encode64, parse
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.dsse import seal_envelope
from muniment.proof.examine import verify_pack
from muniment.proof.signer import sign_checkpoint, signer_from_seeds

Members = dict[str, bytes]


def opened(raw: bytes) -> Members:
    held = Archive(io.BytesIO(raw))
    return {name: held.read(name) for name in held.members}


def closed(members: Members) -> bytes:
    out = io.BytesIO()
    write_archive(out, ((n, len(members[n]), zlib.crc32(members[n]), [members[n]]) for n in sorted(members)))
    return out.getvalue()


def digests(members: Members) -> dict[str, str]:
    return {name: hashlib.sha256(raw).hexdigest() for name, raw in members.items()}


def with_manifest(members: Members) -> Members:
    sizes = {name: len(raw) for name, raw in members.items()}
    return {**members, layout.MANIFEST: layout.write_manifest(sizes, digests(members))}


def with_statement(
    members: Members, log: Log, change: Callable[[dict[str, Any]], None] = lambda _held: None
) -> Members:
    """Sign anew what stands there: the forger holds the operator's key."""
    held = parse(members[layout.STATEMENT])
    named = {n: d for n, d in digests(members).items() if n not in layout.UNNAMED}
    held["subject"] = [{"digest": {"sha256": named[name]}, "name": name} for name in sorted(named)]
    change(held)
    raw = canonical(held)
    envelope = seal_envelope(raw, log.signer.keys[0], log.signer.sign_raw)
    return with_manifest({**members, layout.STATEMENT: raw, layout.ENVELOPE: envelope})


def failure(members: Members, log: Log) -> str:
    report = verify_pack(io.BytesIO(closed(members)), log.signer.vkeys())
    return next((check.name for check in report.checks if check.state == "failed"), "")


def test_taking_apart_and_joining_again_is_no_change(pack: bytes, log: Log) -> None:
    assert closed(opened(pack)) == pack
    assert failure(with_statement(opened(pack), log), log) == ""


NAMES = [
    "README.txt",
    "checkpoint",
    "events/0001.json",
    "events/0002.json",
    "proofs/0001.tlog-proof",
    "proofs/0002.tlog-proof",
    "statement.json",
    "statement.dsse.json",
    "trust/vkeys",
    "verify.py",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", ["first", "last", "longer", "shorter", "empty", "gone"])
def test_a_member_changed_by_somebody_without_the_key_is_refused(
    pack: bytes, log: Log, name: str, how: str
) -> None:
    members = opened(pack)
    raw = members[name]
    ways = {
        "first": bytes([raw[0] ^ 1]) + raw[1:],
        "last": raw[:-1] + bytes([raw[-1] ^ 1]),
        "longer": raw + b"\n",
        "shorter": raw[:-1],
        "empty": b"",
    }
    if how == "gone":
        del members[name]
    else:
        members[name] = ways[how]
    assert failure(members, log) in {"container", "manifest"}
    assert failure(with_manifest(members), log) in {"container", "statement"}


@pytest.mark.parametrize(
    "name",
    [
        "extra.txt",
        "events/0003.json",
        "proofs/0003.tlog-proof",
        "events/1.json",
        "evidence/" + "0" * 64,
        "sources/" + "0" * 64,
        "trust/policy",
    ],
)
def test_a_member_that_is_put_in_is_refused_even_when_signed(pack: bytes, log: Log, name: str) -> None:
    assert failure(with_statement({**opened(pack), name: b"x"}, log), log) == "container"


def test_evidence_that_the_statement_does_not_describe_is_refused(pack: bytes, log: Log) -> None:
    members = opened(pack)
    members[f"evidence/{hashlib.sha256(b'x').hexdigest()}"] = b"x"
    assert failure(with_manifest(members), log) == "statement"
    assert failure(with_statement(members, log), log) == "files"


def test_evidence_taken_away_is_missed(pack: bytes, log: Log) -> None:
    members = {name: raw for name, raw in opened(pack).items() if not name.startswith("evidence/")}
    assert failure(with_statement(members, log), log) == "files"


def test_a_pack_without_events_is_refused(pack: bytes, log: Log) -> None:
    members = {n: raw for n, raw in opened(pack).items() if not n.startswith(("events/", "proofs/"))}
    assert failure(with_statement(members, log), log) == "container"


def statement_change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(held: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for step in way:
            held = held[int(step)] if step.isdigit() else held[step]  # type: ignore[index]  # lists along the way
        if value is ...:
            del held[last]
        else:
            held[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("_type", "https://in-toto.io/Statement/v0.1", "statement"),
        ("predicateType", "https://muniment.example/proofpack/1", "statement"),
        ("predicate.draft", False, "statement"),
        ("predicate.draft", ..., "statement"),
        ("predicate.made", "yesterday", "statement"),
        ("predicate.extra", 1, "statement"),
        ("predicate.case", {}, "statement"),
        ("predicate.limits", [1], "statement"),
        ("predicate.limits", ["x"] * 100_001, "statement"),
        ("predicate.quotes.0.sha256", "A" * 64, "statement"),
        ("predicate.quotes.0.exact", "Incidents are reported within 4 hours.", "quotes"),
        ("predicate.quotes.0.sha256", "0" * 64, "quotes"),
        ("predicate.quotes.0.start", 1, "quotes"),
        ("predicate.quotes.0.end", 0, "statement"),
        ("predicate.log.size", 12, "log"),
        ("predicate.log.origin", "other.example", "log"),
        ("predicate.log.root", encode64(bytes(32)), "log"),
        ("predicate.evidence", [], "files"),
        ("predicate.evidence.0.size", 1, "files"),
        ("predicate.evidence.0.sha256", "x", "statement"),
        ("subject", [], "statement"),
    ],
)
def test_a_statement_that_is_wrong_is_refused_even_when_signed(
    pack: bytes, log: Log, path: str, value: Any, where: str
) -> None:
    assert failure(with_statement(opened(pack), log, statement_change(path, value)), log) == where


def test_subjects_out_of_order_are_refused_even_when_signed(pack: bytes, log: Log) -> None:
    members = with_statement(opened(pack), log, lambda held: held["subject"].reverse())
    assert failure(members, log) == "statement"


def test_a_statement_beside_another_signed_one_is_refused(pack: bytes, log: Log) -> None:
    members = opened(pack)
    held = parse(members[layout.STATEMENT])
    held["predicate"]["rationale"] = "Another one."
    members[layout.STATEMENT] = canonical(held)
    assert failure(with_manifest(members), log) == "statement"


def test_swapped_events_proofs_and_foreign_checkpoints_are_refused_even_when_signed(
    pack: bytes, log: Log
) -> None:
    one, two = layout.event_name(1), layout.event_name(2)
    first, second = layout.proof_name(1), layout.proof_name(2)
    members = opened(pack)
    swapped = {**members, one: members[two], two: members[one]}
    assert failure(with_statement(swapped, log), log) == "inclusion"
    both = {**swapped, first: members[second], second: members[first]}
    assert failure(with_statement(both, log), log) == "inclusion"
    extra = {**members, first: members[first].replace(b"index", b"extra QUJD\nindex", 1)}
    assert failure(with_statement(extra, log), log) == "inclusion"
    stale = {**members, first: members[first][:-8] + b"AAAAAA=\n"}
    assert failure(with_statement(stale, log), log) == "inclusion"
    foreign = signer_from_seeds(ORIGIN, b"\x05" * 32, b"\x06" * 32)
    forged = sign_checkpoint(foreign, parse_checkpoint(members[layout.CHECKPOINT]), NOON)
    assert failure(with_statement({**members, layout.CHECKPOINT: forged}, log), log) == "log"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"k": "muniment.event/1"}, "inclusion"),
        ({"index": -1}, "inclusion"),
        ({"index": 3}, "inclusion"),
        ({"leaf": "AA=="}, "inclusion"),
        ({"openings": [7]}, "inclusion"),
        (
            {"openings": [{"path": "action", "salt": encode64(bytes(32)), "slot": 0, "value": "x"}]},
            "openings",
        ),
        ({"note": "more"}, "inclusion"),
    ],
)
def test_an_event_that_is_wrong_is_refused_even_when_signed(
    pack: bytes, log: Log, change: dict[str, Any], where: str
) -> None:
    members = opened(pack)
    name = layout.event_name(1)
    members[name] = canonical({**parse(members[name]), **change})
    assert failure(with_statement(members, log), log) == where
