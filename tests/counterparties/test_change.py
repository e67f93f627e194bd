"""One counterparty: entering, changing, reading it; who may; what another tenant sees."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from muniment.counterparties import actions, queries, rules
from muniment.counterparties.models import Counterparty
from muniment.ledger import record
from muniment.ledger.models import Outbox
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.scope import tenant_scope

MARTA = {"reference": "P-1", "kind": "person", "name": "Marta Olivar", "birth_dates": ["1970-02-03"]}


def test_a_person_is_entered_and_read_and_both_are_on_record(db, ada, vera):
    row = actions.add(ada, party=rules.require_party(MARTA))

    [shown] = actions.read(vera, ids=[row.id])

    assert rules.party_of(shown).birth_dates == ("1970-02-03",)
    with tenant_scope(ada.tenant):
        kinds = list(Outbox.objects.filter(kind__startswith="counterparties.").values_list("kind", flat=True))
    assert sorted(kinds) == ["counterparties.add", "counterparties.read"]


def test_a_reference_is_used_once(db, ada):
    actions.add(ada, party=rules.require_party(MARTA))

    with pytest.raises(Clash, match="has this reference"):
        actions.add(ada, party=rules.require_party(MARTA))


def test_a_change_says_which_fields_and_the_party_is_found_by_its_new_name_only(db, ada):
    row = actions.add(ada, party=rules.require_party(MARTA))

    changed = actions.change(
        ada,
        counterparty_id=row.id,
        party=rules.require_party({**MARTA, "name": "Marta Quint"}),
        seen=row.mark,
    )

    assert changed.mark != row.mark
    with tenant_scope(ada.tenant):
        assert queries.page("olivar").ids == ()
        assert queries.page("quint").ids == (row.id,)


def test_who_looks_at_an_old_state_changes_nothing(db, ada):
    row = actions.add(ada, party=rules.require_party(MARTA))
    new = rules.require_party({**MARTA, "name": "Marta Quint"})
    actions.change(ada, counterparty_id=row.id, party=new, seen=row.mark)

    with pytest.raises(Clash, match="Somebody else"):
        actions.change(ada, counterparty_id=row.id, party=rules.require_party(MARTA), seen=row.mark)
    with pytest.raises(Clash, match="Nothing was changed"):
        actions.change(ada, counterparty_id=row.id, party=new)
    with pytest.raises(Invalid, match="cannot change"):
        actions.change(ada, counterparty_id=row.id, party=rules.require_party({**MARTA, "reference": "P-2"}))


def test_who_may_not_is_refused(db, ada, vera, adam):
    row = actions.add(ada, party=rules.require_party(MARTA))

    with pytest.raises(Refused):
        actions.add(vera, party=rules.require_party({**MARTA, "reference": "P-2"}))
    with pytest.raises(Refused):
        actions.change(vera, counterparty_id=row.id, party=rules.require_party(MARTA))
    with pytest.raises(Refused):
        actions.read(adam, ids=[row.id])


def test_another_tenant_does_not_see_it(db, ada, mallory):
    row = actions.add(ada, party=rules.require_party(MARTA))

    with pytest.raises(Absent):
        actions.read(mallory, ids=[row.id])
    with pytest.raises(Absent):
        actions.change(mallory, counterparty_id=row.id, party=rules.require_party(MARTA))


def test_a_persons_name_cannot_be_written_in_the_clear(db, ada, monkeypatch):
    plain = rules.columns_of(rules.require_party(MARTA)) | {"name_plain": "Marta Olivar"}
    monkeypatch.setattr(rules, "columns_of", lambda _: plain)

    with pytest.raises(Clash, match="database refused"):
        actions.add(ada, party=rules.require_party(MARTA))


def test_round_the_door_nothing_changes(db, ada):
    row = actions.add(ada, party=rules.require_party(MARTA))

    with tenant_scope(ada.tenant), pytest.raises(IntegrityError, match="outside an action"):
        Counterparty.objects.filter(id=row.id).update(status="ended")


def test_without_the_ledger_nothing_is_entered(db, ada, monkeypatch):
    def broken(events, touched):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(record, "append", broken)
    with pytest.raises(RuntimeError):
        actions.add(ada, party=rules.require_party(MARTA))

    with tenant_scope(ada.tenant):
        assert not Counterparty.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", "=cmd()"),
        ("reference", "x" * 501),
        ("name", ""),
        ("name", "a\x00b"),
        ("name", "\ud800"),
        ("kind", "ghost"),
        ("birth_dates", ["03/04/1970"]),
        ("countries", ["Atlantis"]),
        ("identifiers", [("lei", "529900T8BM49AURSDO56")]),
        ("identifiers", [("shoe", "44")]),
        ("schema", "Vessel"),
        ("gender", "secret"),
    ],
)
def test_what_does_not_fit_is_refused_without_repeating_it(field, value):
    with pytest.raises(Invalid) as refusal:
        rules.require_party({**MARTA, field: value})

    assert refusal.value.where == field
    assert "Atlantis" not in str(refusal.value)
