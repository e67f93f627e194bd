"""`muniment erase-subject`, `muniment hold` and `muniment close-tenant`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from muniment.ledger import publish
from muniment.lifecycle import actions, closing, executing, leftover, queries
from muniment.lifecycle.models import Basis, Erasure, Hold, HoldOn
from muniment.ops.cli.answers import answer, common, table
from muniment.ops.cli.somebody import as_somebody
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid
from muniment.spine.scope import tenant_scope
from muniment.tenants import queries as tenants

REASON = click.option("--reason", required=True, help="Why; an examiner reads it.")


def _told(one: Erasure) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "kind": one.kind,
        "target": one.target,
        "state": one.state,
        "basis": one.basis,
        "asked_by": one.asked_by,
        "asked_at": one.asked_at,
        "answered_by": one.answered_by,
        "executed_at": one.executed_at,
        "unreadable": one.counts,
        "held": one.held,
    }


@click.group("erase-subject")
def erase_subject() -> None:
    """Erase somebody's data: one person asks, another one confirms."""


@erase_subject.command()
@click.argument("target", type=click.UUID)
@click.option("--basis", required=True, type=click.Choice(Basis.values), help="Legal basis.")
@click.option("--asked-for", required=True, help="Who asks, as the firm knows it.")
@REASON
@as_somebody
@common
def ask(*, actor: Actor, target: UUID, basis: str, asked_for: str, reason: str, as_json: bool) -> None:
    """Ask that the data of a counterparty, an account or the whole organisation (by its identifier) be erased."""
    made = actions.ask_erasure(actor, target=target, basis=basis, asked_for=asked_for, reason=reason)
    words = f"Erasure {made.number} is asked for; another person confirms it: {made.id}"
    answer(_told(made), as_json=as_json, words=words)


@erase_subject.command("answer")
@click.argument("erasure_id", type=click.UUID)
@click.option("--approve/--reject", required=True, default=None, help="Order it, or refuse it.")
@REASON
@as_somebody
@common
def answer_(*, actor: Actor, erasure_id: UUID, approve: bool, reason: str, as_json: bool) -> None:
    """Order what another person asked for, which is carried out at once and cannot be taken back; or refuse it."""
    made = actions.answer_erasure(actor, erasure_id=erasure_id, approve=approve, reason=reason)
    if approve and made.kind != "tenant":
        made = executing.carry_out(actor.tenant, made.id)
    words = f"Erasure {made.number} is {made.get_state_display()}."
    answer(_told(made), as_json=as_json, words=words)


@erase_subject.command("list")
@as_somebody
@common
def listing(*, actor: Actor, as_json: bool) -> None:
    """List what was asked for, ordered and carried out; that it was looked at is put on record."""
    actions.read(actor)
    with tenant_scope(actor.tenant):
        rows = [_told(one) for one in queries.erasures()]
    words = (
        table(rows, ("number", "state", "kind", "basis", "executed_at", "id"))
        if rows
        else ["Nothing was erased."]
    )
    answer({"erasures": rows}, as_json=as_json, words=words)


@erase_subject.command()
@click.argument("erasure_id", type=click.UUID)
@click.option("--to", "file", required=True, type=click.Path(path_type=Path), help="The file to write.")
@as_somebody
@common
def certificate(*, actor: Actor, erasure_id: UUID, file: Path, as_json: bool) -> None:
    """Write the certificate, which anybody verifies with: python3 verify.py FILE --certificate --trust KEYS."""
    found = actions.read(actor, erasure_id=erasure_id)
    assert found is not None  # noqa: S101  # an order was asked for
    with tenant_scope(actor.tenant):
        raw = queries.certificate(found.order)
    _write(file, raw)
    answer({"file": file, "bytes": len(raw)}, as_json=as_json, words=f"The certificate stands in {file}.")


@erase_subject.command()
@common
def clean(*, as_json: bool) -> None:
    """Rewrite what holds deleted rows, as the owner of the tables, when an erasure could not do it itself."""
    cleaned = leftover.clean(closing.operator())
    assert cleaned is not None  # noqa: S101  # somebody asks for it
    told = cleaned.told()
    answer(
        {"cleaned": told, "done": cleaned.at is not None},
        as_json=as_json,
        words=f"The pages of the database: {told}.",
    )
    if cleaned.at is None:
        raise SystemExit(1)


@erase_subject.command()
@common
def resume(*, as_json: bool) -> None:
    """Hold the erasure journal against keys and tables, as each start does, and finish what was broken off."""
    done = closing.catch_up_all()
    answer({"done": done}, as_json=as_json, words=f"{done} orders needed something.")


def _write(file: Path, raw: bytes) -> None:
    try:
        with file.open("xb") as out:
            out.write(raw)
    except OSError:
        raise Invalid(
            "The file cannot be written, or is there already.", todo="Choose another name.", where="--to"
        ) from None


def _told_hold(one: Hold) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "on": one.on,
        "target": one.target,
        "placed_by": one.placed_by,
        "placed_at": one.placed_at,
        "lift_asked_by": one.lift_asked_by,
        "lifted_by": one.lifted_by,
        "lifted_at": one.lifted_at,
    }


@click.group()
def hold() -> None:
    """Legal holds: what must not be erased."""


@hold.command()
@click.option("--on", required=True, type=click.Choice(HoldOn.values), help="What is kept.")
@click.option("--target", type=click.UUID, help="The person or the case.")
@REASON
@as_somebody
@common
def place(*, actor: Actor, on: str, target: UUID | None, reason: str, as_json: bool) -> None:
    """Keep a person's data, a case or everything from being erased."""
    made = actions.place_hold(actor, on=on, target=target, reason=reason)
    answer(_told_hold(made), as_json=as_json, words=f"Hold {made.number} is placed: {made.id}")


@hold.command("ask-lift")
@click.argument("hold_id", type=click.UUID)
@REASON
@as_somebody
@common
def ask_lift(*, actor: Actor, hold_id: UUID, reason: str, as_json: bool) -> None:
    """Ask that a hold be lifted; another person confirms."""
    made = actions.ask_lift(actor, hold_id=hold_id, reason=reason)
    answer(_told_hold(made), as_json=as_json, words=f"Hold {made.number}: another person lifts it.")


@hold.command()
@click.argument("hold_id", type=click.UUID)
@as_somebody
@common
def lift(*, actor: Actor, hold_id: UUID, as_json: bool) -> None:
    """Lift a hold that another person asked to lift."""
    made = actions.lift_hold(actor, hold_id=hold_id)
    answer(_told_hold(made), as_json=as_json, words=f"Hold {made.number} is lifted.")


@hold.command("list")
@as_somebody
@common
def holds(*, actor: Actor, as_json: bool) -> None:
    """List the holds, those in force first; that they were looked at is put on record."""
    actions.read(actor)
    with tenant_scope(actor.tenant):
        rows = [_told_hold(one) for one in queries.holds()]
    words = (
        table(rows, ("number", "on", "target", "placed_at", "lifted_at", "id"))
        if rows
        else ["There is no hold."]
    )
    answer({"holds": rows}, as_json=as_json, words=words)


@click.command("close-tenant")
@click.option("--slug", required=True, help="Short name of the organisation.")
@click.option("--to", "file", type=click.Path(path_type=Path), help="Write the certificate into this file.")
@common
def close_tenant(*, slug: str, file: Path | None, as_json: bool) -> None:
    """Close an organisation as two of its people ordered: remove its rows, destroy its keys, certify it."""
    tenant = tenants.named(slug).id
    closing.close(tenant)
    publish.settle()
    if file is not None:
        _write(file, closing.certificate(tenant))
    answer(
        {"tenant": tenant, "closed": True, "certificate": file}, as_json=as_json, words=f"{slug} is closed."
    )
