"""The pages and the API of exports: what is asked, what is answered, and what each role may."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import b64decode

import pytest
from django.urls import reverse
from proofbundle.tlogproof import verify_tlog_proof
from tests.ledger.exported import faults, write_down

from muniment.cases import actions as cases
from muniment.ledger import exporting, publish, queries
from muniment.ledger.exports.asked import Asked
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope

API = "/api/v1/ledger/exports"
LINK = 'href="/ledger/exports/"'


@pytest.fixture
def lived(db, ada, otto, account_of):
    for person in (ada, otto):
        account_of(person)
    cases.open_case(ada, title="Is this enough?")
    return write_down(otto)


def text_of(answer, status=200):
    assert answer.status_code == status, answer.content[:800]
    return re.sub(r"\s+", " ", answer.content.decode())


def post(client, **given):
    return client.post(API, json.dumps(given), content_type="application/json")


def test_from_the_form_to_a_file_that_a_stranger_verifies(client_as, lived, otto, tmp_path):
    client = client_as(otto)
    assert LINK in text_of(client.get(reverse("ledger:index")))
    assert "Make the export" in text_of(client.get(reverse("ledger:exports")))
    answer = client.post(reverse("ledger:exports"), {"form": "csv", "kind": "cases.open"})
    assert answer.status_code == 302
    shown = text_of(client.get(answer["Location"]))
    assert "Export of 1 entry" in shown
    assert "Its signature follows within seconds" in shown
    assert "No copy has left the house" in shown
    file = client.get(f"{answer['Location']}file/")
    assert file["Content-Type"].startswith("text/csv")
    assert client.get(f"{answer['Location']}manifest/").status_code == 503

    publish.settle()
    shown = text_of(client.get(answer["Location"]))
    assert "Its signature follows" not in shown
    assert "Otto Example" in shown.partition("Copies taken")[2]
    manifest = client.get(f"{answer['Location']}manifest/")
    name = re.search(r'filename="([^"]+)"', manifest["Content-Disposition"]).group(1)
    assert name == re.search(r'filename="([^"]+)"', file["Content-Disposition"]).group(1) + ".manifest.json"
    assert f"--manifest {name}" in shown
    held = json.loads(manifest.content)
    leaf, key = b64decode(held["event"]["leaf"]), queries_in(otto, queries.keys).splitlines()[0]
    assert verify_tlog_proof(held["proof"], leaf, key)["ok"] is True
    assert verify_tlog_proof(held["proof"], leaf[:-1], key)["ok"] is False
    (tmp_path / "file").write_bytes(file.content)
    (tmp_path / "manifest").write_bytes(manifest.content)
    (tmp_path / "verify.py").write_bytes(client.get(reverse("ledger:verifier")).content)
    (tmp_path / "keys").write_bytes(client.get(reverse("ledger:keys")).content)
    check = [sys.executable, "-I", "verify.py", "file", "--manifest", "manifest", "--trust", "keys"]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_filters_are_told_in_words_and_kept_for_what_is_left(client_as, lived, otto, ada):
    made = exporting.make(otto, Asked("cef", most=1))
    client = client_as(otto)
    shown = text_of(client.get(reverse("ledger:export", args=[made.id])))
    assert f'name="cursor" value="{made.cursor}"' in shown
    assert "later entries have not been looked through yet" in shown
    given = {
        "form": "ocsf",
        "actor": ada.id,
        "object": "cases.Case/1",
        "since": "2020-01-01",
        "until": "2040-01-31",
        "outcome": "done",
        "personal": "on",
    }
    answer = client.post(reverse("ledger:exports"), given)
    shown = text_of(client.get(answer["Location"]))
    for words in ("Ada Example", "2020-01-01 00:00 UTC", "2040-02-01 00:00 UTC", "With facts about persons"):
        assert words in shown


def test_the_ledgers_list_says_it_in_a_sentence_that_leads_to_the_export(client_as, lived, otto):
    made = exporting.make(otto, Asked("csv", kind="cases.open"))
    shown = text_of(client_as(otto).get(reverse("ledger:index")))
    assert "Otto Example exported 1 entry of the ledger" in shown
    assert f'<a href="/ledger/exports/{made.id}/">export {str(made.id)[:8]}</a>' in shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"form": "xml"}, "Select a valid choice"),
        ({"form": "csv", "since": "2030-01-02", "until": "2030-01-01"}, "before the first one"),
        ({"form": "csv", "actor": "two words"}, "No identifier looks like this"),
    ],
)
def test_a_wrong_field_is_said_beside_it(client_as, lived, otto, wrong, words):
    assert words in text_of(client_as(otto).post(reverse("ledger:exports"), wrong), 422)


def test_a_cursor_of_nobody_is_refused_in_words(client_as, lived, otto):
    answer = client_as(otto).post(reverse("ledger:exports"), {"form": "csv", "cursor": "9999.1"})
    assert "no cursor of an export" in text_of(answer, 422)


def test_an_analyst_sees_what_was_exported_and_takes_nothing(client_as, lived, otto, ada):
    made = exporting.make(otto, Asked("csv"))
    client = client_as(ada)
    assert LINK not in text_of(client.get(reverse("ledger:index")))
    assert client.get(reverse("ledger:exports")).status_code == 403
    assert "may not take a copy" in text_of(client.get(reverse("ledger:export", args=[made.id])))
    assert client.get(reverse("ledger:export_file", args=[made.id])).status_code == 403
    assert post(client, format="csv").status_code == 403


def test_an_administrator_is_not_offered_facts_about_persons(client_as, lived, adam):
    client = client_as(adam)
    assert "With facts about persons" not in text_of(client.get(reverse("ledger:exports")))
    answer = client.post(reverse("ledger:exports"), {"form": "csv", "personal": "on"})
    assert "With facts about persons" not in text_of(client.get(answer["Location"]))
    assert post(client, format="csv", personal=True).status_code == 403


def test_a_large_export_and_an_empty_ledger_say_so(client_as, db, account_of, otto, monkeypatch):
    client = client_as(otto)
    if queries_in(otto, queries.newest_checkpoint) is None:
        assert "nothing to export yet" in text_of(client.get(reverse("ledger:exports")))
    publish.settle()
    made = exporting.make(otto, Asked("csv"))
    monkeypatch.setattr(exporting, "MOST_HERE", -1)
    shown = text_of(client.get(reverse("ledger:export", args=[made.id])))
    assert "too large for a page" in shown


def queries_in(actor, ask):
    with tenant_scope(actor.tenant):
        return ask()


def test_the_api_makes_describes_and_hands_out(client_as, lived, otto):
    client = client_as(otto)
    answer = post(client, format="ocsf", limit=2, since="2020-01-01T00:00:00Z")
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["entries"], made["filters"]) == (2, {"since": "2020-01-01T00:00:00.000000Z"})
    assert answer["X-Ledger-Entry"].split(",")[0].strip() == made["entry"]
    assert client.get(f"{API}/{made['id']}").json() == made
    raw = client.get(f"{API}/{made['id']}/file").content
    assert [found for line in raw.splitlines() for found in faults(line)] == []
    assert client.get(f"{API}/{made['id']}/manifest").status_code == 503
    then = post(client, format="ocsf", cursor=made["next"], since="2020-01-01T00:00:00Z").json()
    assert then["range"]["first"] == made["range"]["end"]
    publish.settle()
    manifest = client.get(f"{API}/{made['id']}/manifest").json()
    assert manifest["k"] == "muniment.export/1"
    assert manifest["event"]["index"] >= made["range"]["size"]


def test_the_api_refuses_what_it_does_not_know(client_as, lived, otto):
    client = client_as(otto)
    for wrong in (
        {},
        {"format": "xml"},
        {"format": "csv", "more": 1},
        {"format": "csv", "limit": 10_001},
        {"format": "csv", "since": "2030-01-01T00:00:00"},
        {"format": "csv", "kind": "x"},
        {"format": "csv", "cursor": "1.2.3"},
    ):
        assert post(client, **wrong).status_code == 422, wrong


def test_what_was_erased_since_is_not_handed_out(client_as, lived, otto):
    client = client_as(otto)
    made = post(client, format="csv", personal=True).json()
    with tenant_scope(otto.tenant):
        keyring().destroy(otto.tenant, lived)
    answer = client.get(f"{API}/{made['id']}/file")
    assert answer.status_code == 409
    assert "erased since" in answer.json()["detail"]
