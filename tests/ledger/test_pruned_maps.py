"""After pruning the newest map of streams is still held against where the streams end, and what is not is said."""

from __future__ import annotations

from tests.ledger.test_prune import many as many  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.test_prune import old as old  # noqa: PLC0414  # a fixture, found by its name

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, streams, taking, verify
from muniment.ledger.models import Entry, Log
from muniment.spine.scope import tenant_scope

MOVED = "the streams do not end where the map says that it commits"


def settled(ada, title):
    cases.open_case(ada, title=title)
    publish.settle(heads=True)


def told(tenant):
    found = verify.verify_log(tenant)
    return found.faults, found.not_held


def newest(tenant) -> int:
    with tenant_scope(tenant):
        return Entry.objects.filter(kind=streams.KIND).latest("idx").idx


def test_without_pruning_every_map_is_made_again(old, ada):
    settled(ada, "One more")
    assert told(ada.tenant) == ([], [])


def test_the_newest_map_is_held_although_entries_before_it_were_pruned(old, ada):
    taking.prune(ada.tenant)
    publish.settle()
    settled(ada, "One more")
    faults, left = told(ada.tenant)
    assert faults == []
    (said,) = left
    assert said.startswith(f"The maps of streams before entry {newest(ada.tenant)} were not made again")


def test_a_stream_that_ends_elsewhere_than_the_newest_map_says_is_named(old, ada, monkeypatch):
    taking.prune(ada.tenant)
    publish.settle()
    with monkeypatch.context() as lied:
        lied.setattr(streams.HeadMap, "root", lambda _map: b"\x07" * 32)
        settled(ada, "One more")
    faults, _ = told(ada.tenant)
    assert faults == [f"{logs.of(ada.tenant).origin}: the stream-heads leaf at {newest(ada.tenant)}: {MOVED}"]


def test_what_the_newest_map_says_must_be_published_and_be_what_it_says(old, ada):
    taking.prune(ada.tenant)
    publish.settle()
    settled(ada, "One more")
    log = logs.of(ada.tenant)
    place = logs.folder(log) / streams.file_of(newest(ada.tenant))
    raw = place.read_bytes()
    place.write_bytes(raw[:-9])
    assert any("what is published is not what it says" in one for one in told(ada.tenant)[0])
    place.unlink()
    assert any("what it says is not published" in one for one in told(ada.tenant)[0])
    place.write_bytes(raw)
    assert told(ada.tenant)[0] == []


def test_where_streams_go_on_from_what_was_pruned_it_is_said_and_no_fault(old, ada):
    taking.prune(ada.tenant)
    publish.settle()
    settled(ada, "One more")
    log = logs.of(ada.tenant)
    with tenant_scope(ada.tenant):
        assert streams._reach_below(log, log.size) == 0
        # As if the newest map were older than what was pruned: streams go on behind it.
        assert streams._reach_below(log, 1) > 0


def test_a_log_without_a_map_says_nothing(many, ada):
    with tenant_scope(ada.tenant):
        log = Log.objects.get()
        assert list(streams.not_held(log)) == []
        assert list(streams._newest_faults(log, logs.folder(log))) == []
