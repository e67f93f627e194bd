"""`muniment clock`: what the clock of the machine did, and the word of two people that it is right."""

from __future__ import annotations

from typing import Any

import click

from muniment.ledger import clock as ticking
from muniment.ops.cli import recording
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.somebody import as_somebody
from muniment.spine import ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@click.group()
def clock() -> None:
    """The clock of the machine, and whether it may decide that something is destroyed."""


@clock.command()
@common
def show(*, as_json: bool) -> int:
    """Print how the clock stands; exit 1 while nothing is destroyed because it jumped."""
    ticking.look()
    recording.beside()
    with tenant_scope(DEPLOYMENT):
        found = ticking.state()
    now = ports.now()
    jump = found.jump
    told = {
        "now": now,
        "seen": found.seen,
        "trusted": found.trusted,
        "jump": None
        if jump is None
        else {"number": jump.number, "before": jump.before, "showed": jump.at, "seconds": jump.seconds},
    }
    words = [f"The clock shows {now.isoformat(timespec='seconds')}."]
    if jump is not None:
        before, showed = (one.isoformat(timespec="seconds") for one in (jump.before, jump.at))
        words += [
            f"Jump {jump.number}: last seen at {before}, it then showed {showed}, {jump.seconds} s too much.",
            "Nothing is destroyed until two people of a tenant say that it is right:",
            f"muniment clock propose {jump.number}, then muniment clock confirm {jump.number}.",
        ]
    answer(told, as_json=as_json, words=words)
    return 0 if found.trusted else 1


@clock.command()
@click.argument("jump", type=click.IntRange(1))
@as_somebody
@common
def propose(*, actor: Any, jump: int, as_json: bool) -> None:
    """Say, as the first of two people, that the clock is right in spite of this jump."""
    made = ticking.propose_clock(actor, jump=jump)
    answer(
        {"jump": made.jump, "proposed_by": made.proposed_by, "proposed_at": made.proposed_at},
        as_json=as_json,
        words="It is on record. A second person confirms it.",
    )


@clock.command()
@click.argument("jump", type=click.IntRange(1))
@as_somebody
@common
def confirm(*, actor: Any, jump: int, as_json: bool) -> None:
    """Confirm, as the second of two people, that the clock is right; then it decides again."""
    made = ticking.confirm_clock(actor, jump=jump)
    answer(
        {"jump": made.jump, "confirmed_by": made.confirmed_by, "confirmed_at": made.confirmed_at},
        as_json=as_json,
        words="The clock is confirmed for your tenant.",
    )
