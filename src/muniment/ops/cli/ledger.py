"""`muniment ledger`: give waiting entries their place, verify everything, show the signed heads, export."""

from __future__ import annotations

from typing import Any

import click

from muniment.ledger import logs, publish
from muniment.ledger import verify as checking
from muniment.ledger.models import Checkpoint
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.exports import export, verifier
from muniment.spine.scope import tenant_scope


@click.group()
def ledger() -> None:
    """The record of everything that was done."""


@ledger.command()
@common
def settle(*, as_json: bool) -> None:
    """Give every waiting entry its place, and publish and sign every log."""
    done = publish.settle()
    told = [
        {
            "tenant": one.tenant,
            "log": one.origin,
            "sequenced": one.sequenced,
            "size": one.size,
            "root": one.root,
        }
        for one in done
    ]
    words = [f"{one.origin}: {one.sequenced} new, {one.size} entries, root {one.root}" for one in done]
    answer({"logs": told}, as_json=as_json, words=words)


@ledger.command()
@click.option(
    "--deep", is_flag=True, help="Also open each entry and hold every row and stored file against it."
)
@common
def verify(*, deep: bool, as_json: bool) -> int:
    """Check every log against itself; exit 1 when something does not hold, and name it."""
    found = checking.verify(deep=deep)
    origins = {log.tenant_id: log.origin for log in logs.every()}
    told: list[dict[str, Any]] = []
    words = []
    for tenant, one in found.items():
        told.append(
            {
                "tenant": tenant,
                "log": origins[tenant],
                "entries": one.entries,
                "rows": one.rows,
                "holds": one.holds,
                "faults": one.faults,
            }
        )
        state = "holds" if one.holds else "DOES NOT HOLD"
        words.append(
            f"{origins[tenant]}: {state}; {one.entries} entries" + (f", {one.rows} rows" if deep else "")
        )
        words += [f"  {fault}" for fault in one.faults]
    holds = all(one.holds for one in found.values())
    words.append("Everything holds." if holds else "Something does not hold: see the lines above.")
    answer({"holds": holds, "deep": deep, "logs": told}, as_json=as_json, words=words)
    return 0 if holds else 1


@ledger.command()
@common
def checkpoint(*, as_json: bool) -> None:
    """Print the newest signed head of every log."""
    told = []
    words = []
    for log in logs.every():
        with tenant_scope(log.tenant_id):
            newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
        note = "" if newest is None else newest.note
        told.append({"tenant": log.tenant_id, "log": log.origin, "keys": log.vkeys, "checkpoint": note})
        words.append(note or f"{log.origin}: nothing was published yet")
    answer({"checkpoints": told}, as_json=as_json, words=words)


ledger.add_command(export)
ledger.add_command(verifier)
