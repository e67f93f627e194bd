"""`muniment ledger checks|prune|retention`: what checks found, for how long entries are kept, and their going."""

from __future__ import annotations

from typing import Any

import click

from muniment.ledger import logs, rules, taking
from muniment.ledger.checks import runs
from muniment.ledger.pruning import acts, plan
from muniment.ops.acting import operator
from muniment.ops.cli.answers import answer, common
from muniment.spine.errors import Absent
from muniment.spine.scope import tenant_scope
from muniment.tenants import queries as tenants


def _tenant(slug: str) -> Any:
    for one in tenants.every_tenant():
        if one.slug == slug:
            return one
    raise Absent("There is no tenant of this short name.", todo="See: muniment tenant list.")


@click.command()
@click.option(
    "--run",
    type=click.Choice([str(one) for one in runs.What]),
    help="Check every log now, and keep what came of it.",
)
@common
def checks(*, run: str | None, as_json: bool) -> int:
    """Print what the checks of every log found, the newest first; exit 1 when the last one of a log found a fault."""
    if run is not None:
        runs.check_all(runs.What(run))
    told: list[dict[str, Any]] = []
    words: list[str] = []
    bad = False
    for log in logs.every():
        with tenant_scope(log.tenant_id):
            held = runs.history(most=20)
            rows: list[dict[str, Any]] = [
                {
                    "what": one.what,
                    "at": one.began_at,
                    "size": one.size,
                    "outcome": one.outcome,
                    "faults": list(runs.faults_of(one)),
                    "seconds": one.milliseconds / 1000,
                }
                for one in held
            ]
        bad = bad or bool(held and held[0].outcome not in runs.GOOD)
        told.append({"log": log.origin, "checks": rows})
        words.append(f"{log.origin}:" if rows else f"{log.origin}: never checked")
        for one in rows:
            words.append(
                f"  {one['at']:%Y-%m-%d %H:%M:%S} {one['what']}, {one['size']} entries, {one['seconds']:.1f} s:"
                f" {one['outcome']}"
            )
            words += [f"    {fault}" for fault in one["faults"]]
    answer({"logs": told}, as_json=as_json, words=words)
    return 1 if bad else 0


@click.command()
@common
def prune(*, as_json: bool) -> None:
    """Take away entries whose time is over; nothing that is younger than a year, and no proof becomes invalid."""
    done = [taking.prune(log.tenant_id, operator(log.tenant_id)) for log in logs.living()]
    told = [
        {"log": one.origin, "below": one.below, "gone": one.gone, "bundles": one.bundles, "stops": one.stops}
        for one in done
    ]
    words = []
    for one in done:
        words.append(f"{one.origin}: {one.gone} entries went; the log now begins at {one.below}")
        words += [f"  nothing more was decided: {why}" for why in one.stops]
    answer({"logs": told}, as_json=as_json, words=words)


@click.command()
@click.option("--tenant", "slug", required=True, metavar="NAME", help="Short name of the tenant.")
@click.option("--class", "cls", default="", metavar="CLASS", help="Of this class of entries only.")
@click.option("--months", type=int, help=f"Keep them for so long; {rules.SHORTEST} at least.")
@common
def retention(*, slug: str, cls: str, months: int | None, as_json: bool) -> None:
    """Print for how long a tenant's entries are kept, or change it; nobody can keep them for less than a year."""
    tenant = _tenant(slug)
    if months is not None:
        acts.retain(operator(tenant.id), months=months, cls=cls)
    with tenant_scope(tenant.id):
        chosen = plan.chosen()
    held = {"": rules.USUAL, **chosen}
    words = [f"{name or 'all others'}: {kept} months" for name, kept in sorted(held.items())]
    answer({"months": held, "never": sorted(rules.PERMANENT)}, as_json=as_json, words=words)
