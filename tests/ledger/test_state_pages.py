"""How the log stands, on pages: its heads as a picture with a table, one head to the byte, its checks, the time."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.urls import reverse
from tests.ledger.houses import Houses, administrator
from tests.proof.small_log import NOON

from muniment.cases import actions as cases
from muniment.ledger import clock, lag, logs, publish, witnessing
from muniment.ledger.checks import runs
from muniment.ledger.models import Checkpoint
from muniment.ledger.trust import replacing
from muniment.spine import config, ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@pytest.fixture
def lived(db, ada, account_of):
    account_of(ada)
    for number in range(3):
        cases.open_case(ada, title=f"Case number {number}")
        publish.settle()


def page(client, name, *args, status=200):
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode().split("<main", 1)[1])


def heads(actor):
    with tenant_scope(actor.tenant):
        return list(Checkpoint.objects.order_by("number"))


def test_each_head_stands_in_the_picture_and_in_the_table_and_leads_to_its_exact_text(client_as, lived, otto):
    client, held = client_as(otto), heads(otto)
    text = page(client, "ledger:checkpoints")
    picture = text.split("points__shape", 1)[1].split("</svg>")[0]
    assert 'role="group"' in picture
    for one in held:
        address = reverse("ledger:checkpoint_at", args=[one.number])
        assert f'href="{address}"' in picture
        assert f'<a href="{address}">Checkpoint {one.number}</a>' in text
    middle = page(client, "ledger:checkpoint_at", held[1].number)
    assert re.sub(r"\s+", " ", held[1].note.replace("+", "&#x2B;")).strip() in middle.replace("+", "&#x2B;")
    for beside in (held[0], held[2]):
        assert reverse("ledger:checkpoint_at", args=[beside.number]) in middle


def test_a_head_that_is_not_there_is_not_found(client_as, lived, otto):
    for number in (999, 2**70):
        assert client_as(otto).get(f"/ledger/checkpoints/{number}/").status_code == 404


def test_what_witnesses_have_not_signed_yet_is_marked_in_both(client_as, lived, ada, otto, houses: Houses):
    houses.open("witness.example/a", logs.of(DEPLOYMENT))
    houses.policy("quorum witness.example/a")
    publish.settle()
    witnessing.ask_all(NOON)
    client = client_as(otto)
    text = page(client, "ledger:checkpoints")
    assert "bears the signatures of 1 of 1 witnesses" in text
    assert "An alarm is raised when an entry waits longer than 60 seconds" in text
    cases.open_case(ada, title="One more")
    publish.settle()
    text = page(client, "ledger:checkpoints")
    assert "points__gap" in text
    assert "not yet" in text.split("<tbody")[1]
    newest = heads(otto)[-1]
    assert "not yet witnessed" in page(client, "ledger:checkpoint_at", newest.number)
    first = page(client, "ledger:checkpoint_at", 0)
    assert "That is the first signed state kept here which holds this one." in first
    assert "Signed by 1 of 1 named witnesses: witness.example/a." in first
    assert "The signatures of the latest 500 signed states are kept" in text
    assert "1 of 1, " in text.split("<tbody")[1]


def test_too_few_signatures_are_told_with_their_number_on_the_page(client_as, lived, otto, houses: Houses):
    own = logs.of(otto.tenant)
    houses.open("witness.example/a", logs.of(DEPLOYMENT), own)
    houses.open("witness.example/b")
    both = "group both all witness.example/a witness.example/b"
    houses.policy(f"log {own.vkeys.splitlines()[0]}", both, "quorum both")
    publish.settle()
    witnessing.ask_all(NOON)
    client = client_as(otto)
    rows = page(client, "ledger:checkpoints").split("<tbody")[1]
    assert "not yet" in rows
    assert "1 of 2" in rows
    newest = page(client, "ledger:checkpoint_at", heads(otto)[-1].number)
    assert "Signed by 1 of 2 named witnesses: witness.example/a." in newest
    assert "That is not enough" in newest


def test_checks_are_listed_with_what_did_not_hold(client_as, lived, otto):
    client = client_as(otto)
    assert "The whole ledger was not checked yet." in page(client, "ledger:index")
    assert "will stand here" in page(client, "ledger:checks")
    runs.check(runs.What.DEEP, otto.tenant)
    assert "The whole ledger was last held against itself" in page(client, "ledger:index")
    text = page(client, "ledger:checks")
    assert "the whole log and every row" in text
    assert "Holds" in text
    for tile in (logs.folder(logs.of(otto.tenant)) / "tile").rglob("*"):
        if tile.is_file():
            tile.chmod(0o600)
            tile.unlink()
    runs.check(runs.What.TAIL, otto.tenant)
    assert "found something that does not hold" in page(client, "ledger:index")
    assert "The last check found something." in page(client, "ledger:checks")


def test_the_page_says_how_time_stands(client_as, lived, otto, monkeypatch):
    client = client_as(otto)
    text = page(client, "ledger:checkpoints")
    assert "the times here are those of the server’s clock alone" in text
    assert "has not jumped by more than a day" in text
    jumped = clock.ClockState(False, None, None, None, 90_000)
    monkeypatch.setattr(clock, "state", lambda: jumped)
    assert "two people say that it is right" in page(client, "ledger:checkpoints")


def test_the_page_says_that_one_person_alone_replaced_the_keys(
    client_as, lived, otto, operator, signing_keys
):
    log = logs.of(otto.tenant)
    client = client_as(otto)
    assert "Not confirmed" not in page(client, "ledger:checkpoints")
    good = lag.last_good(log, ports.now())
    replacing.replace(replace(operator, tenant=otto.tenant), log, good)
    publish.settle()
    text = page(client, "ledger:checkpoints")
    assert "Not confirmed" in text
    assert f"beyond {good.size} entries does not count" in text
    replacing.confirm_key(administrator(otto.tenant), number=1)
    assert "Not confirmed" not in page(client, "ledger:checkpoints")


@pytest.fixture
def signing_keys():
    place = config.current().signing_keys
    before = {path: path.read_bytes() for path in place.glob("*")}
    yield
    for path in place.glob("*"):
        path.unlink()
    for path, raw in before.items():
        path.write_bytes(raw)
