"""`muniment ledger damage|propose-damage|accept-damage`: damage, accepted by two and named for ever."""

from __future__ import annotations

from typing import Any

import click

from muniment.ledger import logs
from muniment.ledger.damage import acts, found
from muniment.ledger.trust import accepting
from muniment.ops import acting
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.somebody import as_somebody
from muniment.ops.cli.trusting import log_named


@click.command()
@click.option("--log", "origin", metavar="NAME", help="Only this log.")
@common
def damage(*, origin: str | None, as_json: bool) -> int:
    """Look for damage that can be accepted, and print what was proposed already; exit 1 when there is any."""
    told: list[dict[str, Any]] = []
    words: list[str] = []
    for log in logs.living() if origin is None else [log_named(origin)]:
        waits = acts.waiting(log.tenant_id)
        for piece in found.pieces(log.tenant_id):
            by = next((one.proposed_by for one in waits if one.digest == piece.digest), "")
            told.append(
                {
                    "log": log.origin,
                    "name": piece.name,
                    "found": piece.check,
                    "lost": piece.lost,
                    "digest": piece.digest,
                    "proposed_by": by,
                }
            )
            words += [f"{log.origin}: {piece.name}", f"  found: {piece.check}", f"  lost: {piece.lost}"]
            words += [f"  proposed by {by}; to be accepted by another one: {piece.digest}"] if by else []
    answer({"damage": told}, as_json=as_json, words=words or "No damage is found that could be accepted.")
    return 1 if told else 0


@click.command("propose-damage")
@click.argument("name")
@click.option("--reason", required=True, help="Why this damage is to be accepted; it stands in the entry.")
@click.option("--log", "origin", metavar="NAME", help="The log; the installation's own when none is given.")
@common
def propose_damage(*, name: str, reason: str, origin: str | None, as_json: bool) -> None:
    """Propose to accept one piece of damage, by its name; the row is kept as evidence, and nothing else changes."""
    log = log_named(origin)
    made = acts.propose(acting.operator(log.tenant_id), name=name, reason=reason)
    told = {"log": log.origin, "name": made.name, "digest": made.digest, "lost": made.lost}
    words = [
        f"Proposed for {log.origin}: {made.name}",
        f"Lost for good: {made.lost}",
        f"An administrator who agrees confirms it with: muniment ledger accept-damage {made.digest}",
    ]
    answer(told, as_json=as_json, words=words)


@click.command("accept-damage")
@click.argument("digest")
@click.option("--installation", is_flag=True, help="It is damage of the installation's own log.")
@as_somebody
@common
def accept_damage(*, digest: str, installation: bool, actor: Any, as_json: bool) -> None:
    """Accept damage that somebody else proposed: its log goes on, and every later check names what is lost."""
    made = acts.accept_damage(accepting.for_installation(actor) if installation else actor, digest=digest)
    told = {"name": made.name, "digest": made.digest, "lost": made.lost}
    words = [
        f"Accepted: {made.name}",
        f"Lost for good: {made.lost}",
        "The log goes on. Every check names this from now on; see: muniment ledger verify.",
    ]
    answer(told, as_json=as_json, words=words)
