"""Where every stream ends is committed within a minute, is published, and proves that a stream is whole."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, sequence, streams, verify
from muniment.ledger.models import Entry, Log
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.leaf import parse_leaf
from muniment.proof.streamheads import Head, HeadMap
from muniment.proof.streamproof import HEADS_CLASS, parse_stream_proof, write_stream_proof
from muniment.proof.tiles import Tiles
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Absent, Busy
from muniment.spine.scope import DEPLOYMENT, tenant_scope


def heads_of(tenant):
    with tenant_scope(tenant):
        return list(Entry.objects.filter(cls=HEADS_CLASS).order_by("idx"))


def proven(tenant, tag):
    raw = write_stream_proof(streams.proof(tenant, tag))
    found = parse_stream_proof(raw)
    return found.require(parse_checkpoint(found.checkpoint))


@pytest.fixture
def case(db, ada):
    return cases.open_case(ada, title="One")


def test_a_leaf_is_made_when_an_entry_has_waited_for_a_minute_and_not_before(case, ada):
    publish.settle()
    assert heads_of(ada.tenant) == []
    with ports.frozen(clock=ports.now() + timedelta(seconds=61)):
        publish.settle()
        assert len(heads_of(ada.tenant)) == 1
        publish.settle()
        publish.settle()
    assert len(heads_of(ada.tenant)) == 1


def test_a_leaf_is_made_on_demand_and_only_where_something_is_new(case, ada):
    for _ in range(3):
        publish.settle(heads=True)
    assert len(heads_of(ada.tenant)) == 1
    cases.open_case(ada, title="Two")
    publish.settle(heads=True)
    first, second = heads_of(ada.tenant)
    assert second.idx > first.idx


def test_the_stream_of_a_case_is_proven_whole(case, ada):
    publish.settle(heads=True)
    tag = streams.tag_of(ada.tenant, f"cases.Case/{case.id}")
    found = proven(ada.tenant, tag)
    assert len(found.places) == 1
    assert found.classes == {"case.change": 1}
    assert found.size == heads_of(ada.tenant)[0].idx


def faults(ada):
    return "\n".join(verify.verify_log(ada.tenant).faults)


@pytest.fixture
def committed(case, ada):
    """A log with two stream-heads leaves, published."""
    publish.settle(heads=True)
    cases.open_case(ada, title="Two")
    publish.settle(heads=True)
    assert faults(ada) == ""
    return logs.of(ada.tenant)


def test_what_is_published_about_a_leaf_is_held_against_it(committed, ada):
    first, second = heads_of(ada.tenant)
    folder = logs.folder(committed)
    (folder / streams.file_of(first.idx)).unlink()
    assert faults(ada) == (
        f"{committed.origin}: the stream-heads leaf at {first.idx}: what it says is not published"
    )
    (folder / streams.file_of(first.idx)).write_bytes((folder / streams.file_of(second.idx)).read_bytes())
    assert f"the stream-heads leaf at {first.idx}: what is published is not what it says" in faults(ada)


def test_a_leaf_that_commits_another_map_is_named(case, ada):
    """Who owns keys and program writes a leaf that hides the end of a stream."""
    publish.settle()
    clerk = system("sequencer", may=frozenset({streams.KIND}), tenant=ada.tenant)
    with tenant_scope(ada.tenant):
        size = Log.objects.get().size
        streams.commit_heads(clerk, root=b"\x07" * 32, size=size, streams=2)
    publish.settle()
    [leaf] = heads_of(ada.tenant)
    assert faults(ada) == (
        f"{logs.of(ada.tenant).origin}: the stream-heads leaf at {leaf.idx}: the entries before it do not lead to"
        " the map of streams that it commits"
    )


def test_streams_that_were_not_there_are_proven_absent_and_names_that_never_were_are_said_so(committed, ada):
    whole = proven(ada.tenant, uuid4().bytes)
    assert (whole.places, whole.classes) == ((), {})
    later = cases.open_case(ada, title="Three")
    publish.settle()
    tag = streams.tag_of(ada.tenant, f"cases.Case/{later.id}")
    assert proven(ada.tenant, tag).places == ()
    publish.settle(heads=True)
    assert len(proven(ada.tenant, tag).places) == 1
    with pytest.raises(Absent, match="Nothing was ever logged"):
        streams.tag_of(ada.tenant, f"cases.Case/{uuid4()}")


def test_before_the_first_leaf_is_published_nothing_is_proven(case, ada):
    tag = b"\x00" * 16
    publish.settle()
    with pytest.raises(Busy, match="has not yet written down"):
        streams.proof(ada.tenant, tag)
    streams.make(ada.tenant)
    with pytest.raises(Busy):
        streams.proof(ada.tenant, tag)
    publish.settle()
    assert proven(ada.tenant, tag).places == ()


def test_another_process_makes_the_same_map_from_the_tables(committed, ada, case):
    """One that remembers nothing, and one that remembers more than is asked for."""
    tag = streams.tag_of(ada.tenant, f"cases.Case/{case.id}")
    first = streams.proof(ada.tenant, tag)
    streams.forget()
    assert streams.proof(ada.tenant, tag) == first
    cases.read(ada, case_id=case.id)
    sequence.sequence(ada.tenant)
    streams.make(ada.tenant)
    assert streams.proof(ada.tenant, tag) == first
    streams.forget()
    assert streams.proof(ada.tenant, tag) == first
    publish.settle()
    assert len(proven(ada.tenant, tag).places) == 2


def test_what_a_process_remembers_is_dropped_when_the_log_is_another_one(committed, ada, case):
    tag = streams.tag_of(ada.tenant, f"cases.Case/{case.id}")
    first = streams.proof(ada.tenant, tag)
    kept = streams._maps[committed.tag]
    kept.leaf = b"of a state that was rolled back"
    kept.heads = HeadMap()
    assert streams.proof(ada.tenant, tag) == first


def test_the_deployments_log_has_leaves_of_its_own_and_comes_to_rest(committed):
    publish.settle(heads=True)
    before = logs.of(DEPLOYMENT).size
    for _ in range(3):
        publish.settle(heads=True)
    assert logs.of(DEPLOYMENT).size == before
    assert len(heads_of(DEPLOYMENT)) >= 1
    assert verify.verify_log(DEPLOYMENT).faults == []


def by_the_files(log):
    """The map over all that is published, made from the files alone."""
    held = HeadMap()
    for index, raw in enumerate(Tiles(logs.folder(log), log.published).entries(0, log.published)):
        leaf = parse_leaf(raw)
        held.put(Head(leaf.st, leaf.sn, index))
    return held


def test_where_a_stream_ends_is_known_after_its_entries_were_pruned(committed, ada, case):
    tag = streams.tag_of(ada.tenant, f"cases.Case/{case.id}")
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE stream = %s", [key(UUID(bytes=tag))])
    streams.forget()
    now = logs.of(ada.tenant)
    with tenant_scope(ada.tenant):
        assert streams._map_at(now, now.size).root() == by_the_files(now).root()
    cases.read(ada, case_id=case.id)
    sequence.sequence(ada.tenant)
    streams.forget()
    with pytest.raises(Busy, match="cannot be made again"):
        streams.proof(ada.tenant, tag)


def test_a_stream_that_is_older_than_the_note_of_its_place_is_looked_up(committed, ada, case):
    tag = streams.tag_of(ada.tenant, f"cases.Case/{case.id}")
    first = streams.proof(ada.tenant, tag)
    with owner(ada.tenant, "ledger_stream") as cursor:
        update(cursor, "ledger_stream", "last_idx = NULL", "tenant_id", key(ada.tenant))
    streams.forget()
    assert streams.proof(ada.tenant, tag) == first
    assert faults(ada) == ""


def test_a_place_noted_wrongly_is_named(committed, ada, case):
    tag = UUID(bytes=streams.tag_of(ada.tenant, f"cases.Case/{case.id}"))
    with owner(ada.tenant, "ledger_stream") as cursor:
        update(cursor, "ledger_stream", "last_idx = last_idx + 1", "id", key(tag))
    assert faults(ada) == (
        f"{committed.origin}: stream {tag}: the place noted for its last entry is not where that entry stands"
    )


def test_a_place_noted_for_a_stream_whose_first_entry_waits_is_named(committed, ada):
    waiting = cases.open_case(ada, title="It waits")
    tag = UUID(bytes=streams.tag_of(ada.tenant, f"cases.Case/{waiting.id}"))
    assert faults(ada) == ""
    with owner(ada.tenant, "ledger_stream") as cursor:
        update(cursor, "ledger_stream", "last_idx = 0", "id", key(tag))
    assert faults(ada) == (
        f"{committed.origin}: stream {tag}: the place noted for its last entry is not where that entry stands"
    )
