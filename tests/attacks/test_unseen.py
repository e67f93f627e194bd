"""What nobody detects, said plainly: each test shows that every check holds although something is wrong.

A test here that goes red is good news: then the limit is gone, and `docs/threat-model.md` must say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.attacks.test_erasure import bring_back
from tests.attacks.test_rows import THEN, YOUNG
from tests.attacks.test_rows import log as log  # noqa: PLC0414  # a fixture, found by its name
from tests.lifecycle import people
from tests.lifecycle.people import NAME
from tests.proof.streamed import CASE, StreamedLog, map_of
from tests.proof.test_whole_pack import contents, event, judged

from muniment.cases import actions as cases
from muniment.cases.models import Case
from muniment.counterparties.models import Counterparty
from muniment.ledger import clock, logs, publish, taking, verify
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened_event
from muniment.ledger.pruning import plan
from muniment.proof.folder import verify_folder
from muniment.proof.note import parse_keys
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.installation import key_store, keyring
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.spine.sealed import ERASED, Stored, open_text


def faults(actor: Actor) -> list[str]:
    publish.settle()
    return verify.verify_log(actor.tenant, deep=True).faults


@pytest.fixture
def erasing(db: None, ada: Actor, adam: Actor, otto: Actor) -> Iterator[people.Erasing]:
    yield people.made(ada, adam, otto)
    people.forget_journal()


def test_a_copy_of_row_and_key_that_was_laid_aside_before_an_erasure_still_opens(erasing, ada):
    """Nobody can know: the copies lie elsewhere. The certificate claims nothing about copies."""
    with tenant_scope(ada.tenant):
        row = Counterparty.objects.get(id=erasing.person)
    field = Counterparty._meta.get_field("name_sealed")
    copied = row.__dict__["name_sealed"]
    wrapped = key_store().get(ada.tenant, erasing.person)
    assert isinstance(copied, Stored)
    assert wrapped is not None
    erasing.carry_out()
    assert faults(ada) == []
    assert open_text(ada.tenant, copied.blob, field.place(row)) == ERASED

    # Elsewhere: the old row, the old key store and the deployment's key. Here the store plays its own copy.
    bring_back(ada.tenant, erasing.person, wrapped)
    keyring().forget(ada.tenant, erasing.person)
    assert open_text(ada.tenant, copied.blob, field.place(row)) == NAME


def test_who_holds_the_keys_writes_under_anybodys_name(db, ada):
    """A true log of a false act: entries say which identity acted, and the operator can act as any of them."""
    as_ada = replace(ada, via="page", address="192.0.2.7")
    cases.open_case(as_ada, title="She never opened it")
    assert faults(ada) == []
    with tenant_scope(ada.tenant):
        assert Entry.objects.get(kind="cases.open").actor == ada.id


def test_what_is_read_out_of_tables_and_keys_past_the_program_leaves_no_entry(db, ada):
    """Reading is on record when the program is asked; whoever has the files and the deployment's key need not ask."""
    cases.open_case(ada, title="Read in the night")
    assert faults(ada) == []
    with tenant_scope(ada.tenant):
        before = Entry.objects.count()
        assert Case.objects.get().title == "Read in the night"
    publish.settle()
    with tenant_scope(ada.tenant):
        assert not Entry.objects.filter(idx__gte=before, subject__startswith="cases.Case").exists()
    assert faults(ada) == []


def test_what_never_went_through_the_program_is_in_no_proof_and_every_pack_says_so():
    """A decision taken by telephone: the stream of the case is whole all the same."""
    log = StreamedLog().write("cch")
    made = contents(log, log.proof(CASE, [0, 1], 2, map_of(log, 2)), events=[event(log, 0)])
    assert judged(made).outcomes()["complete"] == "passed"
    told = " ".join(made.told_limits())
    assert "does not prove that an event was true, nor that everything that happened was logged" in told


def test_a_false_statement_is_kept_as_faithfully_as_a_true_one(db, ada):
    made = cases.open_case(ada, title="Two and two are five")
    assert faults(ada) == []
    with tenant_scope(ada.tenant):
        assert Case.objects.get(id=made.id).title == "Two and two are five"


def test_a_pruning_under_a_clock_that_two_people_called_right_is_a_pruning_like_any_other(
    log, ada, otto, adam
):
    """The clock stands a year ahead and two conspirators confirm it: nothing inside tells. The jump is on record."""
    with ports.frozen(clock=THEN):
        clock.look()
    with ports.frozen(clock=YOUNG):
        assert clock.look().kind == "jump"
        assert taking.prune(ada.tenant).stops == (plan.CLOCK,)
        clock.propose_clock(otto, jump=1)
        clock.confirm_clock(adam, jump=1)
        publish.settle()
        assert taking.prune(ada.tenant).below == 512
        publish.settle()
        assert verify.verify_log(ada.tenant, deep=True).faults == []
    assert verify_folder(logs.folder(log), parse_keys(log.vkeys.encode())).faults == []
    with tenant_scope(DEPLOYMENT):
        noted = Entry.objects.filter(kind="ledger.note_clock").order_by("-idx").first()
        assert opened_event(noted).facts["step"] == "jump"
    with tenant_scope(ada.tenant):
        assert Entry.objects.filter(kind="ledger.confirm_clock").exists()
