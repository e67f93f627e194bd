"""`muniment ledger timed`: one entry with the proof of its place and of its time, for whoever is outside."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from muniment.ledger import logs
from muniment.ledger.models import Entry
from muniment.ledger.time import asking
from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.exports import write_new
from muniment.proof.entryfile import verify_entry
from muniment.spine.errors import Absent, Clash
from muniment.spine.scope import tenant_scope


@click.command()
@click.argument("entry", type=click.UUID)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file to write; never overwritten."
)
@common
def timed(*, entry: UUID, out: Path, as_json: bool) -> None:
    """Write one entry with the proof of its place and of its time; nothing of it is opened in the file."""
    if out.exists():
        raise Clash("There is a file of that name already.", todo="Choose another name.")
    for log in logs.every():
        with tenant_scope(log.tenant_id):
            found = Entry.objects.filter(id=entry).first()
            if found is not None:
                digest = write_new(out, [asking.entry_file(found)])
                said = str(verify_entry(out).shown["timed"])
                told = {"log": log.origin, "entry": found.idx, "file": out, "sha256": digest, "time": said}
                answer(told, as_json=as_json, words=f"{out}: entry {found.idx}; {said} SHA-256 {digest}")
                return
    raise Absent("There is no such entry here.", todo="An entry that waits gets its place within seconds.")
