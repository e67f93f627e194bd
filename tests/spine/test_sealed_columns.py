"""A sealed column: plain to who may ask, ciphertext in the table, and never searched, moved or written back erased."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from muniment.access import actions
from muniment.access.models import ApiCall, Person
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.envelope import Tampered
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope
from muniment.spine.sealed import SealedText, Stored


@pytest.fixture
def scope(db, ada):
    with tenant_scope(ada.tenant):
        yield ada.tenant


@pytest.fixture
def kept(scope):
    """Two kept answers, whose table nobody guards, so that a test may reach into it."""
    common = {"tenant_id": scope, "actor": "ada", "request_digest": "0" * 64, "at": ports.now()}
    return [
        ApiCall.objects.create(key_digest=digest * 64, answer=f"canary {digest}", **common)
        for digest in ("1", "2")
    ]


def raw(row) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM access_apicall WHERE key_digest = %s", [row.key_digest])
        return bytes(cursor.fetchone()[0])


def test_the_table_holds_ciphertext_and_the_row_gives_the_text(kept):
    assert b"canary" not in raw(kept[0])
    found = ApiCall.objects.get(id=kept[0].id)
    assert "canary" not in repr(found.__dict__["answer"])
    assert found.answer == "canary 1"


def test_a_column_that_was_left_out_is_fetched_when_it_is_asked_for(kept):
    assert ApiCall.objects.defer("answer").get(id=kept[1].id).answer == "canary 2"


def test_saving_again_seals_anew_and_an_unopened_value_stays_as_it_is(kept):
    before = raw(kept[0])
    unopened = ApiCall.objects.get(id=kept[0].id)
    unopened.save()
    assert raw(kept[0]) == before
    assert unopened.answer == "canary 1"
    unopened.save()
    assert raw(kept[0]) != before
    assert ApiCall.objects.get(id=kept[0].id).answer == "canary 1"


def test_nothing_is_not_sealed(kept):
    kept[0].answer = None
    kept[0].save()
    assert ApiCall.objects.get(id=kept[0].id).answer is None
    assert ApiCall.objects.filter(answer__isnull=True).count() == 1
    assert ApiCall(tenant_id=kept[0].tenant_id).answer is None


def test_a_ciphertext_that_was_moved_to_another_row_does_not_open(kept):
    other = ApiCall.objects.get(id=kept[1].id)
    other.__dict__["answer"] = Stored(raw(kept[0]))
    with pytest.raises(Tampered):
        _ = other.answer


def test_it_is_neither_searched_nor_changed_without_its_row(kept):
    with pytest.raises(FieldError):
        ApiCall.objects.filter(answer="canary 1").exists()
    with pytest.raises(FieldError):
        ApiCall.objects.filter(answer__contains="canary").exists()
    with pytest.raises(FieldError, match="save the row"):
        ApiCall.objects.update(answer="plain")


def test_what_was_erased_says_so_and_is_not_written_back(scope):
    # Somebody of this test alone: the key store forgets no destroyed key, whatever the database takes back.
    hand = system("operator", may=frozenset({"access.create_person"}), tenant=scope, via="cli")
    person = actions.create_person(
        hand, name="Eve Example", login="eve-erased", password="seven wild geese fly south", role="analyst"
    )
    keyring().destroy(scope, person.id)
    erased = Person.objects.get(id=person.id)
    assert erased.name == "(erased)"
    with pytest.raises(FieldError, match="erased"):
        erased.save()


def test_a_column_stands_under_one_of_two_keys():
    with pytest.raises(ValueError, match="tenant's or the subject's"):
        SealedText(under="nobody")
    _, _, _, told = SealedText(under="subject", null=True).deconstruct()
    assert told["under"] == "subject"
    assert (SealedText().get_default(), SealedText(null=True).get_default()) == ("", None)
    assert ApiCall.answer.field.under == "tenant"
