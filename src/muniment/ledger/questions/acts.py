"""Keeping a question under a name, and giving it up; both are on record, as everything that a page changes."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from muniment.ledger.action import Act, action
from muniment.ledger.questions import known
from muniment.ledger.tables.questions import Question
from muniment.ledger.words import Sealed
from muniment.spine.errors import Absent, Refused
from muniment.spine.wording import require_wording

LONGEST_NAME = 80
MOST_KEPT = 100


@action(
    "ledger.keep_question", cls="tenant.change", says="{actor} kept a question to the ledger under a name"
)
def keep_question(act: Act, *, name: str, asked: Mapping[str, str], shared: bool) -> Question:
    """Keep a filter of the ledger under a name.

    :param asked: fields of the address by name. :param shared: whether everybody here sees it.
    :raises Invalid: for a name that is none, or a filter that asks for nothing.
    :raises Refused: when this person keeps a hundred already.
    """
    name = require_wording(
        name,
        called="name",
        field="name",
        shortest=3,
        longest=LONGEST_NAME,
        todo=f"Write in 3 to {LONGEST_NAME} characters what the question asks.",
    )
    known.require_question(asked)
    if Question.objects.filter(kept_by=act.actor.id).count() >= MOST_KEPT:
        raise Refused("You keep a hundred questions already.", todo="Give one up first.")
    made: Question = Question.objects.create(
        name=name, **known.parted(asked), shared=shared, kept_by=act.actor.id, kept_at=act.now
    )
    # What somebody keeps for themselves is nobody else's business, also on record.
    told = {"name": Sealed(name), "asked": Sealed(dict(asked))} if shared else {}
    act.record(made, shared=shared, **told)
    return made


@action("ledger.drop_question", cls="tenant.change", says="{actor} gave up a kept question to the ledger")
def drop_question(act: Act, *, question_id: UUID) -> None:
    """Give up a question that one kept oneself.

    :raises Absent: when there is none, or it is somebody else's own.
    :raises Refused: when somebody else shares it.
    """
    held: Question | None = Question.objects.select_for_update().filter(id=question_id).first()
    if held is None or (held.kept_by != act.actor.id and not held.shared):
        raise Absent
    if held.kept_by != act.actor.id:
        raise Refused("Somebody else keeps this question.", todo="Ask them to give it up.")
    act.record(held, shared=held.shared)
    held.delete()
