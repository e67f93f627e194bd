"""One entry in plain words: who and how, what stands open, what it proves and what not, what stands beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.urls import reverse
from tests.ledger.houses import Houses
from tests.ledger.test_erasure import about_somebody as about_somebody  # noqa: PLC0414  # a fixture
from tests.ledger.test_erasure import the_entry
from tests.proof.small_log import NOON

from muniment.access.actions import signing
from muniment.cases import actions as cases
from muniment.ledger import erased, logs, publish, queries, sentences, witnessing
from muniment.ledger.models import Entry
from muniment.ledger.openings import Opened
from muniment.proof.leaf import Opening
from muniment.spine import asking
from muniment.spine.errors import Refused
from muniment.spine.installation import keyring
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@pytest.fixture
def lived(db, ada, vera, account_of):
    account_of(ada)
    made = cases.open_case(ada, title="A broken lantern")
    cases.withdraw(ada, case_id=made.id, reason="It was opened twice.")
    with pytest.raises(Refused):
        cases.open_case(vera, title="Not mine to open")
    return made


def words(client, entry) -> str:
    answer = client.get(reverse("ledger:entry", args=[entry.id]))
    assert answer.status_code == 200
    main = answer.content.decode().split("<main", 1)[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).replace(" ,", ",")


def entry_of(actor, kind) -> Entry:
    with tenant_scope(actor.tenant):
        return Entry.objects.filter(kind=kind, actor=actor.id).order_by("-idx").first()


def test_it_says_who_did_what_as_what_with_what_and_from_where(client_as, lived, ada, otto):
    publish.settle()
    text = words(client_as(otto), entry_of(ada, "cases.withdraw"))
    assert "Ada Example, then analyst" in text
    assert "shown by a password and an authenticator app" in text
    assert "on a page, from 192.0.2.7" in text
    assert "by the server’s clock" in text
    assert "What it does not prove" in text
    assert "That what was written is true" in text


def test_a_name_that_nobody_proved_to_be_theirs_is_said_to_be_just_that(client_as, lived, ada, otto):
    with pytest.raises(Refused):
        signing.sign_in(replace(ada, factors=frozenset()), refused_because="The password was not right.")
    publish.settle()
    text = words(client_as(otto), entry_of(ada, "access.sign_in"))
    assert "who it was is not proven: nothing had been shown for it" in text
    assert "shown by" not in text


def test_nobody_shows_anything_for_what_the_installation_does(client_as, lived, otto):
    publish.settle()
    with tenant_scope(otto.tenant):
        own = Entry.objects.filter(actor__startswith="system:").first()
    text = words(client_as(otto), own)
    assert "shown by" not in text
    assert "not proven: nothing" not in text


def test_a_command_says_whose_it_was_on_the_machine(client_as, db, otto, account_of):
    account_of(otto)
    with asking.asked("a-command", "muniment case open") as asked:
        asked.user = "lena"
        cases.open_case(replace(otto, via="cli"), title="From the machine")
    publish.settle()
    text = words(client_as(otto), entry_of(otto, "cases.open"))
    assert "by a command on the machine itself, as the user lena of the machine" in text


def test_what_was_refused_and_what_the_installation_did_say_so(client_as, lived, ada, otto):
    publish.settle()
    client = client_as(otto)
    with tenant_scope(ada.tenant):
        refused = Entry.objects.get(cls="refusal")
        own = Entry.objects.filter(actor__startswith="system:").first()
    assert "How it ended Refused" in words(client, refused)
    assert "the installation itself" in words(client, own)


def test_it_leads_to_what_stands_before_and_after_it_in_its_series(client_as, lived, ada, otto):
    publish.settle()
    client = client_as(otto)
    first, last = (words(client, entry_of(ada, kind)) for kind in ("cases.open", "cases.withdraw"))
    assert "It is the first of its series." in first
    assert "withdrew case 1" in first
    assert "opened case 1" in last.split("In the same series")[1]
    assert "Nothing has followed it in its series." in last


def test_what_waits_proves_less_than_what_has_its_place(client_as, lived, ada, otto):
    with tenant_scope(ada.tenant):
        waiting = queries.waiting(queries.Wanted(kind="cases.withdraw"))[0]
    assert "until the next checkpoint is signed" in words(client_as(otto), waiting)
    publish.settle()
    text = words(client_as(otto), entry_of(ada, "cases.withdraw"))
    assert "That it stands in the log at its place" in text
    assert "did not rewrite the whole log before a witness signed it" in text


def test_files_that_are_gone_prove_nothing(client_as, lived, ada, otto):
    publish.settle()
    with tenant_scope(ada.tenant):
        for tile in (logs.folder(logs.of(ada.tenant)) / "tile").rglob("*"):
            if tile.is_file():
                tile.chmod(0o600)
                tile.unlink()
    text = words(client_as(otto), entry_of(ada, "cases.withdraw"))
    assert "What it proves Nothing at this moment." in text


def test_a_witness_adds_that_nobody_can_take_it_back_and_when_it_was_there(
    client_as, lived, ada, otto, houses: Houses
):
    houses.open("witness.example/a", logs.of(DEPLOYMENT))
    houses.policy("quorum witness.example/a")
    publish.settle()
    publish.settle()
    witnessing.ask_all(NOON)
    text = words(client_as(otto), entry_of(ada, "cases.withdraw"))
    assert "the operator cannot take it back either" in text
    assert "witness.example/a" in text
    assert "not after" in text


def test_what_was_erased_names_its_order_and_what_is_missing_says_so(
    about_somebody, ada, otto, client_as, monkeypatch
):
    keyring().destroy(ada.tenant, about_somebody)
    client = client_as(otto)
    lost = words(client, the_entry(ada))
    assert "Missing A part of it cannot be read" in lost
    assert "muniment ledger verify --deep" in lost
    order = erased.Order(
        about_somebody,
        f"lifecycle.Erasure/{uuid4()}",
        4,
        datetime(2026, 2, 3, tzinfo=UTC),
        "consent_withdrawn",
    )
    monkeypatch.setattr(erased, "ORDERS", [lambda _tenant: [order]])
    told = words(client, the_entry(ada))
    assert "Erased A part of it was erased, by order no. 4 (consent withdrawn)." in told
    assert "Missing" not in told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("absent", "Ada asked for something that is not there"),
        ("too-large", "Ada sent more at once than this installation takes"),
        ("never-heard-of", "Ada was refused: The answer was: never-heard-of."),
    ],
)
def test_what_was_answered_without_more_is_told_in_words(answer, told):
    said = Opened(
        (
            Opening(3, "outcome", bytes(32), "refused"),
            Opening(8, "facts.why", bytes(32), f"The answer was: {answer}."),
        ),
        0,
    )
    assert sentences.sentence("site.read", "x", "y", said, {"x": "Ada"}) == told


def test_a_way_of_signing_in_is_named_as_people_know_it():
    said = Opened((Opening(8, "facts.factor", bytes(32), "totp"),), 0)
    told = sentences.sentence("access.enrol_factor", "x", "access.Person/y", said, {"x": "Ada"})
    assert told == "Ada set up an authenticator app"
