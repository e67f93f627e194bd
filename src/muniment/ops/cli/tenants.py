"""`muniment tenant`."""

from __future__ import annotations

import click

from muniment.ops import acting
from muniment.ops.cli import recording
from muniment.ops.cli.answers import answer, common, complain, table
from muniment.tenants import actions, queries


@click.group()
def tenant() -> None:
    """Tenants of this installation."""


@tenant.command()
@click.option("--name", required=True, help="What the organisation is called.")
@click.option("--slug", required=True, help="Short name in lower-case letters, digits and hyphens.")
@common
def create(*, name: str, slug: str, as_json: bool) -> None:
    """Make a tenant with its own key and its own log."""
    for one in actions.clear_unfinished(acting.operator()):
        complain(f"The keys of the tenant {one}, which was begun and never made, were taken away.")
    recording.beside()
    made = actions.found(acting.operator(), name=name, slug=slug)
    told = {"id": made.id, "name": made.name, "slug": made.slug}
    answer(told, as_json=as_json, words=f"{made.name} is there, with the identifier {made.id}.")


@tenant.command("list")
@common
def listing(*, as_json: bool) -> None:
    """List all tenants."""
    rows = [
        {"id": one.id, "slug": one.slug, "name": one.name, "since": one.created_at}
        for one in queries.every_tenant()
    ]
    words = (
        table(rows, ("slug", "name", "id")) if rows else ["There is no tenant yet: muniment tenant create."]
    )
    answer({"tenants": rows}, as_json=as_json, words=words)
