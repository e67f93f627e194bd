"""A destroyed key: what was said under it cannot be read any more, and every proof stands."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from muniment.ledger import publish, queries, verify
from muniment.ledger.action import REGISTRY, action
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened, opened_event
from muniment.ledger.words import Sealed
from muniment.proof.canonical import canonical
from muniment.proof.errors import Malformed
from muniment.spine import ports
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope


@pytest.fixture
def about_somebody(db, ada) -> UUID:
    """Put on record something about a person, under a key of that person's own."""
    person = uuid4()

    def say(act):
        act.record("somebody/1", name=Sealed("Marta Olivar", subject=person), number=7)

    door = action("try.person", cls="party.change", says="{actor} wrote down {facts.name}")(say)
    door(type(ada)(id=ada.id, kind=ada.kind, tenant=ada.tenant, may=frozenset({"try.person"})))
    publish.settle()
    yield person
    REGISTRY.pop("try.person", None)


def the_entry(ada):
    with tenant_scope(ada.tenant):
        return Entry.objects.get(kind="try.person")


def test_what_stands_under_a_destroyed_key_is_gone_and_the_log_still_verifies(about_somebody, ada):
    entry = the_entry(ada)
    with tenant_scope(ada.tenant):
        assert opened_event(entry).facts == {"name": "Marta Olivar", "number": 7}
        assert queries.told([entry])[0].sentence.endswith("wrote down Marta Olivar")
        keyring().destroy(ada.tenant, about_somebody)

        left = opened_event(entry)
        assert (left.facts, left.erased) == ({"number": 7}, 1)
        assert queries.told([entry])[0].sentence.endswith("wrote down (erased)")
        assert queries.proof(entry).fault == ""
    # Everything else holds; that nobody ordered it is said, since then it is missing and not erased.
    fault = f"key {about_somebody}: it was destroyed, and no order to erase says so (subject)"
    assert verify.verify_log(ada.tenant, deep=True).faults == [fault]


def test_a_persons_words_stand_nowhere_in_the_entry(about_somebody, ada):
    entry = the_entry(ada)
    assert b"Marta" not in bytes(entry.body) + bytes(entry.leaf)


def test_a_body_of_another_form_is_refused(ada, db):
    with pytest.raises(Malformed, match="not known"):
        opened(ada.tenant, uuid4(), canonical({"k": "something/9", "p": []}), ports.now())
    with pytest.raises(Malformed, match="not known"):
        opened(ada.tenant, uuid4(), b"[]", ports.now())
