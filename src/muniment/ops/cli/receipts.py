"""`muniment ledger verify --receipt`, `muniment ledger receipt`: what was promised, held against the log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from muniment.ledger import logs, receipts
from muniment.ledger.models import Entry, Outbox
from muniment.ops.cli.answers import answer, common
from muniment.proof import honoured
from muniment.proof.errors import Malformed
from muniment.proof.note import Key
from muniment.proof.receipt import LARGEST_RECEIPT, MOST_RECEIPTS, split_receipts
from muniment.spine import ports
from muniment.spine.errors import Absent, Clash, Invalid
from muniment.spine.scope import tenant_scope


def verify(file: Path, trusted: tuple[Key, ...], folder: Path | None, *, as_json: bool) -> int:
    """Hold every receipt of a file against this installation, or against the copy of a log's folder.

    :returns: 0 when all were honoured, 1 when one was not or is forged, 2 when it cannot be told (yet).
    :raises Invalid: when a receipt cannot be read, or the folder's head is not signed by the trusted keys.
    """
    try:
        judged = [
            receipts.judge(raw, ports.now(), trusted)
            if folder is None
            else honoured.judge_copy(raw, folder, trusted)
            for raw in read_receipts(file)
        ]
    except Malformed as why:
        raise Invalid(
            why.what, todo="See that receipt, log and keys belong together.", where=why.where
        ) from None
    words = [f"{receipt.entry}: {verdict.state.upper()}. {verdict.said}" for receipt, verdict in judged]
    told = [honoured.told_of(receipt, verdict) for receipt, verdict in judged]
    answer({"receipts": told}, as_json=as_json, words=words)
    ends = {honoured.ENDS[verdict.state] for _, verdict in judged}
    return 1 if 1 in ends else max(ends)


def read_receipts(file: Path) -> Sequence[bytes]:
    """Return the receipts of a file.

    :raises Invalid: when it cannot be read or holds none.
    """
    try:
        return split_receipts(honoured.read_file(file, LARGEST_RECEIPT * MOST_RECEIPTS))
    except Malformed as why:
        raise Invalid(why.what, todo="Give the file as it was handed out.", where="--receipt") from None


@click.command()
@click.argument("entry", type=click.UUID)
@common
def receipt(*, entry: UUID, as_json: bool) -> None:
    """Print the signed receipt of one entry, while it waits as well as later."""
    for log in logs.every():
        with tenant_scope(log.tenant_id):
            for table in (Outbox, Entry):
                found = table.objects.filter(id=entry).first()
                if found is not None:
                    text = receipts.of_event(found).decode()
                    answer({"log": log.origin, "receipt": text}, as_json=as_json, words=text)
                    return
    raise Absent("There is no such entry here.")


def begin(file: Path) -> Any:
    """Make the file that receipts are to stand in, before anything is done that they would be about.

    :raises Clash: when it is there already. :raises Invalid: when it cannot be made.
    """
    try:
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise Clash("The file for the receipts is there already.", todo="Name a new one.") from None
    except OSError:
        raise Invalid("The file for the receipts cannot be made.", where="--receipt") from None


def save(opened: Any, tenant: UUID, events: Sequence[UUID]) -> None:
    """Write the receipts of what was put on record; the promise of each stays what it is if this fails.

    :raises Invalid: when they cannot be written.
    """
    try:
        opened.write(b"".join(receipts.of_answer(tenant, events)))
        opened.flush()
    except OSError:
        raise Invalid(
            "It is done and on record, but its receipts could not be written.",
            todo="Ask for them again: muniment ledger receipt " + " ".join(str(one) for one in events),
            where="--receipt",
        ) from None
