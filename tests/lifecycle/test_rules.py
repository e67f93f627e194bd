"""What an order must be like, and who may answer it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from muniment.lifecycle import rules
from muniment.lifecycle.models import Erasure, Hold, State
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.errors import Clash, Invalid, Refused


def actor(kind: ActorKind = ActorKind.PERSON) -> Actor:
    return Actor(id="a", kind=kind, tenant=uuid4(), may=frozenset())


def test_a_basis_a_kind_and_what_is_held_come_out_of_closed_lists():
    assert rules.require_basis("gdpr-17-1") == "gdpr-17-1"
    assert rules.require_kind("account") == "account"
    assert rules.require_hold_on("case") == "case"
    for check in (rules.require_basis, rules.require_kind, rules.require_hold_on):
        with pytest.raises(Invalid):
            check("whatever")
    with pytest.raises(Invalid):
        rules.require_kind("tenant")


def test_who_asks_and_why_are_words():
    assert rules.require_asker(" Z. C. ") == "Z. C."
    assert rules.require_reason("Because of\nthis letter.") == "Because of\nthis letter."
    for check, text in (
        (rules.require_asker, "x"),
        (rules.require_reason, "short"),
        (rules.require_asker, "a" * 301),
    ):
        with pytest.raises(Invalid):
            check(text)


def test_two_people_and_no_program():
    rules.require_person(actor())
    with pytest.raises(Refused, match="never a token"):
        rules.require_person(actor(ActorKind.TOKEN))
    rules.require_somebody_else("b", actor())
    with pytest.raises(Refused, match="somebody else"):
        rules.require_somebody_else("a", actor())


def test_what_was_answered_is_not_answered_again():
    rules.require_asked(Erasure(state=State.ASKED))
    for state in set(State) - {State.ASKED}:
        with pytest.raises(Clash):
            rules.require_asked(Erasure(state=state))


def test_holds():
    rules.require_not_held([])
    with pytest.raises(Refused, match="hold 3, 4"):
        rules.require_not_held([Hold(number=3), Hold(number=4)])
    rules.require_placed(Hold())
    with pytest.raises(Clash, match="lifted already"):
        rules.require_placed(Hold(lifted_at=datetime(2030, 1, 1, tzinfo=UTC)))
    assert rules.require_lift_asked(Hold(lift_asked_by="b")) == "b"
    with pytest.raises(Clash, match="Nobody has asked"):
        rules.require_lift_asked(Hold())


def test_what_is_held_stays_and_the_rest_goes():
    one, two = uuid4(), uuid4()
    go, stay = rules.held_back([("subject", one), ("file", two)], {two: 5})
    assert go == (("subject", one),)
    assert stay == [["file", str(two), "5"]]
