"""Erasing somebody with an account, and cleaning what deletions leave behind."""

from __future__ import annotations

import sys
from types import ModuleType
from uuid import UUID, uuid4

import pytest
from django.db import connection
from tests.lifecycle.people import WHY
from tests.support import plugin

from muniment.access import actions as access
from muniment.access import queries as people
from muniment.access.models import Person
from muniment.ledger import publish, verify
from muniment.lifecycle import actions, cleaning, executing, queries
from muniment.spine import config
from muniment.spine.actor import system
from muniment.spine.errors import Absent, Refused
from muniment.spine.scope import tenant_scope


def test_an_account_is_erased_once_it_is_closed(erasing, adam):
    # Somebody new, and none of those whom all tests know: a destroyed key does not come back with the transaction.
    login = f"{uuid4().hex}@example.org"
    maker = system("operator", may=frozenset({"access.create_person"}), tenant=adam.tenant, via="cli")
    person = access.create_person(
        maker, name="Vanessa Example", login=login, password="correct horse battery staple", role="auditor"
    )
    assert people.person_by_login(login) is not None
    with pytest.raises(Refused, match="in use"):
        erasing.ask(target=person.id)
    access.deactivate(adam, person_id=person.id)
    done = erasing.carry_out(target=person.id)
    publish.settle()
    assert done.kind == "account"
    assert done.counts["rows"] == 1
    assert done.counts["openings"] >= 1
    assert people.person_by_login(login) is None
    with tenant_scope(adam.tenant):
        row = Person.objects.get(id=person.id)
        assert (row.name, row.login, row.has_usable_password()) == ("(erased)", "(erased)", False)
    assert verify.verify_log(adam.tenant, deep=True).faults == []


def test_nobody_of_another_firm_is_erased_from_here(erasing, mallory, account_of):
    person = account_of(mallory)
    for target in (UUID(str(person.id)), uuid4()):
        with pytest.raises(Absent):
            erasing.ask(target=target)
    with pytest.raises(Absent):
        erasing.ask(mallory)
    with tenant_scope(mallory.tenant):
        assert queries.erasures() == []


def test_the_pages_of_the_database_are_rewritten(town, django_db_blocker):
    with django_db_blocker.unblock():
        said = cleaning.clean()
    if connection.vendor == "postgresql" and not config.current().database_owner:
        assert said.what == cleaning.NO_OWNER
    else:
        assert said.at is not None, said.what
        assert said.told().startswith("rewritten 20")


def test_within_a_transaction_they_are_left_and_that_is_said(db):
    assert cleaning.clean().told() == f"{cleaning.LEFT} ({cleaning.NOT_ALONE})"


def test_on_postgresql_an_owner_who_cannot_be_reached_leaves_them(db, monkeypatch):
    class Outside:
        in_atomic_block = False
        vendor = "postgresql"

    class Named:
        database_owner = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2"

    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(cleaning, "connection", Outside())
        elsewhere.setattr(config, "current", lambda: Named)
        assert cleaning.clean().what == cleaning.REFUSED
        elsewhere.setattr(Named, "database_owner", "")
        assert cleaning.clean().what == cleaning.NO_OWNER


@pytest.mark.skipif(plugin.ON != "postgresql", reason="this is about PostgreSQL")
def test_on_postgresql_a_role_that_owns_no_table_is_not_believed(town, django_db_blocker, monkeypatch):
    """The server only warns somebody who may not rewrite a table."""
    dsn = config.current().database

    class Named:
        database_owner = dsn

    with django_db_blocker.unblock(), monkeypatch.context() as other:
        other.setattr(config, "current", lambda: Named)
        assert cleaning.clean().what == cleaning.REFUSED


def test_what_this_process_has_compared_is_forgotten(monkeypatch):
    import functools

    @functools.lru_cache
    def folded(name: str) -> str:
        return name.casefold()

    folded.__wrapped__.__module__ = "muniment.screening.matching.steady"
    folded.__module__ = "muniment.screening.matching.steady"
    monkeypatch.setitem(sys.modules, "muniment.screening.matching", ModuleType("matching"))
    folded("Zebulon Canarius")
    cleaning.forget()
    assert folded.cache_info().currsize == 0


def test_an_order_that_was_held_back_later_says_so_when_it_is_finished(erasing, adam, monkeypatch):
    """The journal names the keys already; a hold of afterwards is listed only for what the journal does not name."""
    order = erasing.order()

    class Killed(BaseException):
        pass

    def dies(_deed):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(executing, "destroy", dies)
        with pytest.raises(Killed):
            executing.carry_out(adam.tenant, order.id)
    actions.place_hold(adam, on="tenant", reason=WHY)
    done = executing.carry_out(adam.tenant, order.id)
    assert done.held == []
