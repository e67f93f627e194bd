"""Every address asked with every method, every way of signing in: each leaves an entry that says who, how and what.

Grows by itself with the table of routes: an address that leaves no entry and does not stand on the published list of
those (``muniment.site.unrecorded``) fails here.
"""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.urls import path
from tests.conftest import PASSWORD
from tests.faults.asked import said
from tests.isolation import examples_of_work
from tests.isolation.examples import EXAMPLES, PLAIN, Firm
from tests.isolation.routes import every_route

from muniment.access import actions
from muniment.ledger.action import REGISTRY
from muniment.site import unrecorded
from muniment.site.gate import PUBLIC
from muniment.spine import ports
from muniment.spine.scope import DEPLOYMENT

assert examples_of_work.__doc__  # registers by being loaded
ROUTES = every_route()
#: Who can do most there; the walk over every role is tests/isolation.
ASKERS = ("officer", "administrator")
#: Addresses on which the asker would leave.
LEAVING = {"account_logout"}


@pytest.fixture
def firm(adam, otto, ada, vera, account_of) -> Firm:
    for person in (adam, otto, ada, vera):
        account_of(person)
    return Firm(adam, otto, ada, vera)


def ids_of(route, firm):
    return {
        name: PLAIN[name] if name in PLAIN else str(EXAMPLES[name].make(firm)) for name in route.placeholders
    }


def ask(client, method, address, route, **more):
    if route.is_api and method != "GET":
        more |= {"content_type": "application/json", "data": "{}"}
    answer = getattr(client, method.lower())(address, **more)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


def is_free(name, method, status):
    listed = unrecorded.ROUTES.get(name)
    return listed is not None and method in listed.methods and (listed.refusals or status < 400)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_answer_leaves_an_entry_that_says_who_how_and_what(route, client_as, firm):
    values = ids_of(route, firm)
    for role in ASKERS:
        person = firm.people[role]
        client = client_as(person)
        for method in route.methods:
            answer = ask(client, method, route.filled(values), route)
            number = answer["X-Request-Id"]
            left = [one for one in said(person.tenant, number) if one.actor == person.id]
            if is_free(route.name, method, answer.status_code):
                assert left == [], f"{role} {method} is on the list and left an entry"
                continue
            assert left, f"{role} {method} {answer.status_code} left no entry and is not on the list"
            for one in left:
                assert (one.role, one.factors, one.address) == (role, ("password", "totp"), "192.0.2.7")
                assert one.kind in REGISTRY
            refused = [one for one in left if one.outcome == "refused"]
            assert bool(refused) == (answer.status_code >= 400 or _form_again(answer)), f"{role} {method}"
            for one in refused:
                assert one.facts["asked"] == f"{method} {route.path}"
                assert one.facts["target"].keys() == set(route.placeholders), f"{role} {method}"
            if route.name in LEAVING:
                client = client_as(person)


def _form_again(answer):
    form = (getattr(answer, "context_data", None) or {}).get("form")
    return bool(form is not None and form.is_bound and form.errors)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_who_is_signed_out_leaves_an_entry_in_the_deployments_log(route, client_as, db):
    values = dict.fromkeys(route.placeholders, str(uuid4()))
    client = client_as()
    for method in route.methods:
        answer = ask(client, method, route.filled(values), route)
        left = list(said(DEPLOYMENT, answer["X-Request-Id"]))
        if is_free(route.name, method, answer.status_code) and (
            answer.status_code != 302 or route.name in PUBLIC
        ):
            assert left == []
            continue
        assert [(one.actor, one.address) for one in left] == [(left[0].actor, "192.0.2.7")], method
        assert left[0].actor in {"system:nobody", "system:gate"}


def test_the_list_names_only_what_is_there_and_says_why():
    assert {route.name for route in ROUTES} >= unrecorded.ROUTES.keys()
    assert all(len(one.why) > 20 for one in unrecorded.ROUTES.values())


def test_an_address_that_forgets_its_entry_gets_one_all_the_same(client_as, otto, settings, monkeypatch):
    from muniment.site import urls

    monkeypatch.setattr(
        urls,
        "urlpatterns",
        [*urls.urlpatterns, path("forgotten", lambda _request: HttpResponse("x"), name="x")],
    )
    client = client_as(otto)
    settings.ROOT_URLCONF = "muniment.site.urls"
    from django.urls import clear_url_caches

    clear_url_caches()
    try:
        answer = client.get("/forgotten")
    finally:
        monkeypatch.undo()
        clear_url_caches()
    assert answer.status_code == 200
    (left,) = said(otto.tenant, answer["X-Request-Id"])
    assert (left.kind, left.subject, left.outcome) == ("site.read", "site.Route/x", "done")


def sign_in(client, login, password, **more):
    return client.post("/account/sign-in/", {"login": login, "password": password}, **more)


def test_each_way_a_sign_in_can_end_leaves_its_entry(client_as, account_of, ada):
    person = account_of(ada)
    client = client_as()
    good = sign_in(client, person.login, PASSWORD)
    (left,) = said(ada.tenant, good["X-Request-Id"])
    assert (left.kind, left.outcome, left.actor, left.role, left.factors, left.address) == (
        *("access.sign_in", "done", ada.id, "analyst", ("password",), "192.0.2.7"),
    )
    out = client.post("/account/sign-out/")
    assert [one.kind for one in said(ada.tenant, out["X-Request-Id"])] == ["access.sign_out"]
    wrong = sign_in(client_as(), person.login, "not the password at all")
    (left,) = said(ada.tenant, wrong["X-Request-Id"])
    assert (left.kind, left.outcome, left.actor) == ("access.sign_in", "refused", ada.id)
    unknown = sign_in(client_as(), "nobody@nowhere.example", "not the password at all")
    (left,) = said(DEPLOYMENT, unknown["X-Request-Id"])
    assert (left.kind, left.outcome, left.actor) == ("access.sign_in", "refused", "system:gate")
    assert "nobody@nowhere" not in str(left)


def test_too_many_attempts_and_a_closed_account_leave_theirs(client_as, account_of, ada, adam):
    person = account_of(ada)
    account_of(adam)
    for _ in range(20):
        answer = sign_in(client_as(), person.login, "not the password at all")
        if answer.status_code == 429 or b"Too many attempts" in answer.content:
            break
    left = list(said(ada.tenant, answer["X-Request-Id"])) or list(said(DEPLOYMENT, answer["X-Request-Id"]))
    assert [one.outcome for one in left] == ["refused"]
    actions.deactivate(adam, person_id=person.id)
    closed = sign_in(client_as(), person.login, PASSWORD, REMOTE_ADDR="192.0.2.8")
    everywhere = [*said(ada.tenant, closed["X-Request-Id"]), *said(DEPLOYMENT, closed["X-Request-Id"])]
    assert [one.outcome for one in everywhere] == ["refused"]


def test_a_form_that_was_forged_leaves_an_entry(client_as, otto):
    from django.test import Client

    class Strict(Client):
        def request(self, **given):
            return super().request(**{**given, "wsgi.url_scheme": "https"})

    held = client_as(otto)
    client = Strict(enforce_csrf_checks=True, SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
    client.cookies = held.cookies
    answer = client.post(f"/cases/{uuid4()}/withdraw")
    if answer.status_code == 404:
        answer = client.post("/account/sign-out/")
    assert answer.status_code == 403
    (left,) = said(otto.tenant, answer["X-Request-Id"])
    assert (left.outcome, left.actor, left.facts["why"]) == ("refused", otto.id, "The answer was: forged.")


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"HTTP_HOST": "elsewhere.example"}, 400),
        ({"HTTP_AUTHORIZATION": "Bearer nonsense"}, 401),
        ({}, 404),
    ],
)
def test_what_is_refused_before_anybody_is_known_leaves_an_entry(client_as, db, more, status):
    answer = client_as().get("/nothing/here/jane.doe@example.org", **more)
    assert answer.status_code == status
    (left,) = said(DEPLOYMENT, answer["X-Request-Id"])
    assert (left.outcome, left.actor, left.address) == ("refused", "system:nobody", "192.0.2.7")
    assert "jane.doe" not in str(left)


def test_a_token_leaves_its_own_name(client_as, account_of, ada):
    from datetime import timedelta

    account_of(ada)
    issued = actions.create_token(
        ada, label="x", permissions=["scans.read"], expires_at=ports.now() + timedelta(days=1)
    )
    answer = client_as().get("/api/v1/openapi.json", HTTP_AUTHORIZATION=f"Bearer {issued.secret.text}")
    assert answer.status_code == 200
    (left,) = said(ada.tenant, answer["X-Request-Id"])
    assert (left.actor, left.factors, left.role) == (str(issued.token.id), ("token",), "analyst")
