"""The end of an organisation: two of its people order it, its keys go, its log stays and is verified without them."""

from __future__ import annotations

import threading
from dataclasses import replace
from uuid import UUID

import pytest
from tests.lifecycle.people import NAME, WHY
from tests.ops.commands import here

from muniment.counterparties.models import Counterparty
from muniment.ledger import lag, logs, publish, taking, verify
from muniment.ledger.checks import runs
from muniment.ledger.damage import found as damage
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened_event
from muniment.ledger.trust import replacing
from muniment.lifecycle import actions, closing, executing
from muniment.ops.serving import looking
from muniment.proof.certificate import verify_certificate
from muniment.proof.tiles import Tiles
from muniment.spine import config, ports
from muniment.spine.errors import Absent, Refused
from muniment.spine.installation import key_store
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants.models import Tenant
from muniment.vault.models import Blob


def order(erasing):
    asked = erasing.ask(target=erasing.adam.tenant, basis="contract-end")
    return actions.answer_erasure(erasing.otto, erasure_id=asked.id, approve=True, reason=WHY)


def test_nobody_closes_an_organisation_that_did_not_order_it(erasing, adam):
    with pytest.raises(Refused, match="not ordered"):
        closing.close(adam.tenant)
    erasing.ask(target=adam.tenant, basis="contract-end")
    with pytest.raises(Refused, match="not ordered"):
        closing.close(adam.tenant)
    with pytest.raises(Absent):
        closing.certificate(adam.tenant)
    assert key_store().get(adam.tenant, adam.tenant) is not None


def test_a_legal_hold_keeps_an_organisation_from_being_closed(erasing, adam):
    order(erasing)
    actions.place_hold(adam, on="subject", target=erasing.person, reason=WHY)
    with pytest.raises(Refused, match="legal hold"):
        closing.close(adam.tenant)
    assert key_store().get(adam.tenant, adam.tenant) is not None


@pytest.fixture
def keys_come_back(adam):
    """Put the tenant's keys back after the test: the key store is not part of the transaction that is rolled back."""
    from tests.attacks.test_erasure import bring_back

    from muniment.spine.installation import keyring

    wrapped = key_store().get(adam.tenant, adam.tenant)
    yield
    bring_back(adam.tenant, adam.tenant, wrapped)
    keyring().forget(adam.tenant, adam.tenant)


def test_a_closed_organisation_is_unreadable_and_its_log_is_still_verified(
    erasing, adam, mallory, keys_come_back
):
    asked = order(erasing)
    closing.close(adam.tenant)
    publish.settle()
    publish.settle()

    assert key_store().get(adam.tenant, adam.tenant) is None
    with tenant_scope(adam.tenant):
        assert not Counterparty.objects.exists()
        assert not Blob.objects.filter(tenant_id=adam.tenant).exists()
        assert Tenant.objects.get(id=adam.tenant).closed_at is not None
        assert all(opened_event(one).openings == () for one in Entry.objects.all())
        log = logs.of(adam.tenant)
        assert log.published == log.size
        tiles = Tiles(logs.folder(log), log.size)
        assert len(tiles.inclusion(log.size - 1)) >= 0
    found = verify.verify(deep=True)
    assert found[adam.tenant].faults == []
    assert found[mallory.tenant].faults == []
    assert found[DEPLOYMENT].faults == []

    raw = closing.certificate(adam.tenant)
    report = verify_certificate(raw, logs.of(DEPLOYMENT).vkeys.encode())
    assert report.verified, report.text()
    assert report.shown["data of"] == f"tenant {adam.tenant}"
    assert report.shown["erasure"] == asked.number
    assert NAME.encode() not in raw
    assert closing.catch_up_all() == 0


def test_the_log_of_a_closed_organisation_is_verified_although_its_keys_were_changed(
    erasing, adam, keys_come_back, operator
):
    log = logs.of(adam.tenant)
    before = {path: path.read_bytes() for path in config.current().signing_keys.glob(f"{log.tag}*")}
    try:
        publish.settle()
        replacing.replace(replace(operator, tenant=adam.tenant), log, lag.last_good(log, ports.now()))
        publish.settle()
        publish.settle()
        order(erasing)
        closing.close(adam.tenant)
        publish.settle()
        assert verify.verify(deep=True)[adam.tenant].faults == []
    finally:
        for path in config.current().signing_keys.glob(f"{log.tag}*"):
            path.unlink()
        for path, raw in before.items():
            path.write_bytes(raw)


def test_the_worker_goes_on_checking_when_an_organisation_was_closed_and_shows_no_damage(
    erasing, adam, mallory, keys_come_back
):
    order(erasing)
    closing.close(adam.tenant)
    publish.settle()
    publish.settle()
    closed = logs.of(adam.tenant)
    assert damage.pieces(adam.tenant) == []
    assert looking.look(threading.Event())
    with tenant_scope(DEPLOYMENT):
        last = runs.newest(runs.What.DEEP)
        assert last is not None
        assert (last.outcome, runs.faults_of(last)) == (runs.Outcome.HOLDS, ())
        assert runs.standing(ports.now()).alarm == ()
        assert last.entries > last.size, "the entries of the closed log were looked at, too"
    assert runs.What.DEEP not in runs.due(ports.now())

    path = logs.folder(closed) / "checkpoint"
    kept = path.read_bytes()
    path.write_bytes(kept[:-10])
    try:
        again = runs.check(runs.What.FULL, DEPLOYMENT)
        assert again.outcome == runs.Outcome.FAULTS
        assert any(closed.origin in sentence for sentence in runs.faults_of(again))
    finally:
        path.write_bytes(kept)


def test_nothing_is_pruned_of_a_closed_organisations_log(erasing, adam, mallory, keys_come_back, monkeypatch):
    """Nobody can decide anything in it any more, not even what may go."""
    order(erasing)
    closing.close(adam.tenant)
    publish.settle()
    asked: list[UUID] = []
    prune = taking.prune

    def noted(tenant, *rest, **more):
        asked.append(tenant)
        return prune(tenant, *rest, **more)

    monkeypatch.setattr(taking, "prune", noted)
    looking._prune(threading.Event())
    assert mallory.tenant in asked
    assert adam.tenant not in asked


def test_the_command_writes_the_certificate_of_an_organisation_that_is_closed_already(
    erasing, adam, keys_come_back, tmp_path, command
):
    with tenant_scope(adam.tenant):
        slug = Tenant.objects.get(id=adam.tenant).slug
    order(erasing)
    for file in ("first", "again"):
        done = command("close-tenant", "--slug", slug, "--to", str(tmp_path / file))
        assert done.code == 0, done.out
    raw = (tmp_path / "again").read_bytes()
    assert verify_certificate(raw, logs.of(DEPLOYMENT).vkeys.encode()).verified


@pytest.fixture
def command(capsys, monkeypatch):
    return here(capsys, monkeypatch)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", ["empty", "destroy", "close"])
def test_an_end_that_is_killed_anywhere_is_finished_once(erasing, adam, keys_come_back, monkeypatch, where):
    order(erasing)

    def dies(*_given, **_named):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(executing if where == "destroy" else actions, where, dies)
        with pytest.raises(Killed):
            closing.close(adam.tenant)
    assert closing.catch_up_all() >= 1
    assert closing.catch_up_all() == 0
    publish.settle()
    assert key_store().get(adam.tenant, adam.tenant) is None
    assert verify_certificate(closing.certificate(adam.tenant)).verified
    assert len(executing.journal().lines()) == 1
    assert verify.verify(deep=True)[adam.tenant].faults == []


def test_the_keys_of_a_closed_organisation_that_a_restore_brought_back_are_destroyed_again(
    erasing, adam, keys_come_back
):
    from tests.attacks.test_erasure import bring_back

    from muniment.spine.installation import keyring

    wrapped = key_store().get(adam.tenant, adam.tenant)
    assert wrapped is not None
    order(erasing)
    closing.close(adam.tenant)
    bring_back(adam.tenant, adam.tenant, wrapped)
    keyring().forget(adam.tenant, adam.tenant)
    assert closing.catch_up_all() == 1
    assert key_store().get(adam.tenant, adam.tenant) is None
    assert closing.catch_up_all() == 0


def test_tables_of_before_an_end_are_unreadable_once_the_journal_was_held_against_them(
    erasing, adam, keys_come_back
):
    from django.db import transaction

    asked = order(erasing)
    before = transaction.savepoint()
    closing.close(adam.tenant)
    transaction.savepoint_rollback(before)
    assert asked.state == "ordered"
    assert closing.catch_up_all() >= 1
    assert closing.catch_up_all() == 0
    with tenant_scope(adam.tenant):
        assert Counterparty.objects.get(id=erasing.person).name == "(erased)"
