"""The pages and the API of the counterparties, as each role meets them."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from muniment.counterparties import actions, queries, rules
from muniment.counterparties.models import Counterparty
from muniment.spine.scope import tenant_scope

TABLE = b"""customer;party type;legal name;dob
P-1;person;Marta Olivar Quint;1970-02-03
C-1;organisation;Quillfeather <b>Trading</b> Ltd;
P-9;ghost;Nobody;
"""


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(column\d+|kind|shown)" value="([^"]*)"', page))


def test_an_empty_register_says_what_will_stand_here(client_as, ada):
    page = client_as(ada).get("/counterparties/").content.decode()

    assert "Everybody you deal with will stand here" in page
    assert 'href="/counterparties/import/"' in page


def test_a_file_is_looked_over_with_other_columns_and_then_confirmed(client_as, ada):
    client = client_as(ada)
    sent = client.post("/counterparties/import/", {"file": SimpleUploadedFile("book.csv", TABLE)})
    assert sent.status_code == 302
    first = client.get(sent["Location"]).content.decode()
    assert "No column is mapped to the reference" in first

    columns = {"column0": "reference", "column1": "kind", "column2": "name", "column3": "birth_date"}
    second = client.get(sent["Location"], columns).content.decode()
    assert "Nothing in the register has changed yet" in second
    assert "is neither person nor organisation" in second
    assert "in the column “party type”" in second
    assert "ghost" not in second.split("What the columns hold")[0]

    done = client.post(sent["Location"], hidden(second))
    assert done.status_code == 302
    page = client.get("/counterparties/").content.decode()
    assert "Marta Olivar Quint" in page
    assert "Quillfeather &lt;b&gt;Trading" in page
    again = client.post(sent["Location"], hidden(second))
    assert again.status_code == 200
    with tenant_scope(ada.tenant):
        assert Counterparty.objects.count() == 2


def test_what_was_not_shown_is_not_confirmed(client_as, ada):
    client = client_as(ada)
    sent = client.post("/counterparties/import/", {"file": SimpleUploadedFile("b.csv", TABLE)})

    refused = client.post(sent["Location"], {"column0": "reference", "column2": "name"})

    assert refused.status_code == 409
    with tenant_scope(ada.tenant):
        assert not Counterparty.objects.exists()


def test_a_counterparty_is_added_and_changed_by_a_form(client_as, ada):
    client = client_as(ada)
    form = {"reference": "P-1", "kind": "person", "name": "Marta Olivar", "birth_dates": "03/04/1970"}
    wrong = client.post("/counterparties/add/", form)
    assert wrong.status_code == 422
    assert "is not a date" in wrong.content.decode()

    short = client.post(
        "/counterparties/add/", {**form, "birth_dates": "", "number_lei": "5299"}
    ).content.decode()
    assert "has 4 letters and digits where an LEI has 20" in short.split('for="id_number_lei"')[1][:900]

    done = client.post(
        "/counterparties/add/", {**form, "birth_dates": "1970-04-03", "number_passport": "XA 12"}
    )
    assert done.status_code == 302
    with tenant_scope(ada.tenant):
        row = Counterparty.objects.get()
        assert rules.party_of(row).identifiers[0].value == "XA 12"
    address = f"/counterparties/{row.id}/change/"
    form = {"name": "Marta Quint", "birth_dates": "1970-04-03", "status": "ended", "seen": row.mark}
    assert client.post(address, form).status_code == 302
    assert client.post(address, form).status_code == 409
    with tenant_scope(ada.tenant):
        row = Counterparty.objects.get()
        assert (row.name, row.status, row.kind, row.reference) == ("Marta Quint", "ended", "person", "P-1")


def test_a_list_is_read_page_by_page_and_found_by_words(client_as, ada, vera):
    rows = "\n".join(f"R-{number:03},organisation,Firm {number}" for number in range(60))
    actions.take_in(ada, f"reference,kind,name\n{rows}\n".encode(), name="many.csv")
    client = client_as(vera)

    first = client.get("/counterparties/").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(following).content.decode()

    assert (first.count("data-item"), second.count("data-item")) == (50, 10)
    assert client.get("/counterparties/?q=r-007").content.decode().count("data-item") == 1
    assert client.get("/counterparties/?standing=alert").content.decode().count("data-item") == 0
    assert client.get("/counterparties/?after=x").status_code == 422


def test_who_only_reads_is_shown_no_way_to_change(client_as, ada, vera, adam):
    actions.add(
        ada, party=rules.require_party({"reference": "P-1", "kind": "person", "name": "Marta Olivar"})
    )
    page = client_as(vera).get("/counterparties/").content.decode()

    assert "/counterparties/import/" not in page
    assert client_as(vera).get("/counterparties/add/").status_code == 403
    assert client_as(adam).get("/counterparties/").status_code == 403


def test_programs_add_change_list_and_import(client_as, ada):
    client = client_as(ada)
    body = {"reference": "P-1", "kind": "person", "name": "Marta Olivar", "birth_dates": ["1970"]}
    api = "/api/v1/counterparties"
    made = client.post(api, body, content_type="application/json")
    assert made.status_code == 201, made.content
    ident = made.json()["id"]

    changed = client.patch(f"{api}/{ident}", {"name": "Marta Quint"}, content_type="application/json").json()
    assert changed["party"]["properties"] == {"birthDate": ["1970"], "name": ["Marta Quint"]}
    assert client.get(f"{api}?q=quint").json()["items"][0]["id"] == ident
    assert client.patch(f"{api}/{ident}", {"nome": "x"}, content_type="application/json").status_code == 422
    assert client.post(api, body, content_type="application/json").status_code == 409

    table = SimpleUploadedFile("b.csv", b"reference,kind,name\nC-1,organisation,Nine\nC-2,organisation,\n")
    brought = client.post(f"{api}/imports", {"file": table})
    assert brought.status_code == 201, brought.content
    assert (brought.json()["counts"]["new"], len(brought.json()["rejects"])) == (1, 1)
    assert client.get(f"{api}/imports/{brought.json()['id']}").json()["state"] == "taken"
    page = client.get(f"{api}?limit=1").json()
    assert [
        one["reference"] for one in client.get(f"{api}?limit=1&cursor={page['next']}").json()["items"]
    ] == ["P-1"]


@pytest.mark.parametrize("text", ["", "x" * 5000, "\x00", "%", "'; DROP TABLE x", "\ud800"])
def test_a_search_for_anything_is_answered(db, ada, text):
    with tenant_scope(ada.tenant):
        assert queries.page(text[:200]).ids == ()
