"""Counterparties for programs: entered, found, shown, brought up to date, imported; and what is refused."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from muniment.counterparties.models import Counterparty
from muniment.spine.scope import tenant_scope

PATH = "/api/v1/counterparties"
FIRM = {
    "reference": "S-1",
    "kind": "organisation",
    "name": "North Quay Shipping",
    "aliases": ["NQS"],
    "countries": ["be"],
    "identifiers": [{"kind": "vat", "value": "BE0403019261"}],
}
TABLE = b"ref;firm;land\nS-7;Example Ropes;be\nS-8;;be\n"


@pytest.fixture
def ask(client_as, ada):
    client = client_as(ada)

    def send(method, path="", body=None):
        return getattr(client, method)(
            PATH + path, **({"data": json.dumps(body), "content_type": "application/json"} if body else {})
        )

    return send


@pytest.fixture
def firm(ask):
    answer = ask("post", body=FIRM)
    assert answer.status_code == 201
    return answer.json()


def test_what_was_entered_is_found_and_shown(ask, firm):
    assert firm["party"]["properties"]["alias"] == ["NQS"]
    [line] = ask("get", "?q=quay").json()["items"]
    assert (line["id"], line["name"]) == (firm["id"], "North Quay Shipping")
    assert ask("get", f"/{firm['id']}").json() == firm


def test_a_change_keeps_what_it_does_not_name_and_is_guarded_by_the_mark(ask, firm):
    changed = ask("patch", f"/{firm['id']}", {"name": "North Quay Lines", "mark": firm["mark"]}).json()
    assert changed["party"]["properties"] == {**firm["party"]["properties"], "name": ["North Quay Lines"]}
    assert changed["mark"] != firm["mark"]
    stale = ask("patch", f"/{firm['id']}", {"name": "Late", "mark": firm["mark"]})
    assert stale.status_code == 409
    numbers = [{"kind": "lei", "value": "529900T8BM49AURSDO55"}]
    again = ask("patch", f"/{firm['id']}", {"identifiers": numbers, "mark": changed["mark"]})
    assert again.json()["party"]["properties"]["leiCode"] == ["529900T8BM49AURSDO55"]
    assert "vatCode" not in again.json()["party"]["properties"]
    ended = ask("patch", f"/{firm['id']}", {"status": "ended", "mark": again.json()["mark"]})
    assert (ended.json()["status"], ended.json()["party"]) == ("ended", again.json()["party"])


@pytest.mark.parametrize(
    "body",
    [
        {**FIRM, "kind": "ship"},
        {**FIRM, "more": 1},
        {**FIRM, "birth_dates": ["1970-01-01"]},
        {**FIRM, "identifiers": [{"kind": "shoe", "value": "9"}]},
        {**FIRM, "name": "nul \0"},
        {**FIRM, "name": "x" * 501},
    ],
)
def test_a_party_that_breaks_a_rule_is_refused_and_nobody_is_entered(ask, ada, body):
    answer = ask("post", body=body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    with tenant_scope(ada.tenant):
        assert not Counterparty.objects.exists()


def test_what_belongs_to_somebody_else_is_not_there(client_as, mallory, firm):
    stranger = client_as(mallory)
    assert stranger.get(f"{PATH}/{firm['id']}").status_code == 404
    assert stranger.patch(f"{PATH}/{firm['id']}", {}, content_type="application/json").status_code == 404
    assert stranger.get(PATH).json()["items"] == []


def test_a_table_is_taken_in_by_its_mapping_and_what_was_left_out_is_told(client_as, ada):
    client = client_as(ada)
    given = {
        "file": SimpleUploadedFile("suppliers.csv", TABLE),
        "mapping": json.dumps({"ref": "reference", "firm": "name", "land": "country"}),
    }
    answer = client.post(f"{PATH}/imports", given)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["counts"]["new"], len(told["rejects"])) == (1, 1)
    assert told["rejects"][0]["line"] == 3
    assert client.get(f"{PATH}/imports/{told['id']}").json() == told


@pytest.mark.parametrize("mapping", ["not json", "[]", '{"ref": 3}', '["reference"]'])
def test_a_mapping_that_is_none_is_refused_before_anything_is_kept(client_as, ada, mapping):
    given = {"file": SimpleUploadedFile("suppliers.csv", TABLE), "mapping": mapping}
    answer = client_as(ada).post(f"{PATH}/imports", given)
    assert answer.status_code == 422
    assert answer.json()["where"] == "mapping"
    with tenant_scope(ada.tenant):
        assert not Counterparty.objects.exists()
