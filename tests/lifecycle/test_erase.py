"""Erasing somebody: two people, one order, keys gone, tables without a trace, an entry and a certificate."""

from __future__ import annotations

import pytest
from tests.lifecycle.people import NAME, WHY

from muniment.counterparties import queries as parties
from muniment.counterparties.models import BlindToken, Counterparty, Import
from muniment.ledger import publish, verify
from muniment.lifecycle import actions, executing, queries
from muniment.lifecycle.models import ErasedKey, State
from muniment.proof.certificate import verify_certificate
from muniment.spine.errors import Absent, Clash, Refused
from muniment.spine.installation import key_store
from muniment.spine.scope import tenant_scope
from muniment.vault import storage


def test_two_people_and_a_person_is_gone_while_everything_still_holds(erasing, ada):
    done = erasing.carry_out()
    publish.settle()
    with tenant_scope(ada.tenant):
        row = Counterparty.objects.get(id=erasing.person)
        assert row.name == "(erased)"
        assert row.reference.startswith("erased-1-")
        assert parties.page("zebulon").ids == ()
        assert not BlindToken.objects.filter(counterparty=row).exists()
        file = Import.objects.get()
        with pytest.raises(Absent, match="erased"):
            parties.file_of(file)
        assert not storage.path_of(file.blob_id).exists()
        assert done.state == State.EXECUTED
        assert done.counts == {"keys": 2, "openings": 0, "rows": 1, "files": 1, "index": 2}
        assert {row.key_id for row in ErasedKey.objects.all()} == {erasing.person, file.blob_id}
        assert set(queries.erased(ada.tenant)) and done.executed_at is not None
    found = verify.verify_log(ada.tenant, deep=True)
    assert found.faults == []


def test_the_certificate_says_what_was_done_and_is_verified_without_us(erasing, ada):
    order = erasing.carry_out()
    publish.settle()
    with tenant_scope(ada.tenant):
        raw = queries.certificate(queries.erasure(order.id))
        trust = queries.ledger.keys().encode()
    report = verify_certificate(raw, trust)
    assert report.verified, report.text()
    assert report.shown["legal basis"] == "gdpr-17-1"
    assert report.shown["ordered by"] == erasing.otto.id
    assert report.state("keys") == "passed"
    assert NAME.encode() not in raw and WHY.encode() not in raw


def test_who_asked_does_not_confirm(erasing):
    asked = erasing.ask()
    with pytest.raises(Refused, match="somebody else"):
        actions.answer_erasure(erasing.adam, erasure_id=asked.id, approve=True, reason=WHY)


def test_what_was_refused_is_not_carried_out(erasing, ada):
    asked = erasing.ask()
    actions.answer_erasure(erasing.otto, erasure_id=asked.id, approve=False, reason=WHY)
    assert executing.carry_out(ada.tenant, asked.id).state == State.REFUSED
    assert key_store().get(ada.tenant, erasing.person) is not None
    with pytest.raises(Clash, match="answered already"):
        actions.answer_erasure(erasing.otto, erasure_id=asked.id, approve=True, reason=WHY)


def test_carried_out_twice_it_is_done_once(erasing, ada):
    done = erasing.carry_out()
    again = executing.carry_out(ada.tenant, done.id)
    assert again.executed_event == done.executed_event
    with pytest.raises(Clash, match="erased already"):
        erasing.ask()
