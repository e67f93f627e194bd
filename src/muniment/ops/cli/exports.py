"""`muniment ledger export`: entries in a file for another program, with the manifest that proves it to a stranger."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import click

from muniment.ledger import exporting, publish, sequence
from muniment.ledger.exports.asked import FORMS, OUTCOMES, UNBOUNDED, Asked, moment
from muniment.ops.cli import recording
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.somebody import as_somebody
from muniment.proof.standalone import verifier_source
from muniment.spine.actor import Actor
from muniment.spine.errors import Busy, Clash
from muniment.spine.scope import tenant_scope


def manifest_of(out: Path) -> Path:
    """Return where the manifest of an exported file stands: beside it."""
    return out.with_name(f"{out.name}.manifest.json")


@click.command()
@click.option("--format", "form", required=True, type=click.Choice(list(FORMS)), help="What to write.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file to write; never overwritten."
)
@click.option("--from", "since", help="A day or a moment, such as 2030-01-31 or 2030-01-31T12:00:00Z.")
@click.option("--to", "until", help="A day, which is whole, or a moment, which is not in any more.")
@click.option("--actor", "actor_id", default="", help="Only what this person or token did, by identifier.")
@click.option("--kind", default="", help="Only this action, such as cases.decide.")
@click.option("--object", "subject", default="", help="Only what is about this thing, as an entry names it.")
@click.option("--outcome", default="", type=click.Choice(["", *OUTCOMES]), help="Only what ended like this.")
@click.option("--cursor", default="", help="Go on where an earlier export ended.")
@click.option("--limit", default=UNBOUNDED, help="At most so many entries; all of them when it is left out.")
@click.option("--personal", is_flag=True, help="With facts about persons, which are left out otherwise.")
@as_somebody
@common
def export(
    *,
    actor: Actor,
    form: str,
    out: Path,
    since: str | None,
    until: str | None,
    actor_id: str,
    kind: str,
    subject: str,
    outcome: str,
    cursor: str,
    limit: int,
    personal: bool,
    as_json: bool,
) -> None:
    """Write entries of a tenant's ledger to a file, and beside it the manifest that proves it."""
    beside = manifest_of(out)
    if out.exists() or beside.exists():
        raise Clash("There is a file of that name already.", todo="Choose another name.")
    asked = Asked(
        form,
        moment(since) if since else None,
        moment(until, end=True) if until else None,
        actor=actor_id,
        kind=kind,
        subject=subject,
        outcome=outcome,
        cursor=cursor,
        most=limit,
        personal=personal,
    )
    _settle(actor)
    made = exporting.make(actor, asked)
    with tenant_scope(actor.tenant):
        _made, pieces = exporting.stream(actor, export_id=made.id)
        if write_new(out, pieces) != made.sha256:
            out.unlink()
            raise exporting.changed()
    _settle(actor)
    _name, raw = exporting.manifest(actor, export_id=made.id)
    write_new(beside, [raw])
    told = {
        "id": made.id,
        "entries": made.entries,
        "bytes": made.size,
        "sha256": made.sha256,
        "withheld": made.withheld,
        "erased": made.erased,
        "next": made.cursor,
        "file": out,
        "manifest": beside,
    }
    noun = "entry" if made.entries == 1 else "entries"
    words = [
        f"{out}: {made.entries} {noun}, {made.size} bytes, SHA-256 {made.sha256}",
        f"{beside}: its manifest",
    ]
    if made.cursor:
        words.append(f"More is left; go on with --cursor {made.cursor}")
    answer(told, as_json=as_json, words=words)


def _settle(actor: Actor) -> None:
    """Bring what waits under a signed checkpoint, so that it can be exported and proved."""
    sequence.sequence(actor.tenant)
    publish.publish(actor.tenant)


def write_new(out: Path, pieces: Iterable[bytes]) -> str:
    """Write a new file that only its owner may read, once that is on record; returns its SHA-256 in hex."""
    recording.leave()
    digest = hashlib.sha256()
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        raise Busy("The file cannot be written.", todo="Check the folder and your rights.") from None
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()


@click.command()
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file to write; never overwritten."
)
@common
def verifier(*, out: Path, as_json: bool) -> None:
    """Write verify.py, with which a stranger checks exports and packs; hand it over in person."""
    sha256 = write_new(out, [verifier_source().encode("utf-8")])
    answer({"file": out, "sha256": sha256}, as_json=as_json, words=f"{out}: SHA-256 {sha256}")
