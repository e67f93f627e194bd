"""`muniment screen`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from muniment.ops.cli.answers import answer, common, table
from muniment.ops.cli.somebody import as_somebody
from muniment.screening import actions, jobs
from muniment.screening.models import ScreeningRun
from muniment.spine.actor import Actor
from muniment.spine.scope import tenant_scope


def _told(one: ScreeningRun) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "state": one.state,
        "lists": one.lists,
        "counterparties": one.parties,
        "alerts": one.alerts,
        "also_consider": one.considers,
        "clear": one.clears,
        "digest": one.digest,
        "finished_at": one.finished_at,
        "why": one.why,
    }


@click.group()
def screen() -> None:
    """Counterparties held against the lists."""


@screen.command()
@click.option(
    "--exhaustive", is_flag=True, help="Score every entry instead of candidates: slow, and misses nothing."
)
@click.option("--queue", is_flag=True, help="Leave the work to the worker instead of doing it here.")
@as_somebody
@common
def run(*, actor: Actor, exhaustive: bool, queue: bool, as_json: bool) -> int:
    """Compare every counterparty with the newest version of every list."""
    asked = actions.run(actor, exhaustive=exhaustive)
    if not queue:
        with tenant_scope(actor.tenant):
            asked = jobs.perform(asked.id)
    words = f"Screening {asked.number}: {asked.alerts} alerts, {asked.considers} to consider, {asked.clears} clear."
    answer(_told(asked), as_json=as_json, words=[words, asked.why or asked.digest])
    return 1 if asked.why else 0


@screen.command()
@click.argument("run_id", type=click.UUID)
@click.option("--verdict", default="", help="Only results of this kind: alert, consider, clear.")
@click.option("--after", type=click.UUID, help="Go on after this result.")
@click.option(
    "--limit", default=200, type=click.IntRange(1, 1000), show_default=True, help="How many results at most."
)
@as_somebody
@common
def show(*, actor: Actor, run_id: UUID, verdict: str, after: UUID | None, limit: int, as_json: bool) -> None:
    """Show the results of a screening; that they were read is put on record."""
    reading = actions.read(actor, run_id=run_id, verdict=verdict, after=after, limit=limit)
    rows = [
        {
            "id": one.id,
            "reference": one.reference,
            "verdict": one.verdict,
            "best": one.best,
            "alerts": one.alerts,
            "candidates": one.candidates,
        }
        for one in reading.screened
    ]
    run_ = {} if reading.run is None else _told(reading.run)
    words = table(rows, ("reference", "verdict", "best", "id")) if rows else ["There is no such result."]
    answer({**run_, "results": rows}, as_json=as_json, words=words)


@screen.command()
@click.argument("result_id", type=click.UUID)
@as_somebody
@common
def replay(*, actor: Actor, result_id: UUID, as_json: bool) -> int:
    """Recompute a result from its stored inputs; exit 1 when it does not come out the same to the byte."""
    again = actions.replayed(actor, screened_id=result_id)
    told = {"identical": again.identical, "differences": list(again.differences), "rescored": again.rescored}
    words = "The same result, byte for byte." if again.identical else "The result is NOT the same."
    answer(told, as_json=as_json, words=[words, *again.differences])
    return 0 if again.identical else 1
