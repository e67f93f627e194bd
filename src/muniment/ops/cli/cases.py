"""`muniment case`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from muniment.cases import actions, queries
from muniment.cases.models import Case, Outcome
from muniment.ops.cli.answers import answer, common, table
from muniment.ops.cli.somebody import as_somebody
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid


def _told(one: Case) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "title": str(one.title),
        "state": one.state,
        "outcome": one.outcome,
        "opened_at": one.opened_at,
        "due_at": one.due_at,
        "closed_at": one.closed_at,
    }


@click.group()
def case() -> None:
    """What waits for somebody's decision."""


@case.command("list")
@click.option("--state", default="", help="Only cases in this state: open, proposed, decided, withdrawn.")
@as_somebody
@common
def listing(*, actor: Actor, state: str, as_json: bool) -> None:
    """List the cases, those that are due first; that they were read is put on record."""
    rows = [_told(one) for one in actions.read_queue(actor, state=state)]
    words = table(rows, ("number", "state", "title", "due_at", "id")) if rows else ["There is no case."]
    answer({"cases": rows}, as_json=as_json, words=words)


@case.command()
@click.argument("case_id", type=click.UUID)
@as_somebody
@common
def show(*, actor: Actor, case_id: UUID, as_json: bool) -> None:
    """Show a case with everything in it; that it was read is put on record."""
    whole = actions.read(actor, case_id=case_id)
    told = _whole(whole)
    words = [f"Case {told['number']}, {told['state']}: {told['title']}"]
    words += [
        f"  {one['kind']}: {one['title']}{' (changed since)' if one['changed'] else ''}"
        for one in told["items"]
    ]
    words += [
        f"  proposed {one['outcome']}: {one['rationale']} ({one['answer']})" for one in told["decisions"]
    ]
    if whole.shown:
        words.append(f"To decide, give --shown {whole.shown}")
    answer(told, as_json=as_json, words=words)


def _whole(whole: queries.Whole) -> dict[str, Any]:
    return {
        **_told(whole.case),
        "items": [
            {
                "kind": one.item.kind,
                "id": one.item.item_id,
                "title": one.thing.title,
                "digest": one.item.digest,
                "changed": one.changed,
            }
            for one in whole.held
        ],
        "decisions": [
            {
                "id": one.id,
                "outcome": one.outcome,
                "rationale": str(one.rationale),
                "requested_by": one.requested_by,
                "answer": one.answer,
                "decided_by": one.decided_by,
                "reason": None if one.reason is None else str(one.reason),
                "bound_to": one.bound_digest,
            }
            for one in whole.decisions
        ],
        "shown": whole.shown,
    }


@case.command("open")
@click.option("--title", required=True, help="What is to be decided.")
@click.option("--item", "items", multiple=True, help="What it is about: finding/ID, match/ID or evidence/ID.")
@as_somebody
@common
def open_(*, actor: Actor, title: str, items: tuple[str, ...], as_json: bool) -> None:
    """Open a case that waits for somebody's decision."""
    made = actions.open_case(actor, title=title, items=[_item(one) for one in items])
    answer(_told(made), as_json=as_json, words=f"Case {made.number} is open: {made.id}")


def _item(text: str) -> tuple[str, UUID]:
    kind, _, name = text.partition("/")
    try:
        return kind, UUID(name)
    except ValueError:
        raise Invalid("An item is written like finding/ID.", todo="Mend it.", where="--item") from None


@case.command()
@click.argument("case_id", type=click.UUID)
@click.option("--outcome", required=True, type=click.Choice(Outcome.values), help="What is proposed.")
@click.option("--rationale", required=True, help="Why; an examiner reads it.")
@as_somebody
@common
def propose(*, actor: Actor, case_id: UUID, outcome: str, rationale: str, as_json: bool) -> None:
    """Propose an outcome, which somebody else decides. A person does this, never a token."""
    made = actions.propose(actor, case_id=case_id, outcome=outcome, rationale=rationale)
    told = {"id": made.id, "outcome": made.outcome, "shown": made.bound_digest}
    answer(told, as_json=as_json, words=f"Proposed. Whoever decides gives: --shown {made.bound_digest}")


@case.command()
@click.argument("case_id", type=click.UUID)
@click.option("--approve/--reject", required=True, default=None, help="Yes or no to the proposal.")
@click.option("--reason", required=True, help="Why; an examiner reads it.")
@click.option("--shown", required=True, help="Digest of what was shown, from `case show`.")
@as_somebody
@common
def decide(*, actor: Actor, case_id: UUID, approve: bool, reason: str, shown: str, as_json: bool) -> int:
    """Decide what another person proposed. A person does this, never a token."""
    made = actions.decide(actor, case_id=case_id, approve=approve, reason=reason, shown=shown)
    void = made.answer == "void"
    words = (
        "What you were shown has changed: nothing was decided." if void else f"The proposal is {made.answer}."
    )
    answer({"id": made.id, "answer": made.answer, "outcome": made.outcome}, as_json=as_json, words=words)
    return 1 if void else 0
