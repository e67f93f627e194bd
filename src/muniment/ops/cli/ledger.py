"""`muniment ledger`: give waiting entries their place, verify everything, show the signed heads, export."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from muniment.ledger import lag, logs, publish, tally, witnessing
from muniment.ledger import verify as checking
from muniment.ledger.models import Checkpoint
from muniment.ledger.time import authorities, stamping
from muniment.ledger.trust import reading, rotation
from muniment.ops.cli import receipts, recording, trusting
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.damage import accept_damage, damage, propose_damage
from muniment.ops.cli.exports import export, verifier
from muniment.ops.cli.folders import verify_copy
from muniment.ops.cli.keeping import checks, prune, retention
from muniment.ops.cli.program import require_installation
from muniment.ops.cli.pushing import pushed
from muniment.ops.cli.streams import stream
from muniment.ops.cli.timed import timed
from muniment.spine import ports
from muniment.spine.errors import Absent, Invalid
from muniment.spine.scope import tenant_scope


@click.group()
@click.pass_context
def ledger(ctx: click.Context) -> None:
    """The record of everything that was done."""
    # A copied folder is verified by whoever has it, on a machine without an installation.
    if ctx.invoked_subcommand != "verify" and not ctx.ensure_object(dict).get("help"):
        require_installation()


@ledger.command()
@common
def settle(*, as_json: bool) -> None:
    """Give every waiting entry its place, publish and sign every log, and ask the witnesses if any are named."""
    tally.settle(ports.now(), whole=True)
    done = publish.settle(heads=True)
    asked = witnessing.ask_all(ports.now())
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
    heard = [
        {"log": origin, "size": one.size, "url": each.url, "fault": each.fault, "alarm": each.alarm}
        for origin, one in asked.items()
        for each in one.heard
    ]
    words += [
        f"{one['url']}: {one['fault'] or 'cosigned'} ({one['log']}, {one['size']} entries)" for one in heard
    ]
    answer({"logs": told, "witnesses": heard}, as_json=as_json, words=words)


@ledger.command()
@click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also hold the witnessed heads against this file of logs, witnesses and quorum (C2SP tlog-policy).",
)
@click.option(
    "--trust",
    type=click.File("rb"),
    metavar="FILE",
    help="Also hold the logs against these keys, obtained apart from here, and follow changes of keys from them.",
)
@click.option(
    "--receipt",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Instead, tell whether the receipts in this file were honoured.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Verify a copied folder of one log (or a receipt) instead, by the keys of --trust, without an installation.",
)
@click.option(
    "--checkpoint",
    "kept",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    metavar="FILE",
    help="With --folder: also hold it against a checkpoint that you kept. May be given several times.",
)
@click.option("--hashes-only", is_flag=True, help="With --folder: only the tiles, not the entries.")
@click.option(
    "--deep", is_flag=True, help="Also open each entry and hold every row and stored file against it."
)
@common
def verify(  # one for each option
    *,
    deep: bool,
    policy: Path | None,
    trust: Any,
    receipt: Path | None,
    folder: Path | None,
    kept: tuple[Path, ...],
    hashes_only: bool,
    as_json: bool,
) -> int:
    """Check every log against itself; exit 1 when something does not hold, and name it; 2 when it is not known."""
    recording.must_answer()
    if receipt is not None:
        return _by_receipt(
            receipt, trust, folder, alone=not (deep or policy or kept or hashes_only), as_json=as_json
        )
    trusted = None if policy is None else witnessing.read_policy(policy)
    keys = None if trust is None else trusting.read_keys(trust)
    if folder is not None:
        recording.apart()
        return verify_copy(folder, keys, kept, trusted, hashes_only=hashes_only, as_json=as_json)
    require_installation()
    found = checking.verify(deep=deep)
    origins = {log.tenant_id: log.origin for log in logs.every()}
    told: list[dict[str, Any]] = []
    words = []
    for tenant, one in found.items():
        # Only the installation's own log is looked for where its row is gone.
        origin = origins.get(tenant, "the installation's log")
        told.append(
            {
                "tenant": tenant,
                "log": origin,
                "entries": one.entries,
                "rows": one.rows,
                "holds": one.holds,
                "faults": one.faults,
                "accepted": one.accepted,
                "not_held": one.not_held,
            }
        )
        state = "holds" if one.holds else "DOES NOT HOLD"
        state += ", but for accepted damage" if one.accepted and one.holds else ""
        words.append(f"{origin}: {state}; {one.entries} entries" + (f", {one.rows} rows" if deep else ""))
        words += [f"  {line}" for line in (*one.faults, *one.accepted, *one.not_held)]
    verdicts = [] if trusted is None else list(lag.judge(trusted))
    for verdict in verdicts:
        words.append(f"{verdict.origin}: {verdict.fault or f'witnessed up to {verdict.size} entries'}")
    turns = [] if keys is None else reading.follow(keys)
    words += trusting.trust_words(turns)
    marks = [one.holds for one in found.values()] + [one.holds for one in verdicts]
    marks += [not one.faults for one in turns]
    holds = False if False in marks else None if None in marks else True
    but = (
        ", but for the damage that two persons accepted"
        if any(one.accepted for one in found.values())
        else ""
    )
    ends = {True: f"Everything holds{but}.", None: "Not everything could be checked: see the lines above."}
    words.append(ends.get(holds, "Something does not hold: see the lines above."))
    recording.came({True: "holds", None: "not known"}.get(holds, "does not hold"))
    witnessed = [asdict(one) for one in verdicts] if trusted is not None else None
    followed = [asdict(one) for one in turns] if keys is not None else None
    whole = {"holds": holds, "deep": deep, "logs": told, "witnessed": witnessed, "trusted": followed}
    answer(whole, as_json=as_json, words=words)
    return {True: 0, False: 1, None: 2}[holds]


def _by_receipt(receipt: Path, trust: Any, folder: Path | None, *, alone: bool, as_json: bool) -> int:
    if not alone or (folder is not None and trust is None):
        raise Invalid(
            "--receipt stands alone, or with --trust, or with --trust and --folder.",
            todo="See: muniment ledger verify --help.",
        )
    if folder is None:
        require_installation()
    else:
        recording.apart()
    return receipts.verify(receipt, trusting.read_keys(trust) if trust else (), folder, as_json=as_json)


@ledger.command()
@click.option(
    "--keys",
    is_flag=True,
    help="Print the public keys of the installation's log, for witnesses and auditors.",
)
@click.option(
    "--succession",
    is_flag=True,
    help="Print the file by which whoever has the log's older keys learns the newer ones.",
)
@click.option(
    "--log", "origin", metavar="NAME", help="With these two: another log than the installation's own."
)
@common
def checkpoint(*, keys: bool, succession: bool, origin: str | None, as_json: bool) -> None:
    """Print the newest signed head of every log."""
    if keys or succession:
        own = trusting.log_named(origin)
        if succession:
            told_to = rotation.succession(own).decode()
            answer({"log": own.origin, "succession": told_to}, as_json=as_json, words=told_to)
            return
        lines = own.vkeys.splitlines()
        answer({"log": own.origin, "keys": lines}, as_json=as_json, words=lines)
        return
    told = []
    words = []
    for log in logs.every():
        with tenant_scope(log.tenant_id):
            newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
        note = "" if newest is None else newest.note
        told.append({"tenant": log.tenant_id, "log": log.origin, "keys": log.vkeys, "checkpoint": note})
        words.append(note or f"{log.origin}: nothing was published yet")
    answer({"checkpoints": told}, as_json=as_json, words=words)


for one in (
    trusting.propose_key,
    trusting.rotate_key,
    trusting.replace_key,
    trusting.confirm_key,
    trusting.propose_policy,
    trusting.accept_policy,
    trusting.policy,
):
    ledger.add_command(one)
for one in (damage, propose_damage, accept_damage):
    ledger.add_command(one)
ledger.add_command(checks)


@ledger.command()
@common
def stamp(*, as_json: bool) -> int:
    """Ask the time-stamp authorities of the settings now; exit 1 when one gave no token."""
    if not any(one.url for one in authorities.named()):
        raise Absent(
            "No time-stamp authority is named.", todo="Name one with MUNIMENT_TIMESTAMP_AUTHORITIES."
        )
    publish.settle()
    heard = stamping.ask()
    publish.settle()
    told = [{**asdict(one), "at": one.at} for one in heard]
    words = [
        f"{one.name}: {one.fault}"
        if one.fault
        else f"{one.name}{' (test authority)' if one.test else ''} time-stamped {one.size} entries: {one.digest}"
        for one in heard
    ]
    answer({"time_stamps": told}, as_json=as_json, words=words or "Nothing was published yet.")
    return 1 if any(one.fault for one in heard) else 0


ledger.add_command(export)
ledger.add_command(prune)
ledger.add_command(retention)
ledger.add_command(verifier)
ledger.add_command(stream)
ledger.add_command(timed)
ledger.add_command(receipts.receipt)


ledger.add_command(pushed)
