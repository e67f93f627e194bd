"""`muniment list`: lists of parties."""

from __future__ import annotations

from pathlib import Path

import click

from muniment.ops import acting, loading
from muniment.ops.cli.answers import answer, common, table
from muniment.ops.cli.sources import found, told
from muniment.sources import queries
from muniment.sources.models import Authenticity, SnapshotKind
from muniment.spine.errors import Absent
from muniment.spine.scope import DEPLOYMENT, tenant_scope

COLUMNS = ("key", "version", "authenticity", "sha256", "id")


@click.group("list")
def lists() -> None:
    """Lists of parties, as their publishers published them."""


@lists.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice([*loading.LIST_FORMATS, "invented"]), required=True)
@click.option(
    "--key", default="", help="What the list is called here; the publisher's own name when not given."
)
@click.option("--version", default="", help="The publisher's label; the date in the file when it has one.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--title", default="", help="What the publisher calls it.")
@click.option(
    "--authenticity", type=click.Choice(Authenticity.values), default="unofficial", show_default=True
)
@click.option("--licence", default="", help="Under which terms.")
@click.option("--source-uri", default="", help="Where it came from.")
@click.option(
    "--accept-shrinking", is_flag=True, help="Take it in although it lost more than a tenth of its entries."
)
@common
def add(*, files: tuple[Path, ...], form: str, accept_shrinking: bool, as_json: bool, **said: str) -> None:
    """Take in a list: OFAC in one to three CSV files (names, aliases, addresses), UN XML, or FollowTheMoney lines.

    A list that is empty or shrank by more than a tenth is not taken in; nothing changes then.
    """
    if form == "invented":
        held = loading.invented_list()
    else:
        held = loading.read_list(form, [loading.read_file(path) for path in files], **said)
    made = held.take_in(acting.operator(), accept_shrinking=accept_shrinking)
    rejects = [{"where": one.where, "why": one.why} for one in held.parsed.rejects]
    words = [
        f"{made.key}, {made.version}: {len(held.parsed.entities)} entries, {len(rejects)} lines left out."
    ]
    words += [f"  {one['where']}: {one['why']}" for one in rejects[:20]]
    answer({**told(made), "rejects": rejects}, as_json=as_json, words=words)


@lists.command("list")
@common
def listing(*, as_json: bool) -> None:
    """List every list that is here, in every version."""
    with tenant_scope(DEPLOYMENT):
        rows = [told(one) for one in queries.snapshots(SnapshotKind.LIST)]
    words = table(rows, COLUMNS) if rows else ["No list is here yet: muniment list add."]
    answer({"lists": rows}, as_json=as_json, words=words)


@lists.command()
@click.argument("key")
@click.option("--old", help="The older version; the last but one when not given.")
@click.option("--new", help="The newer version; the newest when not given.")
@common
def diff(*, key: str, old: str | None, new: str | None, as_json: bool) -> None:
    """Show what a newer version of a list added, changed and removed."""
    newer = found(key, new, SnapshotKind.LIST)
    with tenant_scope(DEPLOYMENT):
        rows = [one for one in queries.snapshots(SnapshotKind.LIST) if one.key == key and one.id != newer.id]
        rows = [one for one in rows if old in (None, one.version) and one.imported_at <= newer.imported_at]
        if not rows:
            raise Absent("There is no older version to compare with.", todo="Take one in first.")
        changes = queries.difference(rows[0], newer)
    counts = {op: sum(one.op == op for one in changes) for op in ("ADD", "MOD", "DEL")}
    words = [
        f"{rows[0].version} to {newer.version}: {counts['ADD']} added, {counts['MOD']} changed, {counts['DEL']} removed"
    ]
    words += [f"{one.op} {one.entity_id}" for one in changes]
    listed = [{"op": one.op, "id": one.entity_id} for one in changes]
    answer(
        {"old": rows[0].version, "new": newer.version, "counts": counts, "changes": listed},
        as_json=as_json,
        words=words,
    )
