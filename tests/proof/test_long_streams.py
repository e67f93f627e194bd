"""A stream of twenty thousand entries is shown whole in one file, whose hashes are shared, and in a pack."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.small_log import make_contents, make_log
from tests.proof.streamed import CASE, OTHER, StreamedLog, map_of

from muniment.proof import streamproof as subject
from muniment.proof.canonical import canonical, parse
from muniment.proof.errors import Malformed
from muniment.proof.examine import verify_pack
from muniment.proof.leaf import Leaf
from muniment.proof.merkle import (
    CompactRange,
    inclusion_of_many,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_many,
)
from muniment.proof.pack import Event, build_pack
from muniment.proof.standalone import verifier_source
from muniment.proof.streamfile import verify_stream
from muniment.proof.streamheads import Head
from muniment.proof.streamproof import Placed, StreamProof, parse_stream_proof, write_stream_proof

LONG = 20_000


def nodes_of(hashed: list[bytes]) -> Any:
    """The full nodes over leaf hashes, each made once."""
    levels = [hashed]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


class Nodes(StreamedLog):
    """A log whose nodes are made once, for one that is long."""

    made: Any = None

    def node(self, level: int, index: int) -> bytes:
        if self.made is None:
            self.made = nodes_of([leaf_hash(one) for one in self.entries])
        found: bytes = self.made(level, index)
        return found


def together(log: StreamedLog, places: list[int], heads: int) -> StreamProof:
    """The proof of a stream whose entries share their hashes."""
    proof = log.proof(CASE, [], heads, map_of(log, heads))
    entries = tuple(Placed(at, log.entries[at], ()) for at in places)
    return replace(
        proof, entries=entries, shared=tuple(inclusion_of_many(places, len(log.entries), log.node))
    )


@pytest.fixture(scope="module")
def long() -> tuple[Nodes, list[int]]:
    """A case of twenty thousand entries, each beside one of another stream."""
    log = Nodes(seed="long").write("co")
    for number in range(1, LONG):
        for tag, cls in ((CASE, "case.change"), (OTHER, "evidence.change")):
            at = len(log.entries)
            log.entries.append(Leaf(cls, (bytes(32),), number, tag, 1893585600 + at, bytes(32)).encode())
            log.heads.put(Head(tag, number, at))
    log.write("hc")
    return log, list(range(0, 2 * LONG, 2))


@pytest.fixture(scope="module")
def raw(long: tuple[Nodes, list[int]]) -> bytes:
    log, places = long
    return write_stream_proof(together(log, places, 2 * LONG))


def test_twenty_thousand_entries_are_shown_whole_in_one_file(long: Any, raw: bytes) -> None:
    log, _ = long
    assert len(raw) < subject.LARGEST_STREAM / 2
    report = verify_stream(raw, log.signer.vkeys())
    assert report.verified
    assert report.shown["by class"] == "case.change 20000; of any other class none"


def test_the_verifier_of_one_file_reads_it_within_its_memory(long: Any, raw: bytes, tmp_path: Path) -> None:
    log, _ = long
    (tmp_path / "verify.py").write_text(verifier_source(), "utf-8")
    (tmp_path / "stream").write_bytes(raw)
    (tmp_path / "keys").write_bytes(log.signer.vkeys())

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))

    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "stream", "--stream", "--trust", "keys"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=bounded,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20000 entries" in done.stdout


def test_a_pack_shows_the_stream_of_its_case_however_long(long: Any, raw: bytes) -> None:
    log, _ = long
    hashes = tuple(inclusion_proof(0, len(log.entries), log.node))
    made = replace(
        make_contents(make_log(log.origin)),
        signer=log.signer,
        keys=log.signer.keys,
        case={"id": CASE.hex(), "question": "Is the deadline kept?"},
        checkpoint=log.checkpoint(),
        events=[Event(0, log.entries[0], hashes, log.openings[0][:4])],
        stream=raw,
    )
    report = verify_pack(io.BytesIO(build_pack(made)), log.signer.vkeys())
    assert (report.verified, report.outcomes()["complete"]) == (True, "passed")
    assert report.shown["stream of the case"].startswith("20000 entries, 1 of them shown")


@pytest.fixture(scope="module")
def short() -> StreamedLog:
    return StreamedLog().write("coccohco")


def test_a_short_one_is_read_in_this_form_too(short: StreamedLog) -> None:
    proof = together(short, [0, 2, 3], 5)
    assert parse_stream_proof(write_stream_proof(proof)) == proof
    assert proof.require(short.state()).places == (0, 2, 3)


@pytest.mark.parametrize("places", [[0, 2], [0, 3], [0, 1, 3], [0, 2, 6]])
def test_a_gap_or_another_entry_is_refused(short: StreamedLog, places: list[int]) -> None:
    with pytest.raises(Malformed):
        together(short, places, 5).require(short.state())


def test_hashes_that_are_wrong_too_few_or_too_many_are_refused(short: StreamedLog) -> None:
    proof = together(short, [0, 2, 3], 5)
    shared = proof.shared or ()
    for bad in (shared[1:], (*shared, shared[0]), tuple(reversed(shared)), (*shared[:-1], bytes(32))):
        with pytest.raises(Malformed):
            replace(proof, shared=bad).require(short.state())
    with pytest.raises(Malformed, match="no such entry"):
        list(replace(proof, entries=()).leaves_in(short.state()))


@pytest.mark.parametrize(
    "bend",
    [
        lambda held: {**held, "k": "muniment.stream/1"},
        lambda held: {name: value for name, value in held.items() if name != "hashes"},
        lambda held: {**held, "hashes": ["AA=="]},
        lambda held: {**held, "entries": [{**one, "hashes": []} for one in held["entries"]]},
        lambda held: {**held, "entries": [7]},
    ],
)
def test_a_misshapen_one_is_refused(short: StreamedLog, bend: Any) -> None:
    with pytest.raises(Malformed):
        parse_stream_proof(canonical(bend(parse(write_stream_proof(together(short, [0, 2, 3], 5))))))


def test_more_entries_than_the_bound_are_refused(short: StreamedLog, monkeypatch: Any) -> None:
    made = write_stream_proof(together(short, [0, 2, 3], 5))
    monkeypatch.setattr(subject, "MOST_IN_LONG", 2)
    with pytest.raises(Malformed, match="too many"):
        parse_stream_proof(made)


@given(st.integers(1, 70), st.data())
def test_many_leaves_lead_to_the_root_together_and_no_other_ones_do(size: int, draw: Any) -> None:
    entries = [bytes([at]) for at in range(size)]
    hashed = [leaf_hash(one) for one in entries]
    places = sorted(draw.draw(st.sets(st.integers(0, size - 1), min_size=1)))
    proof = inclusion_of_many(places, size, nodes_of(hashed))
    shown = [hashed[at] for at in places]
    verify_many(shown, places, size, proof, root_of(entries))
    at = draw.draw(st.integers(0, len(places) - 1))
    with pytest.raises(Malformed):
        verify_many(
            [*shown[:at], leaf_hash(b"other"), *shown[at + 1 :]], places, size, proof, root_of(entries)
        )
    with pytest.raises(Malformed):
        verify_many(shown, places, size, [*proof, bytes(32)], root_of(entries))
    if proof:
        with pytest.raises(Malformed):
            verify_many(shown, places, size, proof[1:], root_of(entries))


@pytest.mark.parametrize("places", [[], [1, 1], [2, 1], [-1], [4]])
def test_places_that_are_none_are_refused(places: list[int]) -> None:
    grown = CompactRange()
    for _ in range(4):
        grown.append(leaf_hash(b""))
    with pytest.raises(Malformed):
        verify_many([leaf_hash(b"")] * len(places), places, 4, [], grown.root())
    with pytest.raises(Malformed):
        verify_many([b"short"], [0], 4, [], grown.root())


def test_a_shorter_one_is_written_as_ever(short: StreamedLog) -> None:
    made = write_stream_proof(short.proof(CASE, [0, 2, 3], 5, map_of(short, 5)))
    assert json.loads(made)["k"] == "muniment.stream/1"
