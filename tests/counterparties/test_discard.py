"""An offered file that nobody wants any more is put aside: once, by who may, and it can never be taken in again."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from muniment.counterparties import actions, queries
from muniment.counterparties.models import Counterparty
from muniment.ledger import publish, record, verify
from muniment.spine.errors import Absent, Clash, Refused
from muniment.spine.scope import tenant_scope

TABLE = b"reference,kind,name\nP-1,person,Marta Olivar\n"


def test_a_discarded_file_is_kept_and_is_never_taken_in(db, ada):
    held = actions.receive(ada, TABLE, name="book.csv")

    put_aside = actions.discard(ada, import_id=held.id)

    assert (put_aside.state, put_aside.taken_by) == ("discarded", ada.id)
    with pytest.raises(Clash, match="was discarded"):
        actions.confirm(ada, import_id=held.id)
    with pytest.raises(Clash, match="was discarded"):
        actions.discard(ada, import_id=held.id)
    with tenant_scope(ada.tenant):
        assert not Counterparty.objects.exists()
        assert queries.file_of(queries.import_of(held.id)) == TABLE
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_what_was_taken_in_cannot_be_discarded(db, ada):
    held = actions.take_in(ada, TABLE, name="book.csv")

    with pytest.raises(Clash, match="taken in already"):
        actions.discard(ada, import_id=held.id)


def test_who_may_not_is_refused_and_another_tenant_sees_nothing(db, ada, vera, mallory):
    held = actions.receive(ada, TABLE, name="book.csv")

    with pytest.raises(Refused):
        actions.discard(vera, import_id=held.id)
    with pytest.raises(Absent):
        actions.discard(mallory, import_id=held.id)
    with tenant_scope(ada.tenant):
        assert queries.import_of(held.id).state == "offered"


def test_without_the_ledger_nothing_is_discarded(db, ada, monkeypatch):
    held = actions.receive(ada, TABLE, name="book.csv")

    def broken(events, touched):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(record, "append", broken)
    with pytest.raises(RuntimeError):
        actions.discard(ada, import_id=held.id)

    with tenant_scope(ada.tenant):
        assert queries.import_of(held.id).state == "offered"


def test_a_person_discards_it_on_its_page(client_as, ada, vera):
    client = client_as(ada)
    sent = client.post("/counterparties/import/", {"file": SimpleUploadedFile("book.csv", TABLE)})
    address = sent["Location"]
    assert f'action="{address}discard/"' in client.get(address).content.decode()
    assert client.get(f"{address}discard/").status_code == 405
    assert client_as(vera).post(f"{address}discard/").status_code == 403

    done = client.post(f"{address}discard/")

    assert (done.status_code, done["Location"]) == (302, "/counterparties/import/")
    assert "Discarded" in client.get("/counterparties/import/").content.decode()
    page = client.get(address).content.decode()
    assert "Nothing of this file was taken in" in page
    assert "Confirm" not in page
    assert client.post(f"{address}discard/").status_code == 409


def test_a_program_discards_what_could_not_be_taken_in(client_as, ada):
    held = actions.receive(ada, TABLE, name="book.csv")
    address = f"/api/v1/counterparties/imports/{held.id}"

    done = client_as(ada).post(f"{address}/discard")

    assert (done.status_code, done.json()["state"]) == (200, "discarded")
    assert client_as(ada).get(address).json()["state"] == "discarded"
    assert client_as(ada).post(f"{address}/discard").status_code == 409
