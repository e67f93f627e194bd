"""A cheating operator and erasure: he owns the machine, the database, the key store and the journal's folder.

Who notices is said in each test: `ledger verify --deep`, the start of the installation, or the journal beside the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.lifecycle import people
from tests.lifecycle.people import WHY

from muniment.counterparties.models import Counterparty
from muniment.ledger import publish, verify
from muniment.lifecycle import actions, closing, executing
from muniment.lifecycle.models import ErasedKey, Erasure, State
from muniment.spine import config
from muniment.spine.actor import Actor
from muniment.spine.errors import Clash, Refused
from muniment.spine.installation import key_store, keyring
from muniment.spine.keystore import KeyRow
from muniment.spine.scope import tenant_scope


def deep(tenant: UUID) -> list[str]:
    publish.settle()
    return verify.verify_log(tenant, deep=True).faults


def bring_back(tenant: UUID, key: UUID, wrapped: bytes) -> None:
    """Put a wrapped key of a backup into the store again, gravestone or not, as who owns the file can."""
    store: Any = key_store()
    with store._open() as connection:
        if hasattr(store, "_writing"):
            connection.execute(
                "UPDATE wrapped_key SET wrapped = ?, destroyed = 0 WHERE tenant = ? AND key_id = ?",
                [wrapped, tenant.bytes, key.bytes],
            )
        else:
            connection.execute(
                "UPDATE wrapped_key SET wrapped = %s, destroyed = false WHERE tenant = %s AND key_id = %s",
                [wrapped, tenant, key],
            )


@pytest.fixture
def erasing(db: None, ada: Actor, adam: Actor, otto: Actor) -> Iterator[people.Erasing]:
    yield people.made(ada, adam, otto)
    people.forget_journal()


@pytest.fixture
def journal(erasing: people.Erasing) -> Path:
    return config.current().journal_file


def test_an_erasure_that_only_says_so_is_named(erasing, ada, monkeypatch):
    """Fake: the entry is there and the keys were kept. Noticed by `ledger verify --deep`."""
    monkeypatch.setattr(executing, "destroy", lambda _deed: 0)
    erasing.carry_out()
    faults = deep(ada.tenant)
    assert any(
        f"erasure 1: the key {erasing.person} that it destroyed is there again" in one for one in faults
    )


def test_a_key_that_was_destroyed_without_an_order_is_named(erasing, ada):
    """Destruction without an entry: what is missing is not called erased. Noticed by `ledger verify --deep`."""
    assert deep(ada.tenant) == []
    keyring().destroy(ada.tenant, erasing.person)
    assert f"key {erasing.person}: it was destroyed, and no order to erase says so (subject)" in deep(
        ada.tenant
    )


def test_a_key_that_was_taken_out_of_the_store_is_named_missing_and_not_erased(erasing, ada):
    """He takes the row out, gravestone and all, or puts back an older store. Noticed by `ledger verify --deep`."""
    store: Any = key_store()
    with store._open() as connection:
        if hasattr(store, "_writing"):
            connection.execute("DELETE FROM wrapped_key WHERE key_id = ?", [erasing.person.bytes])
        else:
            connection.execute("DELETE FROM wrapped_key WHERE key_id = %s", [erasing.person])
    keyring().forget(ada.tenant, erasing.person)
    assert any(
        f"key {erasing.person}: it is missing, and nobody destroyed it (subject)" in one
        for one in deep(ada.tenant)
    )


def test_a_file_whose_key_was_destroyed_without_an_order_is_named(erasing, ada):
    from muniment.counterparties.models import Import

    with tenant_scope(ada.tenant):
        blob = Import.objects.get().blob_id
    keyring().destroy(ada.tenant, blob)
    assert f"key {blob}: it was destroyed, and no order to erase says so (file)" in deep(ada.tenant)


def test_an_order_written_into_the_tables_alone_is_named(erasing, ada):
    """He destroys a key and writes the rows of an order. Noticed by `ledger verify --deep`: no entry has them."""
    from muniment.spine.session import open_action

    keyring().destroy(ada.tenant, erasing.person)
    asked = erasing.ask()
    publish.settle()
    with tenant_scope(ada.tenant), open_action("lifecycle.clear"):
        ErasedKey.objects.create(erasure=asked, key_id=erasing.person, what="subject")
        Erasure.objects.filter(id=asked.id).update(
            state=State.CLEARED, answered_by=erasing.otto.id, answered_at=asked.asked_at
        )
    faults = deep(ada.tenant)
    assert any("lifecycle_erasedkey" in one and "added behind" in one for one in faults)
    assert any("lifecycle_erasure" in one and "changed behind" in one for one in faults)


def test_a_key_brought_back_from_a_backup_is_destroyed_again_before_anything_is_served(erasing, ada):
    """Noticed by the start (the journal is held against the key store), and by `ledger verify --deep` until then."""
    wrapped = key_store().get(ada.tenant, erasing.person)
    assert wrapped is not None
    erasing.carry_out()
    bring_back(ada.tenant, erasing.person, wrapped)
    keyring().forget(ada.tenant, erasing.person)
    assert any("is there again" in one for one in deep(ada.tenant))

    assert closing.catch_up_all() == 1
    assert key_store().get(ada.tenant, erasing.person) is None
    assert deep(ada.tenant) == []
    assert closing.catch_up_all() == 0


def test_a_key_under_a_gravestone_cannot_be_made_anew(erasing, ada):
    erasing.carry_out()
    assert key_store().put_many([KeyRow(ada.tenant, "subject", erasing.person, b"another")]) == 0


def test_a_journal_that_was_cut_stops_the_start(erasing, journal):
    """Noticed by the start: the deployment's log knows where the journal stood."""
    erasing.carry_out()
    raw = journal.read_bytes()
    for cut in (b"", raw[: len(raw) // 2]):
        journal.write_bytes(cut)
        with pytest.raises(Clash, match="not as it was written"):
            closing.catch_up_all()
    journal.unlink()
    with pytest.raises(Clash, match="it has 0 lines, and the log says that it had 1"):
        closing.catch_up_all()
    journal.write_bytes(raw)
    assert closing.catch_up_all() == 0


def test_a_journal_in_which_something_was_changed_stops_the_start(erasing, journal):
    erasing.carry_out()
    raw = journal.read_bytes()
    for other in (raw.replace(b"subject", b"sobject"), raw + raw, raw.replace(b'"n":1', b'"n":2'), b"{}\n"):
        journal.write_bytes(other)
        with pytest.raises(Clash, match="not as it was written"):
            closing.catch_up_all()


def test_a_line_that_another_installation_wrote_is_not_carried_out(erasing, journal):
    """He has no key of the lines, so he cannot order an erasure through the journal."""
    from muniment.lifecycle.journal import Deed, Journal

    deed = Deed(erasing.adam.tenant, UUID(int=7), 9, "counterparty", erasing.person, "gdpr-17-1", "now", ())
    with Journal(journal, b"0" * 32).held() as book:
        book.append(deed)
    with pytest.raises(Clash, match="was not written by this installation"):
        closing.catch_up_all()


def test_one_person_alone_erases_nothing(erasing, adam):
    asked = erasing.ask()
    with pytest.raises(Refused):
        actions.answer_erasure(adam, erasure_id=asked.id, approve=True, reason=WHY)
    assert executing.carry_out(adam.tenant, asked.id).state == State.ASKED
    with tenant_scope(adam.tenant):
        assert Counterparty.objects.get(id=erasing.person).name != "(erased)"
