"""Damage that somebody did behind the ledger's back is accepted by two, kept as evidence, and named for ever."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import accepted, sequence, tally, verify
from muniment.ledger.checks import runs
from muniment.ledger.checks.tail import verify_tail
from muniment.ledger.damage import acts, found
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.tables.damage import Damage
from muniment.ops import acting
from muniment.spine import ports
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.models import Tally
from muniment.spine.scope import tenant_scope

WHY = "The disk wrote this row wrongly; the backup has it no more."


def opened(ada, title):
    return cases.open_case(ada, title=title)


def change(ada, event, column="kind", value="cases.close"):
    with owner(ada.tenant, "ledger_outbox") as cursor:
        update(cursor, "ledger_outbox", f"{column} = %s", "id", value, key(event))


def waiting(ada):
    with tenant_scope(ada.tenant):
        return list(Outbox.objects.order_by("order", "id"))


def faults(ada, *, deep=True):
    return verify.verify_log(ada.tenant, deep=deep).faults


@pytest.fixture
def damaged(db, ada):
    """A log in whose second waiting event somebody changed a column."""
    opened(ada, "The first")
    sequence.sequence_all()
    opened(ada, "The lost one")
    lost = waiting(ada)[-1].id
    opened(ada, "The third")
    change(ada, lost)
    return lost


def the_two(ada, adam, name, reason=WHY):
    made = acts.propose(acting.operator(ada.tenant), name=name, reason=reason)
    return acts.accept_damage(adam, digest=made.digest)


def test_a_changed_event_stops_its_log_and_is_found_with_what_would_be_lost(damaged, ada):
    with pytest.raises(Clash):
        sequence.sequence(ada.tenant)
    [piece] = found.pieces(ada.tenant)
    assert piece.name == f"waiting:{damaged.hex}"
    assert "not as it was recorded" in piece.check
    assert "its sealed contents still open and say cases.open" in piece.lost
    assert piece.number


def test_once_two_accepted_it_the_log_goes_on_and_every_check_names_it(damaged, ada, adam):
    the_two(ada, adam, f"waiting:{damaged.hex}")
    assert sequence.sequence(ada.tenant)
    whole = verify.verify_log(ada.tenant, deep=True)
    assert whole.faults == []
    [sentence] = whole.accepted
    for words in (
        f"accepted damage: waiting:{damaged.hex}",
        "proposed by",
        f"accepted by {adam.id}",
        "lost: an event",
    ):
        assert words in sentence
    assert verify_tail(ada.tenant).accepted == [sentence]
    assert verify.verify_log(ada.tenant).accepted == [sentence]
    made = runs.check(runs.What.DEEP, ada.tenant)
    assert (made.outcome, runs.faults_of(made)) == ("accepted", (sentence,))
    with tenant_scope(ada.tenant):
        assert not Entry.objects.filter(id=damaged).exists()
        assert runs.standing(ports.now()).alarm == ()
        assert Entry.objects.get(kind=accepted.ACCEPTED).cls == "log.damage"


def test_the_row_is_kept_word_for_word(damaged, ada, adam):
    made = the_two(ada, adam, f"waiting:{damaged.hex}")
    with tenant_scope(ada.tenant):
        kept = json.loads(Damage.objects.get(id=made.id).evidence)
    assert kept["kind"] == "s:cases.close"
    assert kept["id"] == f"u:{damaged.hex}"
    assert {"body", "voucher", "commitments", "list of rows"} <= kept.keys()


@pytest.mark.parametrize("column", ["body", "commitments"])
def test_an_event_of_which_nothing_can_be_read_is_accepted_too(db, ada, adam, column):
    opened(ada, "The lost one")
    lost = waiting(ada)[-1].id
    change(ada, lost, column, b"\x02rubbish")
    names = [one.name for one in found.pieces(ada.tenant)]
    the_two(ada, adam, f"waiting:{lost.hex}")
    left = [one.name for one in found.pieces(ada.tenant)]
    assert f"waiting:{lost.hex}" in names
    for name in left:
        the_two(ada, adam, name)
    sequence.sequence(ada.tenant)
    assert faults(ada) == []
    assert (len(left) == 1 and left[0].startswith("number:")) is (column == "body")


def test_an_event_that_was_taken_away_is_accepted_with_what_it_changed(db, ada, adam):
    case = opened(ada, "The lost one")
    lost = waiting(ada)[-1].id
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute("DELETE FROM ledger_outbox WHERE id = %s", [key(lost)])
    names = {one.name.partition(":")[0]: one.name for one in found.pieces(ada.tenant)}
    assert names["row"] == f"row:cases_case/{case.id.hex}"
    for name in names.values():
        the_two(ada, adam, name)
    whole = verify.verify_log(ada.tenant, deep=True)
    assert (whole.faults, len(whole.accepted)) == ([], len(names))


def test_a_count_with_a_wrong_voucher_is_accepted_while_it_goes_on_being_counted(db, ada, adam, vera):
    tally.count(vera, "cases.open")
    Tally.objects.update(times=1_000_000)
    [piece] = found.pieces(ada.tenant)
    made = acts.propose(acting.operator(ada.tenant), name=piece.name, reason=WHY)
    tally.count(vera, "cases.open")
    acts.accept_damage(adam, digest=made.digest)
    assert not Tally.objects.exists()
    whole = verify.verify_log(ada.tenant, deep=True)
    assert whole.faults == []
    assert "a count of refusals of cases.open" in whole.accepted[0]


def test_nobody_accepts_alone(damaged, ada, adam):
    made = acts.propose(adam, name=f"waiting:{damaged.hex}", reason=WHY)
    with pytest.raises(Refused, match="cannot confirm"):
        acts.accept_damage(adam, digest=made.digest)
    with pytest.raises(Refused):
        acts.accept_damage(acting.operator(ada.tenant), digest=made.digest)
    assert any("not as it was recorded" in one for one in faults(ada))


def test_an_honest_event_cannot_be_proposed(db, ada, adam):
    opened(ada, "Honest")
    [honest] = [one for one in waiting(ada) if one.kind == "cases.open"]
    with pytest.raises(Absent):
        acts.propose(adam, name=f"waiting:{honest.id.hex}", reason=WHY)


def test_a_reason_is_asked_for(damaged, adam):
    with pytest.raises(Invalid):
        acts.propose(adam, name=f"waiting:{damaged.hex}", reason=" ")


def test_what_was_changed_once_more_is_looked_at_once_more(damaged, ada, adam):
    made = acts.propose(acting.operator(ada.tenant), name=f"waiting:{damaged.hex}", reason=WHY)
    change(ada, damaged, value="cases.read")
    with pytest.raises(Clash, match="not any more"):
        acts.accept_damage(adam, digest=made.digest)
    with pytest.raises(Absent):
        acts.accept_damage(adam, digest="00" * 32)


def test_what_came_back_is_not_lost(damaged, ada, adam):
    """Acceptance covers a number that is lost, and no number that an event bears."""
    made = the_two(ada, adam, f"waiting:{damaged.hex}")
    kept = json.loads(made.evidence)
    assert kept["id"] == f"u:{damaged.hex}"
    with owner(ada.tenant, "ledger_outbox") as cursor:
        columns = [name for name in kept if name != "list of rows"]
        names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join(["%s"] * len(columns))
        cursor.execute(
            f"INSERT INTO ledger_outbox ({names}) VALUES ({marks})",  # noqa: S608  # own words
            [_back(kept[name]) for name in columns],
        )
    assert any("was accepted as lost, and an event bears it" in one for one in faults(ada))


def _back(value):
    kind, _, text = value.partition(":")
    return {"b": bytes.fromhex, "i": int, "u": lambda raw: key(UUID(raw))}.get(kind, str)(text)
