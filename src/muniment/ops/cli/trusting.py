"""`muniment ledger propose-key`, `rotate-key`, `replace-key`, `confirm-key`: how a log gets new keys, by two persons.

Besides `propose-policy`, `accept-policy`, `policy`: whose witness counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from muniment.ledger import lag, logs
from muniment.ledger.models import Log
from muniment.ledger.trust import accepting, reading, replacing, rotation
from muniment.ops import acting
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.somebody import as_somebody
from muniment.proof.errors import Malformed
from muniment.proof.note import LARGEST_NOTE, Key, parse_keys
from muniment.proof.policy import LARGEST_POLICY
from muniment.spine import ports
from muniment.spine.actor import Actor
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


whose_log = click.option(
    "--log", "origin", metavar="NAME", help="The log; the installation's own when none is given."
)


def of_log(actor: Actor, log: Log) -> Actor:
    """Return somebody as one who acts on a log: the installation's own concerns every firm.

    :raises Absent: for the log of another firm.
    """
    acts = accepting.for_installation(actor) if log.tenant_id == DEPLOYMENT else actor
    if acts.tenant != log.tenant_id:
        raise Absent("There is no such log here.", todo="See their names with: muniment ledger checkpoint.")
    return acts


@click.command("propose-key")
@whose_log
@common
def propose_key(*, origin: str | None, as_json: bool) -> None:
    """Make new keys for a log and propose them; they sign nothing before an administrator announces them."""
    log = log_named(origin)
    vkeys = rotation.propose(acting.operator(log.tenant_id), log)
    sha256 = rotation.digest_of(vkeys)
    words = [
        f"New keys of {log.origin}, proposed:",
        *vkeys.splitlines(),
        f"Their digest: {sha256}",
        "An administrator announces them with: muniment ledger rotate-key.",
    ]
    answer({"log": log.origin, "keys": vkeys.splitlines(), "sha256": sha256}, as_json=as_json, words=words)


@click.command("rotate-key")
@click.argument("digest")
@whose_log
@as_somebody
@common
def rotate_key(*, digest: str, origin: str | None, actor: Any, as_json: bool) -> None:
    """Announce the keys that somebody else proposed, by their digest; the old ones sign beside them for some weeks."""
    log = log_named(origin)
    made = rotation.rotate(of_log(actor, log), log, ports.now(), digest)
    lines = made.vkeys.splitlines()
    told = {"log": log.origin, "number": made.number, "keys": lines, "until": made.until}
    words = [
        f"New keys of {log.origin}, announced in its log:",
        *lines,
        f"The old ones sign beside them until {made.until.date().isoformat()}, then they are destroyed.",
        "Tell witnesses and auditors: muniment ledger checkpoint --succession gives them what proves it.",
    ]
    answer(told, as_json=as_json, words=words)


@click.command("replace-key")
@whose_log
@common
def replace_key(*, origin: str | None, as_json: bool) -> None:
    """Replace keys of a log that were stolen, at once; it is shown as unconfirmed until an administrator confirms it.

    What the stolen keys alone signed beyond the last state that a witness has seen does not count any more.
    """
    log = log_named(origin)
    good = lag.last_good(log, ports.now())
    made = replacing.replace(acting.operator(log.tenant_id), log, good)
    lines = made.vkeys.splitlines()
    told = {
        "log": log.origin,
        "number": made.number,
        "keys": lines,
        "good": {"size": good.size, "root": good.root.hex(), "witnessed": good.witnessed},
    }
    words = [
        f"New keys of {log.origin}, announced in its log:",
        *lines,
        f"The log stands by its state at {good.size} entries, "
        + ("the last that a witness has signed:" if good.witnessed else "the last that was published:"),
        good.root.hex(),
        "What the stolen keys alone signed beyond it does not count. Settle now; then tell witnesses and auditors:",
        "muniment ledger checkpoint --succession gives them what proves it.",
        "An administrator confirms it with: muniment ledger confirm-key.",
    ]
    answer(told, as_json=as_json, words=words)


@click.command("confirm-key")
@whose_log
@as_somebody
@common
def confirm_key(*, origin: str | None, actor: Any, as_json: bool) -> None:
    """Confirm that somebody else was right to replace the keys of a log."""
    log = log_named(origin)
    alone = replacing.unconfirmed(log)
    number = alone[-1].number if alone else 0
    replacing.confirm_key(of_log(actor, log), number=number)
    answer({"log": log.origin, "number": number}, as_json=as_json, words="Confirmed.")


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
