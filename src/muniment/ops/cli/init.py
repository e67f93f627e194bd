"""`muniment init` and `muniment migrate`."""

from __future__ import annotations

import click

from muniment.access.rules import WORKER
from muniment.ops import actions, installing
from muniment.ops.cli.answers import answer, common
from muniment.ops.untold import untold_steps
from muniment.spine.actor import system
from muniment.spine.migrating import migrate as bring_up_to_date


@click.command()
@common
def init(*, as_json: bool) -> None:
    """Make an installation: folders, keys, tables, its own log, a certificate for this machine."""
    made = installing.install()
    told = {"home": made.home, "log": made.origin, "certificate": made.certificate}
    answer(
        told,
        as_json=as_json,
        words=[
            f"The installation is made in {made.home}.",
            f"Its log is called {made.origin}.",
            f"Tell your browser to trust {made.certificate}, then: muniment serve --home {made.home}",
            "Keep the folder keys on another disk than the backups: without it nothing can be read.",
        ],
    )


@click.command()
@common
def migrate(*, as_json: bool) -> None:
    """Bring the tables up to date, as their owner, with all their guards."""
    bring_up_to_date()
    actions.migrate(system("worker", may=WORKER, via="cli"), steps=untold_steps())
    answer({"migrated": True}, as_json=as_json, words="The tables are up to date.")
