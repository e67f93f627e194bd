"""`muniment seed`."""

from __future__ import annotations

from dataclasses import asdict

import click

from muniment.ops import seeding
from muniment.ops.cli.answers import answer, common


@click.command()
@click.option("--slug", default="seeded", show_default=True, help="Short name of the tenant.")
@common
def seed(*, slug: str, as_json: bool) -> None:
    """Make an example tenant with one of everything and print the identifier of each; all of it is invented."""
    made = seeding.seed(slug)
    told = {**made.ids, "logins": [asdict(one) for one in made.logins], "api_token": made.token}
    words = [f"{kind}: {name}" for kind, name in made.ids.items()]
    words += [
        f"{one.role}: {one.login}, password {one.password} {one.secret}".rstrip() for one in made.logins
    ]
    answer(told, as_json=as_json, words=[*words, f"token: {made.token}"])
