"""*Erased*, *pruned*, *withheld*, *missing* and *changed* are told apart; one bad entry hides no other."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from tests.ledger.tamper import key, owner, update
from tests.ledger.test_erasure import about_somebody as about_somebody  # noqa: PLC0414  # a fixture
from tests.ledger.test_erasure import the_entry
from tests.ledger.test_prune import THEN
from tests.ledger.test_prune import many as many  # noqa: PLC0414  # a fixture

from muniment.cases import actions as cases
from muniment.ledger import erased, publish, queries, taking
from muniment.ledger.models import Entry
from muniment.ledger.pruning import gaps
from muniment.spine import ports
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope


def words(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:800]
    main = answer.content.decode().split("<main", 1)[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.fixture
def three(db, ada, account_of):
    account_of(ada)
    for number in range(3):
        cases.open_case(ada, title=f"Question {number}")
    publish.settle()
    with tenant_scope(ada.tenant):
        return list(Entry.objects.filter(kind="cases.open").order_by("idx"))


def page_of(entry):
    return reverse("ledger:entry", args=[entry.id])


def test_a_body_that_was_changed_is_told_and_hides_no_other_entry(client_as, three, ada, otto):
    with owner(ada.tenant, "ledger_entry") as cursor:
        body = bytearray(bytes(three[1].body))
        body[-1] ^= 1
        update(cursor, "ledger_entry", "body = %s", "id", bytes(body), key(three[1].id))
    client = client_as(otto)
    text = words(client, reverse("ledger:index"))
    assert "What was recorded here cannot be read: it was changed (cases.open)" in text
    assert "Changed ·" in text
    assert "Ada Example opened case 1" in text
    assert "Ada Example opened case 3" in text
    told = words(client, page_of(three[1]))
    assert "Changed What was recorded cannot be read: it was changed." in told
    assert "what lies here is not what was recorded" in told
    assert "What it proves Nothing at this moment." in told
    assert "Proven" not in told
    items = client.get("/api/v1/ledger/entries", {"kind": "cases.open"}).json()["items"]
    assert [one["facts"].get("number") for one in items] == [3, None, 1]


@pytest.mark.parametrize(
    "body", [b"", b"\x03", b"{}", b"\x03" + bytes(60), b'{"k":"muniment.body/1","p":["!"]}']
)
def test_a_body_of_any_form_makes_a_page(client_as, three, ada, otto, body):
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", "body = %s", "id", body, key(three[1].id))
    client = client_as(otto)
    words(client, page_of(three[1]))
    assert "Ada Example opened case 1" in words(client, reverse("ledger:index"))


def test_columns_that_give_no_leaf_make_a_page_that_says_so(client_as, three, ada, otto):
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", "root = %s", "id", b"short", key(three[1].id))
    client = client_as(otto)
    text = words(client, page_of(three[1]))
    assert "No proof can be made from the log’s files." in text
    assert "A leaf has the root over" in text
    assert "What it proves Nothing at this moment." in text
    for name in ("leaf", "proof"):
        answer = client.get(reverse(f"ledger:{name}", args=[three[1].id]))
        assert (answer.status_code, b"verify --deep" in answer.content) == (503, True), name
    assert client.get(f"/api/v1/ledger/entries/{three[1].id}/leaf").status_code == 503


def test_an_entry_that_was_taken_away_is_missing_and_not_pruned(client_as, three, ada, otto):
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE id = %s", [key(three[1].id)])
    text = words(client_as(otto), page_of(three[2]))
    assert "Missing There is no entry at the place before it." in text
    assert "no order and no bound says why" in text
    assert "Pruned" not in text


def test_what_is_below_the_bound_is_pruned_and_what_is_above_it_is_missing(client_as, many, ada, otto):
    with ports.frozen(clock=THEN):
        cases.open_case(ada, title="The one that stays open")
        many(ada.tenant, 600)
    with ports.frozen(clock=THEN + timedelta(days=425)):
        cases.open_case(ada, title="A young one")
        publish.settle()
        taking.prune(ada.tenant)
        publish.settle()
    with tenant_scope(ada.tenant):
        first = Entry.objects.filter(idx__gt=1).order_by("idx").first()
        assert gaps.why(first.idx - 1) == "pruned"
        assert gaps.why(10**6) == "missing"
        said = gaps.in_force().entry
    client = client_as(otto)
    text = words(client, page_of(first))
    assert "Pruned The entry before it was here and is not any more." in text
    assert "A proof of it that somebody kept still holds" in text
    assert "There is no entry at the place before it" not in text
    last = client.get(f"{reverse('ledger:index')}?kind=cases.open").content.decode()
    assert "Older entries were here and are not any more." in last
    assert reverse("ledger:entry", args=[said]) in last


def test_a_list_says_which_rows_are_erased_and_which_are_missing_in_part(
    about_somebody, ada, otto, client_as, monkeypatch
):
    keyring().destroy(ada.tenant, about_somebody)
    client = client_as(otto)
    assert "Missing in part" in words(client, reverse("ledger:index"))
    told = words(client, page_of(the_entry(ada)))
    assert "1 of its sixteen sealed places holds something that cannot be opened any more." in told
    assert "no order and no bound says why" in told
    order = erased.Order(
        about_somebody,
        f"lifecycle.Erasure/{uuid4()}",
        4,
        datetime(2026, 2, 3, tzinfo=UTC),
        "consent_withdrawn",
    )
    monkeypatch.setattr(erased, "ORDERS", [lambda _tenant: [order]])
    text = words(client, reverse("ledger:index"))
    assert "Erased in part" in text
    assert "Missing" not in text
    assert "what the part said is proven only by somebody who kept it opened" in words(
        client, page_of(the_entry(ada))
    )


def test_what_the_files_withhold_is_said_beside_them(client_as, three, otto):
    assert "Withheld means: it is there and is not shown." in words(client_as(otto), page_of(three[0]))


def test_a_whole_entry_lacks_nothing(three, ada):
    with tenant_scope(ada.tenant):
        assert {one.lacks for one in queries.told(three)} == {""}
