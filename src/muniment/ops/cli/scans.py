"""`muniment scan` and `muniment replay`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import click

from muniment.ops import acting
from muniment.ops.cli.answers import answer, common, table
from muniment.ops.cli.somebody import as_somebody
from muniment.scans import actions, jobs, queries
from muniment.scans.models import Finding, Scan
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent
from muniment.spine.scope import tenant_scope
from muniment.tenants import queries as tenants


def _told(one: Scan) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "state": one.state,
        "acts": [{"key": key, "snapshot": snapshot, "sha256": digest} for key, snapshot, digest in one.acts],
        "documents": len(one.documents),
        "counts": one.counts,
        "digest": one.digest,
        "requested_at": one.requested_at,
        "finished_at": one.finished_at,
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "id": one.id,
        "act": one.act,
        "provision": one.eid,
        "duty": one.duty_key,
        "status": one.status,
        "confidence": one.confidence,
        "why": str(one.why),
        "law": {"sha256": one.law_digest, "start": one.law_start, "end": one.law_end, "quote": one.law_quote},
        "document": None
        if one.version_id is None
        else {
            "version": one.version_id,
            "sha256": one.version_digest,
            "page": one.page,
            "start": one.start,
            "end": one.end,
            "quote": str(one.quote),
        },
        "digest": one.digest,
    }


@click.group()
def scan() -> None:
    """Duties of the law held against a tenant's documents."""


@scan.command()
@click.option(
    "--act", "keys", multiple=True, required=True, help="CELEX number; may be given more than once."
)
@click.option("--queue", is_flag=True, help="Leave the work to the worker instead of doing it here.")
@as_somebody
@common
def run(*, actor: Actor, keys: tuple[str, ...], queue: bool, as_json: bool) -> None:
    """Hold the newest versions of the named acts against every document of the tenant."""
    with tenant_scope(actor.tenant):
        known = {one.key: one.id for one in queries.act_choices()}
    missing = [key for key in keys if key not in known]
    if missing:
        raise Absent(
            "There is no such act here.", todo="See: muniment source list.", where=", ".join(missing)
        )
    asked = actions.run(actor, snapshots=[known[key] for key in keys])
    done = asked if queue else jobs.carry_out(actor.tenant, asked.id)
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in done.counts.items())
    words = f"Scan {done.number}: {counts or 'waits for the worker'}. {done.digest}".rstrip()
    answer(_told(done), as_json=as_json, words=words)


@scan.command()
@click.argument("scan_id", type=click.UUID)
@click.option("--status", help="Only findings of this status.")
@as_somebody
@common
def show(*, actor: Actor, scan_id: UUID, status: str | None, as_json: bool) -> None:
    """Show a scan with its findings; that they were read is put on record."""
    one, findings = actions.read(actor, scan_id=scan_id)
    with tenant_scope(actor.tenant):
        rows = [_finding(found) for found in findings if status in (None, found.status)]
    words = [
        f"Scan {one.number}, {one.state}. {one.digest}",
        *table(rows, ("act", "provision", "status", "why")),
    ]
    answer({**_told(one), "findings": rows}, as_json=as_json, words=words)


@click.command()
@click.argument("scan_id", type=click.UUID)
@click.option("--tenant", required=True, help="Short name of the tenant.")
@common
def replay(*, scan_id: UUID, tenant: str, as_json: bool) -> int:
    """Do a scan again from the stored bytes; exit 1 when the findings are not the same to the byte."""
    again = jobs.replay(acting.operator(tenants.named(tenant).id).tenant, scan_id)
    words = "The same findings, byte for byte." if again.same else "The findings are NOT the same."
    told = {"same": again.same, "recorded": again.recorded, "again": again.again}
    answer(told, as_json=as_json, words=f"{words}\nrecorded {again.recorded}\nagain    {again.again}")
    return 0 if again.same else 1
