"""Accounts: made, given other roles, closed, helped back in; and who may not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from tests.conftest import PASSWORD

from muniment.access import actions, queries
from muniment.access.backends import LoginBackend
from muniment.access.models import Person
from muniment.ledger import verify
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.sequence import sequence
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope
from muniment.spine.sealed import ERASED

GOOD = "seven wild geese fly south"
NEW = {"name": "Nora New", "login": "nora@example.test", "password": GOOD, "role": "analyst"}


def test_an_account_is_made_sealed_and_recorded(db, adam):
    person = actions.create_person(adam, **NEW)

    sequence(adam.tenant)
    with tenant_scope(adam.tenant):
        assert Person.objects.get(id=person.id).name == "Nora New"
        entry = Entry.objects.get(kind="access.create_person", subject=f"access.Person/{person.id}")
        assert opened_event(entry).facts["name"] == "Nora New"
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM access_person")
            assert b"Nora" not in repr(cursor.fetchall()).encode()
    assert verify.verify_log(adam.tenant, deep=True).faults == []


def test_destroying_a_persons_key_makes_them_unreadable_in_table_and_ledger(db, adam):
    person = actions.create_person(adam, **NEW)
    keyring().destroy(adam.tenant, person.id)
    with tenant_scope(adam.tenant):
        again = Person.objects.get(id=person.id)
        assert (again.name, again.login) == (ERASED, ERASED)
        event = Outbox.objects.get(subject=f"access.Person/{person.id}")
        assert "name" not in opened_event(event).facts
        assert queries.names([person.id]) == {str(person.id): str(ERASED)}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "name of a person"),
        ("name", "x" * 121, "name of a person"),
        ("name", "a\x00b", "name of a person"),
        ("name", "n" * 1_000_000, "name of a person"),
        ("login", "", "login has"),
        ("login", "two words", "login has"),
        ("login", "x" * 1_000_000, "login has"),
        ("login", "a\x07b", "login has"),
        ("password", "short", "too short"),
        ("password", "123456789012345", "numeric"),
        ("password", "password1234", "common|login or the name"),
        ("password", "my nora@example.test 1", "holds the login"),
        ("password", "x" * 2000, "at most"),
        ("role", "boss", "no such role"),
    ],
)
def test_what_breaks_the_rules_makes_no_account(db, adam, field, value, words):
    with pytest.raises(Invalid, match=words):
        actions.create_person(adam, **{**NEW, field: value})
    with tenant_scope(adam.tenant):
        assert Person.objects.count() == 0


def test_a_login_exists_once_in_the_whole_house(db, adam, mallory):
    actions.create_person(adam, **NEW)
    other = replace(mallory, may=adam.may)
    with pytest.raises(Clash, match="has this login"):
        actions.create_person(other, **{**NEW, "login": " NORA@example.test "})


@pytest.mark.parametrize("who", ["ada", "otto", "vera"])
def test_only_an_administrator_makes_accounts(db, request, who):
    with pytest.raises(Refused, match="does not allow"):
        actions.create_person(request.getfixturevalue(who), **NEW)


def test_a_role_is_changed_by_somebody_else_only(db, adam, ada, account_of):
    account_of(adam)
    person = account_of(ada)
    assert actions.change_role(adam, person_id=person.id, role="officer").role == "officer"
    with pytest.raises(Refused, match="your own role"):
        actions.change_role(adam, person_id=adam.id, role="officer")


def test_people_of_another_tenant_are_not_there(db, adam, mallory, account_of):
    stranger = account_of(mallory)
    for call in (
        lambda: actions.change_role(adam, person_id=stranger.id, role="auditor"),
        lambda: actions.deactivate(adam, person_id=stranger.id),
        lambda: actions.reset_factor(adam, person_id=stranger.id),
        lambda: actions.reset_password(adam, person_id=stranger.id, password=GOOD),
    ):
        with pytest.raises(Absent):
            call()


def test_the_last_administrator_stays(db, adam, account_of, operator):
    account_of(adam)
    second = actions.create_person(adam, **{**NEW, "role": "administrator"})
    boss = replace(adam, id=str(second.id))
    assert actions.deactivate(adam, person_id=second.id).is_active is False
    with pytest.raises(Refused, match="last administrator"):
        actions.deactivate(boss, person_id=adam.id)
    with pytest.raises(Refused, match="last administrator"):
        actions.change_role(boss, person_id=adam.id, role="auditor")


def test_nobody_closes_their_own_account(db, adam, account_of):
    account_of(adam)
    with pytest.raises(Refused, match="your own account"):
        actions.deactivate(adam, person_id=adam.id)


def test_a_closed_account_stays_closed(db, adam, ada, account_of):
    account_of(adam)
    account_of(ada)
    actions.deactivate(adam, person_id=ada.id)
    with pytest.raises(Refused, match="closed"):
        actions.change_role(adam, person_id=ada.id, role="officer")
    with pytest.raises(Refused, match="closed"):
        actions.sign_in(ada)


def test_a_session_ends_when_the_account_is_closed(client_as, adam, ada, account_of):
    client = client_as(ada)
    assert client.get("/").status_code == 200
    account_of(adam)
    actions.deactivate(adam, person_id=ada.id)
    assert client.get("/").status_code == 302


def test_a_new_password_ends_the_other_sessions(client_as, ada):
    client, other = client_as(ada), client_as(ada)
    answer = client.post(
        "/account/password/", {"oldpassword": PASSWORD, "password1": GOOD, "password2": GOOD}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302


def test_a_second_factor_that_is_reset_ends_the_sessions_it_opened_and_no_others(
    client_as, account_of, adam, otto, ada
):
    lost, others = client_as(otto), [client_as(adam), client_as(ada)]
    assert lost.get("/").status_code == 200
    others[0].post(f"/settings/people/{otto.id}/reset-factor/")
    assert lost.get("/").status_code == 302, "whoever found the device is out"
    assert [other.get("/").status_code for other in others] == [200, 200]


def test_a_weak_new_password_is_refused_in_the_form(client_as, ada):
    answer = client_as(ada).post(
        "/account/password/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    )
    assert "too short" in answer.content.decode()


def test_a_first_password_opens_only_the_page_where_it_is_changed(client_as, adam):
    page = client_as(adam).post("/settings/people/", {"name": "Nora New", "login": "nora", "role": "analyst"})
    words = page.content.decode()
    password = words.split('First password</dt><dd class="mono">')[1].split("<")[0]

    client = client_as()
    assert client.post("/account/sign-in/", {"login": "nora", "password": password}).status_code == 302
    assert client.get("/")["Location"] == "/account/password/"
    assert client.get("/settings/tokens/")["Location"] == "/account/password/"
    client.post("/account/password/", {"oldpassword": password, "password1": GOOD, "password2": GOOD})
    assert client.get("/").status_code == 200
    assert password not in client_as(adam).get("/settings/people/").content.decode()


def test_a_reset_password_works_and_the_one_before_does_not(db, adam, ada, account_of):
    account_of(adam)
    person = account_of(ada)
    actions.reset_password(adam, person_id=person.id, password=GOOD)
    backend = LoginBackend()
    assert backend.authenticate(None, username=person.login, password=PASSWORD) is None
    found = backend.authenticate(None, username=person.login, password=GOOD)
    assert found is not None
    assert found.first_password


def test_checking_a_password_never_writes(db, ada, account_of, monkeypatch):
    """Django would save a fresh hash when the cost has risen; the guard would refuse that, outside an action."""
    from muniment.access.backends import Argon2

    person = account_of(ada)
    monkeypatch.setattr(Argon2, "time_cost", 2)
    assert LoginBackend().authenticate(None, username=person.login, password=PASSWORD) is not None


def test_a_lost_second_factor_is_reset_by_an_administrator(db, adam, otto, account_of):
    from allauth.mfa.models import Authenticator

    account_of(adam)
    account_of(otto)
    actions.enrol_factor(otto, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    with pytest.raises(Clash, match="set up already"):
        actions.enrol_factor(otto, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    with pytest.raises(Refused, match="needs a second factor"):
        actions.remove_factor(otto)
    actions.reset_factor(adam, person_id=otto.id)
    assert not Authenticator.objects.filter(user_id=otto.id).exists()


def test_an_analyst_may_take_the_own_factor_away(db, ada, account_of):
    account_of(ada)
    actions.enrol_factor(ada, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    actions.remove_factor(ada)
    with tenant_scope(ada.tenant):
        assert not queries.has_factor(ada.id)


def test_no_ledger_no_account(db, adam, monkeypatch):
    from muniment.ledger import record

    def full(*_args):
        raise OSError("disk full")

    monkeypatch.setattr(record, "append", full)
    with pytest.raises(OSError, match="disk full"):
        actions.create_person(adam, **NEW)
    with tenant_scope(adam.tenant):
        assert Person.objects.count() == 0
