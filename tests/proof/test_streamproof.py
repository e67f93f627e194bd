"""A stream is whole, or something is not in it: shown by what is in the log, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.proof.streamed import CASE, OTHER, StreamedLog, map_of

from muniment.proof import streamproof as subject
from muniment.proof.canonical import canonical, parse
from muniment.proof.errors import Malformed
from muniment.proof.leaf import Leaf, parse_leaf
from muniment.proof.streamheads import Head, HeadMap
from muniment.proof.streamproof import (
    RebuiltHeads,
    StreamProof,
    parse_heads,
    parse_stream_proof,
    write_heads,
    write_stream_proof,
)

#: Places:  0 1 2 3 4 5 6 7 8
LETTERS = "coccohcoc"
WHOLE = [0, 2, 3]


@pytest.fixture(scope="module")
def log() -> StreamedLog:
    return StreamedLog().write(LETTERS)


@pytest.fixture(scope="module")
def proof(log: StreamedLog) -> StreamProof:
    return log.proof(CASE, WHOLE, 5, map_of(log, 5))


def test_a_whole_stream_is_shown_up_to_the_leaf_that_says_where_it_ends(
    log: StreamedLog, proof: StreamProof
) -> None:
    found = parse_stream_proof(write_stream_proof(proof))
    assert found == proof
    whole = found.require(log.state())
    assert (whole.tag, whole.size, whole.places) == (CASE, 5, (0, 2, 3))
    assert whole.classes == {"case.change": 3}
    assert "case.decision" not in whole.classes
    assert whole.time == parse_leaf(log.entries[5]).t


def test_a_stream_that_is_not_there_is_shown_absent(log: StreamedLog) -> None:
    for tag in (b"\x00" * 16, b"casf" * 4, b"\xff" * 16):
        made = write_stream_proof(log.proof(tag, [], 5, map_of(log, 5)))
        whole = parse_stream_proof(made).require(log.state())
        assert (whole.places, whole.classes, whole.size) == ((), {}, 5)


def test_an_absent_stream_where_nothing_stands_is_shown_too() -> None:
    log = StreamedLog().write("ch")
    log.append("case.change", b"\x00" * 16, {})
    log.append("case.change", b"\x01" * 16, {})
    log.commit_heads()
    held = map_of(log, len(log.entries) - 1)
    found = log.proof(b"\x80" * 16, [], len(log.entries) - 1, held)
    assert found.at is None
    raw = write_stream_proof(found)
    assert b'"at"' not in raw
    assert parse_stream_proof(raw).require(log.state()).places == ()


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([0, 2], "not as many"),
        ([2, 3], "not as many"),
        ([0, 3], "not as many"),
        ([0, 2, 3, 6], "not as many"),
        ([0, 3, 2], "not the next one"),
        ([0, 2, 2], "not the next one"),
        ([0, 2, 6], "not the next one"),
        ([0, 2, 1], "not the next one"),
        ([], "not as many"),
    ],
)
def test_a_stream_with_something_missing_twice_or_moved_is_refused(
    log: StreamedLog, places: list[int], words: str
) -> None:
    with pytest.raises(Malformed, match=words):
        log.proof(CASE, places, 5, map_of(log, 5)).require(log.state())


def test_a_stream_shown_by_another_map_or_another_ones_head_is_refused(
    log: StreamedLog, proof: StreamProof
) -> None:
    state = log.state()
    assert proof.at is not None
    for bent in (
        replace(proof, at=replace(proof.at, sn=1), entries=proof.entries[:2]),
        replace(proof, at=replace(proof.at, index=4)),
        replace(proof, at=None, entries=()),
        replace(proof, at=map_of(log, 5).get(OTHER), entries=()),
        replace(proof, path=log.proof(CASE, WHOLE, 5, map_of(log, 9)).path),
        replace(proof, tag=OTHER),
    ):
        with pytest.raises(Malformed):
            bent.require(state)


def test_entries_beside_a_stream_that_is_absent_are_refused(log: StreamedLog, proof: StreamProof) -> None:
    absent = log.proof(b"\x00" * 16, [], 5, map_of(log, 5))
    with pytest.raises(Malformed, match="has no such stream"):
        replace(absent, entries=proof.entries).require(log.state())


def test_an_entry_that_is_not_in_the_log_is_refused(log: StreamedLog, proof: StreamProof) -> None:
    other = StreamedLog(seed="other").write(LETTERS)
    bent = replace(proof, entries=(*proof.entries[:2], replace(proof.entries[2], raw=other.entries[3])))
    with pytest.raises(Malformed, match="does not lead to the root"):
        bent.require(log.state())
    with pytest.raises(Malformed, match="does not lead to the root"):
        replace(proof, heads=other.placed(5), openings=other.facts_of(5)).require(log.state())


def test_a_map_that_names_an_end_behind_itself_is_refused() -> None:
    """The operator writes the map, so it may say anything: what it says must still fit the log."""
    log = StreamedLog().write("cc")
    lying = HeadMap([Head(CASE, 2, 3)])
    log.commit_heads(root=lying.root().hex(), streams=1)
    log.write("c")
    with pytest.raises(Malformed, match="not as many"):
        log.proof(CASE, [0, 1, 3], 2, lying).require(log.state())
    odd = StreamedLog().write("cc")
    elsewhere = HeadMap([Head(CASE, 0, 1)])
    odd.commit_heads(root=elsewhere.root().hex(), streams=1)
    with pytest.raises(Malformed, match="does not stand where the map says"):
        odd.proof(CASE, [0], 2, elsewhere).require(odd.state())


@pytest.mark.parametrize(
    "said",
    [
        {"size": 0},
        {"size": 6},
        {"size": True},
        {"size": "5"},
        {"streams": 0},
        {"streams": 6},
        {"root": "A" * 64},
        {"root": "0" * 63},
        {"root": 7},
        {"more": 1},
    ],
)
def test_a_leaf_that_says_something_out_of_range_is_refused(said: dict[str, Any]) -> None:
    log = StreamedLog().write("cocco")
    log.commit_heads(**said)
    with pytest.raises(Malformed, match="stream-heads leaf"):
        log.proof(CASE, WHOLE, 5, map_of(log, 5)).require(log.state())


def test_openings_of_another_leaf_or_class_are_refused(log: StreamedLog, proof: StreamProof) -> None:
    later = StreamedLog().write(LETTERS + "h")
    bent = later.proof(CASE, WHOLE, 9, map_of(later, 9))
    for openings in (later.facts_of(5), bent.openings[:2], tuple(reversed(bent.openings)), ()):
        with pytest.raises(Malformed):
            replace(bent, openings=openings).require(later.state())
    with pytest.raises(Malformed, match="no stream-heads leaf"):
        replace(proof, heads=log.placed(4)).require(log.state())


def changed(held: Any, *way: Any, to: Any = None) -> bytes:
    """Return the bytes with the value at the end of a way changed, or taken away."""
    at = held
    for step in way[:-1]:
        at = at[step]
    if to is None:
        del at[way[-1]]
    else:
        at[way[-1]] = to
    return canonical(held)


@pytest.mark.parametrize(
    "bend",
    [
        lambda held: changed(held, "k", to="muniment.stream/2"),
        lambda held: changed(held, "k"),
        lambda held: changed(held, "tag", to="AAAA"),
        lambda held: changed(held, "heads", "openings"),
        lambda held: changed(held, "heads", "openings", to="x"),
        lambda held: changed(held, "heads", "leaf"),
        lambda held: changed(held, "heads", to=[]),
        lambda held: changed(held, "map", "at", "sn"),
        lambda held: changed(held, "map", "at", "tag", to="AA=="),
        lambda held: changed(held, "map", "path", 0, to="AA=="),
        lambda held: changed(held, "map", "more", to=1),
        lambda held: changed(held, "entries", 0, to=7),
        lambda held: changed(held, "entries", 0, "hashes", 0, to="A"),
        lambda held: changed(held, "entries", 0, "index", to=True),
        lambda held: changed(held, "checkpoint", to=7),
        lambda held: canonical(held) + b"\n",
        lambda held: canonical(held)[:-1],
    ],
)
def test_a_misshapen_proof_is_refused(proof: StreamProof, bend: Callable[[Any], bytes]) -> None:
    with pytest.raises(Malformed):
        parse_stream_proof(bend(parse(write_stream_proof(proof))))


def test_a_proof_with_too_many_entries_is_refused(proof: StreamProof, monkeypatch: Any) -> None:
    raw = write_stream_proof(proof)
    monkeypatch.setattr(subject, "MOST_IN_STREAM", 2)
    with pytest.raises(Malformed, match="too many"):
        parse_stream_proof(raw)


def test_what_a_leaf_says_is_published_for_itself_alone(log: StreamedLog) -> None:
    raw = log.published(5)
    assert parse_heads(raw, 5) == log.facts_of(5)
    with pytest.raises(Malformed, match="another stream-heads leaf"):
        parse_heads(raw, 6)
    with pytest.raises(Malformed, match="another kind"):
        parse_heads(raw.replace(b"muniment.heads/1", b"muniment.heads/2"), 5)


def walked(log: StreamedLog, published: Callable[[int], bytes | None], needed: int) -> list[str]:
    rebuilt = RebuiltHeads(published, needed)
    said: list[str] = []
    for index, raw in enumerate(log.entries):
        leaf: Leaf = parse_leaf(raw)
        said += rebuilt.take(index, leaf)
    return said


def test_whoever_has_the_entries_makes_the_map_again_and_finds_it_right() -> None:
    log = StreamedLog().write("cohcohhcch")
    assert walked(log, log.published, 10) == []


def test_a_leaf_about_less_than_all_before_it_is_held_against_what_it_is_about() -> None:
    log = StreamedLog().write("co")
    then = (log.heads.root().hex(), log.heads.streams)
    log.write("c")
    log.commit_heads(root=then[0], size=2, streams=then[1])
    log.write("oh")
    assert walked(log, log.published, 6) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"root": "0" * 64}, "the entries before it do not lead to the map"),
        ({"streams": 1}, "the entries before it do not lead to the map"),
        ({"size": 2, "streams": 2}, "it is about less of the log than the one before"),
    ],
)
def test_a_leaf_that_lies_is_named_by_whoever_has_the_entries(said: dict[str, Any], words: str) -> None:
    log = StreamedLog().write("cohc")
    log.commit_heads(**said)
    log.write("oh")
    assert [f"the stream-heads leaf at 4: {words}" in one for one in walked(log, log.published, 7)] == [True]


def test_a_leaf_whose_words_are_withheld_or_changed_is_named() -> None:
    log = StreamedLog().write("cohc")
    assert walked(log, lambda _: None, 4) == ["the stream-heads leaf at 2: what it says is not published"]
    assert walked(log, lambda _: None, 2) == []
    other = StreamedLog(seed="other").write("cohc")
    [said] = walked(log, other.published, 4)
    assert said.startswith("the stream-heads leaf at 2: what is published is not what it says")
    assert walked(log, lambda at: write_heads(at, ()), 4)[0].startswith("the stream-heads leaf at 2: what is")


def test_the_walk_goes_on_from_a_map_that_was_kept() -> None:
    log = StreamedLog().write("cohcoh")
    kept = HeadMap(map_of(log, 2).heads())
    rebuilt = RebuiltHeads(log.published, 6, held=kept, after=2)
    said: list[str] = []
    for index in range(2, 6):
        said += rebuilt.take(index, parse_leaf(log.entries[index]))
    assert (said, rebuilt.checked) == ([], 2)
