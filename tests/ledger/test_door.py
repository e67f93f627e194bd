"""The door: who may, what is recorded, what is refused, and what happens when the ledger cannot write."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, connection

from muniment.ledger import publish, verify
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.spine.errors import Refused
from muniment.spine.scope import NoTenant, tenant_scope
from muniment.tenants import actions
from muniment.tenants.models import Tenant


def test_a_tenant_is_made_and_its_log_begins_with_that(db, operator):
    made = actions.found(operator, name="Third House", slug="third-house")

    publish.settle()

    with tenant_scope(made.id):
        entry = Entry.objects.get(idx=0)
        assert (entry.kind, entry.actor, entry.subject) == (
            "tenants.create",
            "system:operator",
            f"tenants.Tenant/{made.id}",
        )
        assert opened_event(entry).facts == {"name": "Third House", "slug": "third-house"}
        assert b"Third House" not in bytes(entry.leaf) + bytes(entry.body)
    assert verify.verify_log(made.id, deep=True).faults == []


def test_who_lacks_the_right_is_refused_and_the_refusal_is_on_record(db, vera, town):
    with pytest.raises(Refused, match="does not allow"):
        actions.create(vera, name="Mine", slug="mine")

    with tenant_scope(town.example):
        refusal = Outbox.objects.get(actor=vera.id)
        assert (refusal.cls, refusal.kind) == ("refusal", "tenants.create")
        assert opened_event(refusal).value("outcome") == "refused"


@pytest.mark.parametrize("how", ["save", "update", "delete", "bulk_create", "sql"])
def test_the_database_refuses_what_goes_round_the_door(db, town, how):
    with tenant_scope(town.example):
        row = Tenant.objects.get()
        ways = {
            "save": row.save,
            "update": lambda: Tenant.objects.update(name="x"),
            "delete": row.delete,
            "bulk_create": lambda: Tenant.objects.bulk_create(
                [Tenant(name="x", slug="x", created_at=row.created_at)]
            ),
            "sql": lambda: connection.cursor().execute("UPDATE tenants_tenant SET name = 'x'"),
        }
        with pytest.raises(IntegrityError, match="outside an action"):
            ways[how]()


def test_without_a_tenant_nothing_is_seen(db):
    with pytest.raises(NoTenant):
        Tenant.objects.count()


def test_another_tenants_rows_are_not_there(db, town):
    with tenant_scope(town.harbour):
        assert not Tenant.objects.filter(id=town.example).exists()
        if connection.vendor == "postgresql":
            assert not Tenant.everything.filter(id=town.example).exists()


def test_the_unknown_tenant_sees_nothing(db):
    with tenant_scope(UUID(int=7)):
        assert Tenant.objects.count() == 0
