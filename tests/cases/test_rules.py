"""The rules of cases: steps, words, two pairs of eyes, and the digest of what was shown."""

from __future__ import annotations

from uuid import uuid4

import pytest

from muniment.cases import rules
from muniment.cases.models import Answer, Case, Decision, Item, State
from muniment.spine.actor import system
from muniment.spine.errors import Clash, Invalid, Refused

ALLOWED = {
    ("cases.attach", "open"),
    ("cases.attach", "proposed"),
    ("cases.propose", "open"),
    ("cases.decide", "proposed"),
    ("cases.withdraw", "open"),
    ("cases.withdraw", "proposed"),
}


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("step", list(rules.STEPS))
def test_each_step_is_taken_in_its_states_and_refused_with_words_in_all_others(step, state):
    case = Case(state=state)
    if (step, state) in ALLOWED:
        rules.require_step(case, step)
    else:
        with pytest.raises(Refused) as refusal:
            rules.require_step(case, step)
        assert refusal.value.todo


def test_nobody_answers_their_own_question():
    ada, otto = (system(name, may=frozenset({"cases.decide"})) for name in ("ada", "otto"))
    asked = Decision(requested_by="system:ada", answer=Answer.ASKED)
    rules.require_second_pair_of_eyes(asked, otto)
    assert rules.why_not_decide(otto, asked) == ""
    assert "You proposed this" in rules.why_not_decide(ada, asked)
    nobody = system("nobody", may=frozenset())
    assert "Your role does not allow this" in rules.why_not_decide(nobody, asked)


@pytest.mark.parametrize("answer", [Answer.APPROVED, Answer.REJECTED, Answer.VOID])
def test_what_was_answered_is_not_answered_again(answer):
    with pytest.raises(Clash):
        rules.require_asked(Decision(answer=answer))
    with pytest.raises(Clash):
        rules.require_asked(None)
    waiting = Decision(answer=Answer.ASKED)
    assert rules.require_asked(waiting) is waiting


def test_there_must_be_something_to_decide_about_and_an_outcome_that_is_known():
    with pytest.raises(Refused, match="nothing in this case"):
        rules.require_something_to_decide([])
    rules.require_something_to_decide([Item()])
    assert rules.require_outcome("cleared") == "cleared"
    with pytest.raises(Invalid, match="not known"):
        rules.require_outcome("perhaps")


@pytest.mark.parametrize("text", ["", "  ", "ab", "x" * 20_001, "a\0bcdefg", "half \ud800 of it"])
def test_words_that_cannot_stand_are_refused(text):
    with pytest.raises(Invalid) as refusal:
        rules.require_rationale(text, called="reason", shortest=3)
    assert refusal.value.where == "reason"


def test_a_rationale_may_have_lines_and_a_title_may_not():
    assert rules.require_rationale("looked\ntwice at it", called="rationale") == "looked\ntwice at it"
    with pytest.raises(Invalid, match="title holds"):
        rules.require_title("two\nlines")
    with pytest.raises(Invalid, match="longer than 500"):
        rules.require_title("x" * 501)
    assert rules.require_title(" Is this us? ") == "Is this us?"


ITEMS = [("evidence", "b", "1" * 64), ("finding", "a", "2" * 64)]


def test_the_digest_does_not_depend_on_the_order_and_on_nothing_else_but_the_contents():
    case = Case(id=uuid4())
    first = rules.shown_digest(case, ITEMS, "cleared", "e\u0301", "ada")
    assert first == rules.shown_digest(case, ITEMS[::-1], "cleared", "\u00e9", "ada")
    others = {
        rules.shown_digest(Case(id=uuid4()), ITEMS, "cleared", "\u00e9", "ada"),
        rules.shown_digest(case, ITEMS[:1], "cleared", "\u00e9", "ada"),
        rules.shown_digest(case, [*ITEMS[:1], ("finding", "a", "3" * 64)], "cleared", "\u00e9", "ada"),
        rules.shown_digest(case, ITEMS, "confirmed", "\u00e9", "ada"),
        rules.shown_digest(case, ITEMS, "cleared", "e", "ada"),
        rules.shown_digest(case, ITEMS, "cleared", "\u00e9", "otto"),
    }
    assert first not in others
    assert len(others) == 6


def test_words_are_counted_as_people_count_them():
    assert rules.words_in(" Not  later than\n72 hours. ") == 5
