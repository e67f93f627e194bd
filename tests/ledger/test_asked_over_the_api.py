"""`GET /entries`: every filter of the page over the API, cursors that stay, and nobody else's entries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from muniment.cases import actions as cases
from muniment.ledger import publish
from muniment.ledger.models import Entry
from muniment.spine.errors import Refused
from muniment.spine.scope import tenant_scope

ADDRESS = "/api/v1/ledger/entries"


@pytest.fixture
def lived(ada, otto, vera, mallory, account_of):
    for one in (ada, otto):
        account_of(one)
    made = [cases.open_case(ada, title=f"Question {number}") for number in range(4)]
    cases.withdraw(ada, case_id=made[0].id, reason="It was opened twice.")
    cases.open_case(otto, title="Of somebody else here")
    with pytest.raises(Refused):
        cases.open_case(vera, title="Not mine to open")
    cases.open_case(mallory, title="Of another firm")
    publish.settle()
    return made


@pytest.fixture
def ask(client_as, otto, lived):
    client = client_as(otto)

    def got(status=200, **asked):
        answer = client.get(ADDRESS, asked)
        assert answer.status_code == status, answer.content
        return answer.json()

    return got


def kinds(answer):
    return [one["action"] for one in answer["items"]]


def test_each_filter_narrows_as_on_the_page(ask, lived, ada):
    assert kinds(ask(kind="cases.open", actor=ada.id)) == ["cases.open"] * 4
    assert kinds(ask(object=f"cases.Case/{lived[0].id}")) == ["cases.withdraw", "cases.open"]
    refused = ask(outcome="refused")["items"]
    assert [(one["action"], one["outcome"]) for one in refused] == [("cases.open", "refused")]
    assert "refused" not in {one["outcome"] for one in ask(outcome="done", limit=200)["items"]}


def test_older_names_of_filters_are_still_understood_but_not_both_at_odds(ask, lived, ada):
    assert ask(action="cases.open", actor=ada.id)["items"] == ask(kind="cases.open", actor=ada.id)["items"]
    assert kinds(ask(subject=f"cases.Case/{lived[0].id}", kind="cases.open", action="cases.open")) == [
        "cases.open"
    ]
    ask(422, kind="cases.open", action="cases.withdraw")


def test_time_is_asked_to_the_moment_from_and_up_to_without(ask, lived, ada):
    with tenant_scope(ada.tenant):
        opened = list(Entry.objects.filter(kind="cases.open", actor=ada.id).order_by("idx"))
    moments = sorted(one.at for one in opened)
    of_ada = {"kind": "cases.open", "actor": ada.id}
    first, last = moments[0], moments[-1]
    inside = ask(since=first.isoformat(), until=last.isoformat(), **of_ada)["items"]
    assert {one["id"] for one in inside} == {str(one.id) for one in opened if first <= one.at < last}
    assert (
        len(
            ask(since=first.isoformat(), until=(last + timedelta(microseconds=1)).isoformat(), **of_ada)[
                "items"
            ]
        )
        == 4
    )
    assert ask(until=first.isoformat(), **of_ada)["items"] == []


def test_pages_do_not_move_while_the_log_grows(ask, ada, otto):
    whole = [one["id"] for one in ask(kind="cases.open", actor=ada.id)["items"]]
    page = ask(kind="cases.open", actor=ada.id, limit=3)
    cases.open_case(ada, title="Just now")
    publish.settle()
    rest = ask(kind="cases.open", actor=ada.id, limit=3, cursor=page["next"])
    assert [one["id"] for one in page["items"] + rest["items"]] == whole
    assert rest["next"] is None


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2030-01-31T12:00:00"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-12:00"},
        {"since": "2030-02-01T00:00:00Z", "until": "2030-02-01T00:00:00Z"},
        {"outcome": "perhaps"},
        {"kind": "cases.open; drop"},
        {"actor": "a\x00b"},
        {"object": "\ud800"},
        {"colour": "green"},
        {"cursor": "-1"},
    ],
)
def test_what_is_no_filter_is_refused(client_as, otto, lived, asked):
    given = {name: value.encode("utf-8", "surrogatepass") for name, value in asked.items()}
    assert client_as(otto).get(ADDRESS, given).status_code == 422


def test_another_firm_finds_nothing_by_any_filter(client_as, lived, mallory, ada):
    client = client_as(mallory)
    for asked in ({"actor": ada.id}, {"object": f"cases.Case/{lived[0].id}"}, {"outcome": "refused"}):
        assert client.get(ADDRESS, asked).json()["items"] == [], asked
    assert len(client.get(ADDRESS, {"kind": "cases.open", "outcome": "done"}).json()["items"]) == 1
