"""Every address, with every role and the other tenant's identifiers. Grows by itself with the table of routes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.isolation import examples_of_work
from tests.isolation.examples import EXAMPLES, PLAIN, Firm
from tests.isolation.routes import Route, every_route

from muniment.access.rules import EDGE, OWN_ACCOUNT, ROLES, permissions
from muniment.ledger.action import REGISTRY
from muniment.ledger.models import Outbox
from muniment.ledger.openings import opened_event
from muniment.site.gate import PUBLIC
from muniment.spine.scope import tenant_scope

assert examples_of_work.__doc__  # registers by being loaded
ROUTES = every_route()
WITH_THINGS = [route for route in ROUTES if any(name not in PLAIN for name in route.placeholders)]
#: Addresses on which the walk would sign itself out or change how it signs in.
OWN_SESSION = {"account_logout", "account_login", "mfa_authenticate"}
NAMES = {"administrator": "adam", "officer": "otto", "analyst": "ada", "auditor": "vera"}


@pytest.fixture
def example_pay(adam, otto, ada, vera, account_of) -> Firm:
    for person in (adam, otto, ada, vera):
        account_of(person)
    return Firm(adam, otto, ada, vera)


@pytest.fixture
def harbour(mallory, account_of) -> Firm:
    """The other tenant: Mallory in each role, all with full accounts there."""
    from tests.conftest import STRANGERS

    people = {}
    for role in NAMES:
        stranger = replace(
            mallory,
            id=str(UUID(bytes=STRANGERS[role].encode().ljust(16, b"\0"), version=4)),
            role=role,
            may=permissions(role),
        )
        account_of(stranger)
        people[role] = stranger
    return Firm(**people)


def ids_of(route: Route, firm: Firm) -> dict[str, str]:
    values = dict(PLAIN)
    for name in route.placeholders:
        if name in PLAIN:
            continue
        if name not in EXAMPLES:
            pytest.fail(
                f"{route}: no example for <{name}>. Register one in tests/isolation/examples.py: "
                f'@example("{name}") def ...(firm) -> the identifier of a fresh one made in that tenant.'
            )
        values[name] = str(EXAMPLES[name].make(firm))
    return values


def ask(client: Any, method: str, address: str, route: Route) -> Any:
    more = {"content_type": "application/json", "data": "{}"} if route.is_api and method != "GET" else {}
    return getattr(client, method.lower())(address, **more)


def face(response: Any) -> tuple[int, bytes, dict[str, str]]:
    """Return everything a stranger can see of an answer, without the request's number."""
    number = response["X-Request-Id"].encode()
    body = b"".join(response.streaming_content) if response.streaming else response.content
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", body.replace(number, b""))
    headers = {name: value for name, value in response.items() if name not in {"X-Request-Id", "Location"}}
    return response.status_code, body, headers


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_nobody_gets_past_the_gate(route, client_as, db):
    if route.name in PUBLIC:
        return
    values = {name: PLAIN.get(name, str(uuid4())) for name in route.placeholders}
    client = client_as()
    for method in route.methods:
        answer = ask(client, method, route.filled(values), route)
        if route.is_api:
            assert answer.status_code == 401, method
            assert answer["Content-Type"] == "application/problem+json"
        else:
            assert answer.status_code == 302, method
            assert answer["Location"].startswith("/account/sign-in/"), method


@pytest.mark.parametrize("route", WITH_THINGS, ids=str)
def test_what_belongs_to_others_is_not_there(route, client_as, example_pay, harbour):
    theirs = ids_of(route, example_pay)
    private = [name for name in route.placeholders if name in EXAMPLES and not EXAMPLES[name].public]
    nothing = {**theirs, **{name: str(uuid4()) for name in private}}
    if not private:
        return
    for role, stranger in harbour.people.items():
        client = client_as(stranger)
        for method in route.methods:
            foreign = ask(client, method, route.filled(theirs), route)
            absent = ask(client, method, route.filled(nothing), route)
            assert foreign.status_code >= 400, f"{role} {method}: {foreign.status_code}"
            assert face(foreign) == face(absent), f"{role} {method}"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_each_role_is_answered_and_an_auditor_changes_nothing(route, client_as, example_pay):
    if route.name in OWN_SESSION:
        return
    values = ids_of(route, example_pay)
    for role, person in example_pay.people.items():
        client = client_as(person)
        for method in route.methods:
            before = set(_events(person))
            answer = ask(client, method, route.filled(values), route)
            assert answer.status_code < 500 or answer.status_code == 503, f"{role} {method}"
            done = {kind for event, kind, actor in set(_events(person)) - before if actor == person.id}
            assert done <= ROLES[role] | EDGE, f"{role} {method} did {done}"
            if role == "auditor":
                assert {kind for kind in done if not REGISTRY[kind].reads} <= OWN_ACCOUNT, method


def _events(person: Any) -> list[tuple[UUID, str, str]]:
    """Return what this person did (not what was refused them)."""
    with tenant_scope(person.tenant):
        rows = Outbox.objects.filter(actor=person.id)
        return [(row.id, row.kind, row.actor) for row in rows if opened_event(row).value("outcome") == "done"]


def test_the_public_list_names_only_what_is_there():
    assert {route.name for route in ROUTES} >= PUBLIC
