"""An operator tries to lose an honest event by calling it damage."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.attacks.test_receipts import stage  # noqa: F401  # a stage with a clock, receipts and a stranger
from tests.ledger.tamper import key, owner, update

from muniment.ledger import verify
from muniment.ledger.damage import acts, found
from muniment.ledger.models import Outbox
from muniment.ledger.tables.damage import Damage
from muniment.ops import acting
from muniment.proof import honoured
from muniment.proof.receipt import parse_receipt
from muniment.spine.errors import Absent, Refused
from muniment.spine.scope import tenant_scope


def spoilt(ada, raw):
    """Change the event of a receipt while it waits, and return its name."""
    event = UUID(parse_receipt(raw).entry)
    with owner(ada.tenant, "ledger_outbox") as cursor:
        update(cursor, "ledger_outbox", "kind = %s", "id", "cases.read", key(event))
    return f"waiting:{event.hex}"


def faults(ada):
    return verify.verify_log(ada.tenant, deep=True).faults


def test_an_operator_alone_loses_no_event(stage, ada):  # noqa: F811  # the fixture
    name = spoilt(ada, stage.write())
    operator = acting.operator(ada.tenant)
    made = acts.propose(operator, name=name, reason="Mine to say.")
    with pytest.raises(Refused):
        acts.accept_damage(operator, digest=made.digest)
    assert any("it is not as it was recorded" in one for one in faults(ada))


def test_an_honest_event_is_no_damage_and_taking_it_away_is_seen(stage, ada, adam):  # noqa: F811  # the fixture
    event = UUID(parse_receipt(stage.write()).entry)
    with pytest.raises(Absent):
        acts.propose(adam, name=f"waiting:{event.hex}", reason="It is in the way.")
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute("DELETE FROM ledger_outbox WHERE id = %s", [key(event)])
    assert any("was recorded and then taken away" in one for one in faults(ada))


def test_what_two_accepted_is_a_broken_promise_all_the_same(stage, ada, adam):  # noqa: F811  # the fixture
    raw = stage.write()
    name = spoilt(ada, raw)
    made = acts.propose(acting.operator(ada.tenant), name=name, reason="The disk did it.")
    acts.accept_damage(adam, digest=made.digest)
    stage.moment = stage.moment.replace(hour=stage.moment.hour + 1)
    stage.write("Life goes on")
    stage.settle()
    assert stage.judge(raw).state == honoured.BROKEN
    ended, said = stage.stranger(raw)
    assert ended == 1
    assert "DISHONOURED. It is not in the log" in said
    whole = verify.verify_log(ada.tenant, deep=True)
    assert whole.faults == []
    assert name in whole.accepted[0]


def test_an_acceptance_written_into_the_table_alone_accepts_nothing(stage, ada, adam):  # noqa: F811  # the fixture
    name = spoilt(ada, stage.write())
    acts.propose(acting.operator(ada.tenant), name=name, reason="Mine to say.")
    with owner(ada.tenant, "ledger_damage") as cursor:
        cursor.execute("UPDATE ledger_damage SET accepted_by = %s, accepted_at = proposed_at", [adam.id])
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute("DELETE FROM ledger_outbox WHERE id = %s", [key(UUID(name.partition(":")[2]))])
    said = "\n".join(faults(ada))
    assert "was recorded and then taken away" in said
    assert "ledger_damage" in said
    assert "this row was changed behind the application's back" in said


def test_one_acceptance_covers_one_number(stage, ada, adam):  # noqa: F811  # the fixture
    """Who has one event accepted as lost takes another one away under its cover."""
    first = spoilt(ada, stage.write())
    made = acts.propose(acting.operator(ada.tenant), name=first, reason="The disk did it.")
    acts.accept_damage(adam, digest=made.digest)
    other = UUID(parse_receipt(stage.write("Another one")).entry)
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute("DELETE FROM ledger_outbox WHERE id = %s", [key(other)])
    assert any("was recorded and then taken away" in one for one in faults(ada))


def test_the_table_itself_refuses_the_same_person_twice(stage, ada):  # noqa: F811  # the fixture
    name = spoilt(ada, stage.write())
    piece = next(one for one in found.pieces(ada.tenant) if one.name == name)
    made = acts.propose_damage(acting.operator(ada.tenant), piece=piece, reason="Mine to say.")
    with tenant_scope(ada.tenant):
        held = Damage.objects.get(id=made.id)
        assert held.accepted_by is None
        assert Outbox.objects.filter(id=UUID(name.partition(":")[2])).exists()
    [constraint] = [one for one in Damage._meta.constraints if one.name == "damage_is_accepted_by_two"]
    held.accepted_by, held.accepted_at = held.proposed_by, held.proposed_at
    with pytest.raises(Exception, match="damage_is_accepted_by_two"):
        constraint.validate(Damage, held)
