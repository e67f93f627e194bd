"""Where every stream ends is committed within a minute, is published, and proves that a stream is whole."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, sequence, streams
from muniment.ledger.models import Entry, Log
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.streamproof import HEADS_CLASS, parse_stream_proof, write_stream_proof
from muniment.spine import ports
from muniment.spine.errors import Absent, Busy
from muniment.spine.scope import tenant_scope


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
