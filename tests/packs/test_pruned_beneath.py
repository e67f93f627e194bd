"""A proof that is asked for, or being built, and an export that is being drawn: nothing is pruned beneath them."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from tests.cases import lived
from tests.packs.test_pack import decide

from muniment.access.rules import WORKER
from muniment.ledger import drawing, publish, taking, verify
from muniment.ledger.action import REGISTRY, action
from muniment.ledger.exports.asked import Asked
from muniment.ledger.models import Entry
from muniment.ledger.pruning import plan, under_way
from muniment.packs import actions, jobs, queries
from muniment.proof.pack import verify_pack
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Busy
from muniment.spine.scope import tenant_scope
from muniment.vault import storage

#: The tenants of the tests are as old as the run is.
THEN = ports.now()
LATER = THEN + timedelta(days=425)


@pytest.fixture
def old(db, operator, ada, otto, account_of):
    """A case that was decided fourteen months ago, whose entries are old enough to go."""

    def record_many(act):
        for number in range(600):
            act.record("try.thing", number=number)

    door = action("try.many", cls="case.read", says="many")(record_many)
    with ports.frozen(clock=THEN):
        account_of(ada)
        account_of(otto)
        house = lived.live_in(operator, ada)
        case = decide(ada, otto, [("finding", house.conflict.id), ("evidence", house.policy.id)])
        door(system("try", may=frozenset({"try.many"}), tenant=ada.tenant))
        publish.settle()
    with ports.frozen(clock=LATER):
        action_of_now = system("try", may=frozenset({"try.many"}), tenant=ada.tenant)
        door(action_of_now)
        publish.settle()
        yield case
    REGISTRY.pop("try.many", None)


def about(case):
    with tenant_scope(case.tenant_id):
        return set(
            Entry.objects.filter(subject=f"cases.Case/{case.id}", idx__lt=512).values_list("idx", flat=True)
        )


def test_what_a_proof_that_was_asked_for_needs_is_not_pruned_until_it_is_built(old, ada):
    before = about(old)
    assert before
    asked = actions.build(ada, case_id=old.id)
    assert taking.prune(ada.tenant).gone > 0
    assert about(old) == before

    made = jobs.carry_out(ada.tenant, asked.id)
    with tenant_scope(ada.tenant):
        raw = storage.read(ada.tenant, made.blob_id, made.sha256)
    assert verify_pack(BytesIO(raw)).verified
    with zipfile.ZipFile(BytesIO(raw)) as pack:
        assert len([one for one in pack.namelist() if "events/" in one]) >= len(before)
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_nothing_goes_while_a_proof_is_being_built(old, ada, monkeypatch):
    """The build is under way, in its own lock, when the worker comes to prune."""
    asked = actions.build(ada, case_id=old.id)
    found = []
    collect = jobs.contents_of

    def slowly(case_id, made):
        found.append(taking.prune(ada.tenant))
        return collect(case_id, made)

    monkeypatch.setattr(jobs, "contents_of", slowly)
    jobs.carry_out(ada.tenant, asked.id)
    [done] = found
    assert (done.below, done.gone, done.stops) == (0, 0, (under_way.STOP,))
    assert taking.prune(ada.tenant).gone > 0


def test_what_is_asked_for_after_the_bound_was_signed_stays_too(old, ada, monkeypatch):
    before = about(old)
    take = taking.carry_out

    def asked_meanwhile(log, bound):
        if not asked:
            asked.append(actions.build(ada, case_id=old.id))
        return take(log, bound)

    asked = []
    monkeypatch.setattr(taking, "carry_out", asked_meanwhile)
    assert taking.prune(ada.tenant).gone > 0
    assert about(old) == before
    assert verify.verify_log(ada.tenant, deep=True).faults == []
    actions.fail(
        system("worker", may=WORKER, tenant=ada.tenant), pack_id=asked[0].id, reason="No more tries."
    )
    assert taking.prune(ada.tenant).gone >= len(before), "the next run takes away what is no longer needed"
    assert about(old) == set()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_an_export_that_is_being_drawn_holds_pruning_back_and_waits_for_one_under_way(old, ada, monkeypatch):
    monkeypatch.setattr(plan, "KEEPERS", [])
    with tenant_scope(ada.tenant):
        asked = Asked(form="ocsf")
        pieces = drawing.lines(asked, drawing.begin(asked))
        next(pieces)
        next(pieces)
        stopped = taking.prune(ada.tenant)
        assert (stopped.gone, stopped.stops) == (0, (under_way.STOP,))
        pieces.close()
        monkeypatch.setattr(under_way, "PATIENCE", 0)
        with under_way.alone(ada.tenant) as free:
            assert free
            with pytest.raises(Busy, match="being pruned"):
                drawing.draw(asked)
    assert taking.prune(ada.tenant).gone > 0
    with tenant_scope(ada.tenant):
        assert list(queries.needed(ada.tenant)) == []
