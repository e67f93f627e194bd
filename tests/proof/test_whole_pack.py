"""A pack that shows that the stream of its case is whole; and packs that only say so."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from tests.proof.small_log import make_contents, make_log
from tests.proof.streamed import CASE, OTHER, StreamedLog, map_of

from muniment.proof.errors import Malformed
from muniment.proof.examine import verify_pack
from muniment.proof.leaf import parse_leaf
from muniment.proof.pack import NOT_WHOLE, WHOLE_AS_FAR, Event, PackContents, build_pack, write_pack
from muniment.proof.report import Report
from muniment.proof.streamproof import StreamProof, write_stream_proof

LETTERS = "coccohco"


@pytest.fixture(scope="module")
def log() -> StreamedLog:
    return StreamedLog().write(LETTERS)


def event(log: StreamedLog, index: int, *, hidden: bool = False) -> Event:
    placed = log.placed(index)
    return Event(index, placed.raw, placed.hashes, () if hidden else log.openings[index][:4])


def contents(log: StreamedLog, proof: StreamProof | None, **changes: Any) -> PackContents:
    given: dict[str, Any] = {
        "case": {"id": CASE.hex(), "question": "Is the deadline kept?"},
        "checkpoint": log.checkpoint(),
        "events": [event(log, at) for at in (0, 1, 3) if at < len(log.entries) - 1],
        "stream": b"" if proof is None else write_stream_proof(proof),
        **changes,
    }
    return replace(make_contents(make_log(log.origin)), signer=log.signer, keys=log.signer.keys, **given)


def whole(log: StreamedLog, places: list[int] | None = None) -> StreamProof:
    return log.proof(CASE, [0, 2, 3] if places is None else places, 5, map_of(log, 5))


def judged(made: PackContents) -> Report:
    out = io.BytesIO()
    write_pack(made, out)
    return verify_pack(out, made.signer.keys[0].encode().encode() + b"\n")


def test_a_pack_says_up_to_where_the_stream_of_its_case_is_whole(log: StreamedLog) -> None:
    report = judged(contents(log, whole(log)))
    assert report.verified
    assert report.outcomes()["complete"] == "passed"
    assert report.shown["stream of the case"] == (
        "3 entries, 2 of them shown; whole among the first 5 entries of the log, at 2030-01-02T12:00:05Z"
        " by the operator's clock"
    )
    assert report.shown["stream by class"] == "case.change 3; of any other class none"


def test_a_pack_without_the_proof_says_that_it_has_none(log: StreamedLog) -> None:
    made = contents(log, None)
    report = judged(made)
    assert report.verified
    [check] = [one for one in report.checks if one.name == "complete"]
    assert (check.state, check.note) == ("not checked", "This pack carries no proof of it.")
    assert NOT_WHOLE in made.told_limits()
    assert made.told_limits() != contents(log, whole(log)).told_limits()
    assert WHOLE_AS_FAR in contents(log, whole(log)).told_limits()


def test_a_pack_with_a_gap_in_the_stream_is_refused_and_never_built(log: StreamedLog) -> None:
    for places in ([0, 2], [0, 3], [2, 3], [0, 1, 3]):
        made = contents(log, whole(log, places))
        report = judged(made)
        assert (report.verified, report.outcomes()["complete"]) == (False, "failed")
        with pytest.raises(Malformed, match="would be refused"):
            build_pack(made)


def test_a_pack_with_the_whole_stream_of_something_else_is_refused(log: StreamedLog) -> None:
    other = log.proof(OTHER, [1, 4], 5, map_of(log, 5))
    absent = log.proof(b"\x00" * 16, [], 5, map_of(log, 5))
    for proof in (other, absent):
        report = judged(contents(log, proof))
        [check] = [one for one in report.checks if one.state == "failed"]
        assert check.name == "complete"
        assert "another stream than that of the case" in check.note


def test_a_case_with_an_event_in_another_stream_is_refused_when_that_event_is_shown() -> None:
    log = StreamedLog().write("cc")
    log.append("case.decision", OTHER, {}, subject=f"cases.Case/{CASE.hex()}")
    log.commit_heads()
    proof = log.proof(CASE, [0, 1], 3, map_of(log, 3))
    assert judged(contents(log, proof, events=[event(log, 0)])).outcomes()["complete"] == "passed"
    for events in ([event(log, 0), event(log, 2)], [event(log, 2)], [event(log, 0, hidden=True)]):
        report = judged(contents(log, proof, events=events))
        [check] = [one for one in report.checks if one.state == "failed"]
        assert "another stream than that of the case" in check.note


def test_a_proof_under_another_checkpoint_is_refused(log: StreamedLog) -> None:
    longer = StreamedLog().write(LETTERS + "c")
    report = judged(contents(log, longer.proof(CASE, [0, 2, 3], 5, map_of(longer, 5))))
    [check] = [one for one in report.checks if one.state == "failed"]
    assert "about another checkpoint" in check.note


def test_a_time_beyond_every_calendar_is_shown_as_a_number() -> None:
    log = StreamedLog().write("c")
    log.commit_heads()
    log.entries[1] = replace(parse_leaf(log.entries[1]), t=2**53 - 1).encode()
    report = judged(
        contents(log, log.proof(CASE, [0], 1, map_of(log, 1)), events=[event(log, 0)]),
    )
    assert f"at second {2**53 - 1} by" in report.shown["stream of the case"]
