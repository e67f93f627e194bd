"""`muniment pack`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import click

from muniment.ops.cli.answers import answer, common
from muniment.ops.cli.somebody import as_somebody
from muniment.packs import actions, jobs
from muniment.proof.errors import Malformed, Unreadable
from muniment.proof.examine import verify_pack
from muniment.proof.note import LARGEST_NOTE, parse_keys
from muniment.proof.policy import LARGEST_POLICY, parse_policy
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Busy, Clash, Invalid
from muniment.spine.scope import tenant_scope


@click.group()
def pack() -> None:
    """Proofs of decided cases, for people who need not trust us."""


@pack.command()
@click.argument("case_id", type=click.UUID)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file to write; never overwritten."
)
@click.option("--given-to", required=True, help="Whom the copy is for; put on record.")
@as_somebody
@common
def build(*, actor: Actor, case_id: UUID, out: Path, given_to: str, as_json: bool) -> None:
    """Build the proof of a decided case and write a copy of it."""
    if out.exists():
        raise Clash("There is a file of that name already.", todo="Choose another name.")
    asked = actions.build(actor, case_id=case_id)
    built = jobs.carry_out(actor.tenant, asked.id)
    with tenant_scope(actor.tenant):
        made, pieces = actions.download(actor, pack_id=built.id, given_to=given_to)
        _write(out, pieces)
    told = {"id": made.id, "case": made.case_id, "sha256": made.sha256, "bytes": made.size, "file": out}
    answer(told, as_json=as_json, words=f"{out}: {made.size} bytes, SHA-256 {made.sha256}")


def _write(out: Path, pieces: Iterable[bytes]) -> None:
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        raise Busy("The file cannot be written.", todo="Check the folder and your rights.") from None
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)


@pack.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--trust", type=click.Path(path_type=Path), help="Verifier keys that you obtained apart from the pack."
)
@click.option(
    "--policy", type=click.Path(path_type=Path), help="Whose witness counts for you (C2SP tlog-policy)."
)
@common
def verify(*, file: Path, trust: Path | None, policy: Path | None, as_json: bool) -> int:
    """Verify a proof without an installation; exit 1 when it is refused, 2 when it cannot be read."""
    try:
        report = verify_pack(
            str(file),
            None if trust is None else _keys(trust),
            None if policy is None else _policy(policy),
        )
    except (Unreadable, Malformed) as why:
        raise Busy(str(why)) from None
    answer(report.as_json(), as_json=as_json, words=report.text())
    return 0 if report.verified else 1


def _read(path: Path, trouble: str, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError:
        raise Absent(trouble) from None


def _policy(path: Path) -> bytes:
    raw = _read(path, "The policy cannot be read.", LARGEST_POLICY)
    try:
        parse_policy(raw)
    except Malformed as why:
        raise Invalid(why.what, where=why.where) from None
    return raw


def _keys(path: Path) -> bytes:
    raw = _read(path, "The file of trusted keys cannot be read.", LARGEST_NOTE)
    try:
        parse_keys(raw)
    except Malformed as why:
        raise Invalid("The file of trusted keys holds something else.", where=why.what) from None
    return raw
