"""Faults while it is written down where every stream ends: each once before anything is kept, and once after."""

from __future__ import annotations

import errno

import pytest
from tests.ledger.test_streamheads import heads_of, proven

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, sequence, streams, verify
from muniment.ledger.models import Outbox
from muniment.proof.errors import Malformed
from muniment.proof.tiles import TileWriter
from muniment.spine.errors import Clash
from muniment.spine.scope import tenant_scope


class Killed(BaseException):
    """What a process that is killed at this place leaves behind: nothing after it happens."""


@pytest.fixture
def case(db, ada):
    made = cases.open_case(ada, title="One")
    publish.settle()
    return made


def whole(ada, case):
    """Nothing is lost, nothing is there twice, and the stream of the case is proven whole."""
    publish.settle(heads=True)
    assert verify.verify_log(ada.tenant, deep=True).faults == []
    with tenant_scope(ada.tenant):
        assert not Outbox.objects.exists()
    return len(proven(ada.tenant, streams.tag_of(ada.tenant, f"cases.Case/{case.id}")).places)


@pytest.mark.parametrize("where", ["head_to_change", "commit_heads", "sequence"])
def test_killed_before_the_commit_nothing_is_kept_and_the_next_one_makes_it(case, ada, monkeypatch, where):
    def killed(*_given, **_named):
        raise Killed

    monkeypatch.setattr(streams, where, killed)
    with pytest.raises(Killed):
        streams.make(ada.tenant)
    monkeypatch.undo()
    assert heads_of(ada.tenant) == []
    with tenant_scope(ada.tenant):
        assert not Outbox.objects.exists()
    assert whole(ada, case) == 1
    assert len(heads_of(ada.tenant)) == 1


def test_killed_after_the_commit_it_is_published_by_the_next_one_and_not_made_again(case, ada):
    assert streams.make(ada.tenant)
    streams.forget()
    [leaf] = heads_of(ada.tenant)
    assert streams.published_in(logs.folder(logs.of(ada.tenant)), leaf.idx) is None
    assert whole(ada, case) == 1
    assert [one.idx for one in heads_of(ada.tenant)] == [leaf.idx]


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_takes_nothing_keeps_the_checkpoint_from_being_signed(case, ada, monkeypatch, trouble):
    streams.make(ada.tenant)
    before = logs.of(ada.tenant).published

    def refuses(self, name, raw):
        raise OSError(trouble, "planted")

    monkeypatch.setattr(TileWriter, "add", refuses)
    with pytest.raises(OSError, match="planted"):
        publish.publish(ada.tenant)
    assert logs.of(ada.tenant).published == before
    monkeypatch.undo()
    assert whole(ada, case) == 1


def test_killed_between_the_file_and_the_signature_the_file_is_used_again(case, ada, monkeypatch):
    streams.make(ada.tenant)

    def killed(*_given, **_named):
        raise Killed

    monkeypatch.setattr(publish, "sign_checkpoint", killed)
    with pytest.raises(Killed):
        publish.publish(ada.tenant)
    monkeypatch.undo()
    [leaf] = heads_of(ada.tenant)
    file = logs.folder(logs.of(ada.tenant)) / streams.file_of(leaf.idx)
    said = file.read_bytes()
    assert whole(ada, case) == 1
    assert file.read_bytes() == said


def test_another_file_in_its_place_is_refused_with_its_name(case, ada):
    streams.make(ada.tenant)
    [leaf] = heads_of(ada.tenant)
    file = logs.folder(logs.of(ada.tenant)) / streams.file_of(leaf.idx)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b'{"half":')
    with pytest.raises(Malformed, match=f"must go.*{streams.file_of(leaf.idx)}"):
        publish.publish(ada.tenant)
    file.unlink()
    assert whole(ada, case) == 1


def test_of_two_sequencers_one_makes_the_leaf_and_the_other_finds_nothing_to_do(case, ada, monkeypatch):
    """The other one comes first, after this one has seen that a leaf is due and before it holds the log's row."""
    real = streams.head_to_change
    told = []

    def later(key):
        if not told:
            told.append("the other one")
            told.append(streams.make(ada.tenant))
        return real(key)

    monkeypatch.setattr(streams, "head_to_change", later)
    assert streams.make(ada.tenant) is False
    assert told == ["the other one", True]
    monkeypatch.undo()
    assert len(heads_of(ada.tenant)) == 1
    assert whole(ada, case) == 1


def test_what_waits_beside_it_gets_its_place_too_and_is_in_the_next_map(case, ada, monkeypatch):
    """Somebody records something while the map is being made: it stands before or behind the leaf, never in neither."""
    real = streams.commit_heads

    def meanwhile(*given, **named):
        cases.read(ada, case_id=case.id)
        return real(*given, **named)

    monkeypatch.setattr(streams, "commit_heads", meanwhile)
    assert streams.make(ada.tenant)
    monkeypatch.undo()
    assert whole(ada, case) == 2
    assert len(heads_of(ada.tenant)) == 2


def test_a_head_that_was_changed_makes_no_leaf(case, ada, monkeypatch):
    def other(_key):
        raise Clash("The head of a log in the database is not what the ledger wrote.")

    monkeypatch.setattr(streams, "head_to_change", other)
    with pytest.raises(Clash):
        streams.make(ada.tenant)
    assert heads_of(ada.tenant) == []
    assert sequence.sequence(ada.tenant) == 0
