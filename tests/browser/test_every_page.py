"""Every page of the house, read from its table of addresses: axe, 390 pixels, the browser's own complaints."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.browser.conftest import Tab, faults
from tests.isolation.routes import Route, every_route
from tests.support.seeded import Seeded

#: Who opens the pages that not every role sees; all others are opened by the officer.
BY_ADMINISTRATOR = ("/settings/people/", "/settings/people/<uuid:person_id>/")
#: What the identifiers in addresses are called by ``muniment seed``; a new placeholder fails the walk.
CALLED = {
    "person_id": "analyst",
    "token_id": "token",
    "counterparty_id": "person",
    "import_id": "import",
    "run_id": "screening",
    "screened_id": "result",
    "match_id": "match",
    "case_id": "case",
    "document_id": "document",
    "version_id": "document_version",
    "snapshot_id": "source",
    "finding_id": "finding",
    "pack_id": "pack",
    "export_id": "export",
    "scan_id": "scan",
}
#: What one does not come to by an address: allauth leads there while one signs in or changes the account.
IN_BETWEEN = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "mfa_authenticate",
    "mfa_download_recovery_codes",
    "mfa_reauthenticate",
}


#: Files that are refused at the time of the walk.
NOT_YET = {
    "lifecycle:certificate": "the erasure of the example waits for its second person (tests/lifecycle has the file)"
}


def pages() -> list[Route]:
    return [
        route
        for route in every_route()
        if not route.is_api
        and route.name not in IN_BETWEEN | NOT_YET.keys()
        and not route.path.startswith("/health/")
    ]


#: Asks for an erasure that nobody answers and places a hold; prints the identifiers of both.
KEEPING = """
import sys
from uuid import UUID
import django
django.setup()
from muniment.access.models import Person
from muniment.access.rules import permissions
from muniment.lifecycle import actions
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.scope import tenant_scope

tenant, person, case = (UUID(one) for one in sys.argv[1:])

with tenant_scope(tenant):
    officer = Person.objects.filter(role="officer").first().id
actor = Actor(
    id=str(officer), kind=ActorKind.PERSON, tenant=tenant, may=frozenset(permissions("officer")), via="page",
    factors=frozenset({"password", "totp"}), role="officer",
)
asked = actions.ask_erasure(actor, target=person, basis="gdpr-17-1", asked_for="The person", reason="Asked in writing.")
print(asked.id, actions.place_hold(actor, on="case", target=case, reason="Proceedings 12/34.").id)
"""


def ids(house: Seeded, tab: Tab) -> dict[str, str]:
    """Return an identifier for each placeholder, asking the house itself for those that seeding does not name."""
    bearer = {"Authorization": f"Bearer {house.told['api_token']}"}
    asked: Any = tab.page.context.request
    entries = asked.get(f"{tab.address}/api/v1/ledger/entries?limit=1", headers=bearer).json()
    finding = asked.get(f"{tab.address}/api/v1/scans/findings/{house.told['finding']}", headers=bearer).json()
    erasure, hold = house.run(
        KEEPING, str(house.told["tenant"]), house.told["person"], house.told["open_case"]
    ).split()
    return {
        **{name: house.told[known] for name, known in CALLED.items()},
        "erasure_id": erasure,
        "hold_id": hold,
        "target": house.told["person"],
        "entry_id": entries["items"][0]["id"],
        "eid": finding["eid"],
        "number": "0",
        # Only posted to, so that any will do.
        "question_id": house.told["case"],
    }


def look(tab: Tab, path: str) -> tuple[str, list[str]]:
    """Open a page and say what is wrong; what is no page is left alone and named."""
    answer = tab.page.context.request.get(tab.address + path, max_redirects=0)
    if answer.status == 405:
        return "takes posts only", []
    if 300 <= answer.status < 400:
        return "leads on", []
    if answer.status >= 400:
        return "refused", [f"{path}: {answer.status} {answer.text()[:300]}"]
    if not answer.headers["content-type"].startswith("text/html") or "content-disposition" in answer.headers:
        return "a file", []
    if not answer.text().lower().startswith("<!doctype html>"):
        return "a part of a page", []
    tab.complaints.clear()
    tab.go(path)
    return "seen", [f"{path}: {fault}" for fault in [*faults(tab), *tab.complaints]]


@pytest.mark.timeout(600)
def test_no_page_has_a_serious_fault_or_is_wider_than_a_telephone(
    house: Seeded, window: Callable[..., Tab]
) -> None:
    officer, administrator = window("officer"), window("administrator")
    known = ids(house, officer)
    seen: dict[str, str] = {}
    wrong: list[str] = []
    for route in pages():
        missing = [name for name in route.placeholders if name not in known]
        assert not missing, f"{route}: say in CALLED what <{missing[0]}> is called by muniment seed"
        tab = administrator if route.path in BY_ADMINISTRATOR else officer
        seen[route.path], found = look(tab, route.filled(known))
        wrong += found
    assert wrong == [], "\n".join(wrong)
    assert list(seen.values()).count("seen") > 30, json.dumps(seen, indent=1)


@pytest.mark.parametrize("role", ["analyst", "auditor", "administrator"])
def test_each_role_finds_every_page_of_its_frame_in_order(role: str, window: Callable[..., Tab]) -> None:
    tab = window(role)
    tab.go("/")
    hrefs = tab.page.locator("nav a").evaluate_all("found => found.map((one) => one.getAttribute('href'))")
    assert len(hrefs) >= 3
    wrong = [fault for href in dict.fromkeys(hrefs) for fault in look(tab, href)[1]]
    assert wrong == [], "\n".join(wrong)


def test_the_page_of_somebody_who_is_not_signed_in(window: Callable[..., Tab]) -> None:
    tab = window()
    tab.go("/account/sign-in/")
    assert faults(tab) == []
