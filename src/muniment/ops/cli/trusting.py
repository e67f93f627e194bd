"""`muniment ledger rotate-key`, `propose-policy`, `accept-policy`, `policy`: whose keys and whose word count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from muniment.ledger import logs
from muniment.ledger.models import Log
from muniment.ledger.trust import accepting, reading, rotation
from muniment.ops import acting
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.somebody import as_somebody
from muniment.proof.errors import Malformed
from muniment.proof.note import LARGEST_NOTE, Key, parse_keys
from muniment.proof.policy import LARGEST_POLICY
from muniment.spine import ports
from muniment.spine.errors import Absent, Invalid
from muniment.spine.scope import DEPLOYMENT


def log_named(origin: str | None) -> Log:
    """Return the log of this name, or the installation's own when none is given.

    :raises Absent: when there is none.
    """
    if origin is None:
        return logs.of(DEPLOYMENT)
    for log in logs.every():
        if log.origin == origin:
            return log
    raise Absent("There is no such log here.", todo="See their names with: muniment ledger checkpoint.")


@click.command("rotate-key")
@click.option("--log", "origin", metavar="NAME", help="The log; the installation's own when none is given.")
@common
def rotate_key(*, origin: str | None, as_json: bool) -> None:
    """Make new keys for a log and announce them under the old ones, which sign beside them for some weeks."""
    log = log_named(origin)
    made = rotation.rotate(acting.operator(log.tenant_id), log, ports.now())
    lines = made.vkeys.splitlines()
    told = {"log": log.origin, "number": made.number, "keys": lines, "until": made.until}
    words = [
        f"New keys of {log.origin}, announced in its log:",
        *lines,
        f"The old ones sign beside them until {made.until.date().isoformat()}, then they are destroyed.",
        "Tell witnesses and auditors: muniment ledger checkpoint --succession gives them what proves it.",
    ]
    answer(told, as_json=as_json, words=words)


@click.command("propose-policy")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common
def propose_policy(*, file: Path, as_json: bool) -> None:
    """Propose whom this installation asks for witness; it is in force once an administrator has accepted it."""
    made = accepting.propose_policy(acting.operator(), body=_text(file))
    told = {"number": made.number, "sha256": made.sha256}
    words = [
        f"Proposed. Its digest: {made.sha256}",
        "An administrator who has seen the file accepts it with: muniment ledger accept-policy.",
    ]
    answer(told, as_json=as_json, words=words)


@click.command("accept-policy")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_somebody
@common
def accept_policy(*, file: Path, actor: Any, as_json: bool) -> None:
    """Accept the witnesses that somebody else proposed, by the file that you have seen yourself."""
    sha256 = accepting.digest_of(_text(file).encode())
    made = accepting.accept_policy(accepting.for_installation(actor), sha256=sha256)
    told = {"number": made.number, "sha256": made.sha256}
    answer(told, as_json=as_json, words=f"In force from now on: {made.sha256}")


@click.command()
@common
def policy(*, as_json: bool) -> int:
    """Print the witnesses in force, and what waits to be accepted; exit 1 when something is not right with them."""
    force = accepting.in_force()
    waits = accepting.waiting()
    told = {
        "sha256": force.sha256,
        "fault": force.fault,
        "waits": None if waits is None else {"sha256": waits.sha256, "file": waits.body},
        "file": accepting.body_in_force(),
    }
    words = [accepting.body_in_force() or "Nobody was named as a witness."]
    if waits is not None:
        words += [f"Proposed, not in force: {waits.sha256}", waits.body]
    if force.fault:
        words.append(f"{force.fault} {force.todo}".rstrip())
    answer(told, as_json=as_json, words=words)
    return 1 if force.fault else 0


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_POLICY + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Invalid("The file cannot be read.", where="FILE") from None


def read_keys(file: Any) -> tuple[Key, ...]:
    """Read a file of trusted keys.

    :raises Invalid: when it cannot be read.
    """
    try:
        return parse_keys(file.read(LARGEST_NOTE + 1))
    except Malformed as why:
        raise Invalid(why.what, todo="Take the keys as you were given them.", where=why.where) from None


def trust_words(told: Sequence[reading.Followed]) -> list[str]:
    """Return what came of holding logs against trusted keys, as lines for people."""
    return [line for one in told for line in (*one.said, *(f"  {fault}" for fault in one.faults))]
