"""`muniment source`: acts of law."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from muniment.ops import acting, loading
from muniment.ops.cli.answers import answer, common, table
from muniment.sources import queries
from muniment.sources.actions import Origin
from muniment.sources.formats import eurlex_corpus
from muniment.sources.models import Authenticity, Snapshot, SnapshotKind
from muniment.spine.errors import Absent, Clash, Invalid
from muniment.spine.scope import DEPLOYMENT, tenant_scope

COLUMNS = ("key", "version", "language", "authenticity", "completeness", "sha256", "id")


def told(one: Snapshot) -> dict[str, Any]:
    """Return a snapshot as commands show it."""
    return {
        "id": one.id,
        "kind": one.kind,
        "key": one.key,
        "version": one.version,
        "language": one.language,
        "title": one.title,
        "publisher": one.publisher,
        "authenticity": one.authenticity,
        "completeness": one.completeness,
        "licence": one.licence,
        "source": one.source_uri,
        "sha256": one.sha256,
        "bytes": one.size,
        "counts": one.counts,
        "imported_at": one.imported_at,
    }


def found(key: str, version: str | None, kind: str) -> Snapshot:
    """Return a snapshot by its key, the newest unless a version is named.

    :raises Absent: when there is none.
    """
    with tenant_scope(DEPLOYMENT):
        rows = [one for one in queries.snapshots(kind) if one.key == key and version in (None, one.version)]
    if not rows:
        raise Absent(
            "There is no such source here.",
            todo=f"See: muniment {'list' if kind == 'list' else 'source'} list.",
        )
    return rows[0]


@click.group()
def source() -> None:
    """Acts of law, as their publishers published them."""


@source.command()
@click.argument("place", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice([*loading.ACT_FORMATS, "corpus", "starter"]), required=True
)
@click.option("--key", default="", help="CELEX number of the act.")
@click.option("--version", default="", help="The publisher's label, e.g. OJ:2022-12-27.")
@click.option("--publisher", default="", help="Who published it.")
@click.option(
    "--authenticity", type=click.Choice(Authenticity.values), default="unofficial", show_default=True
)
@click.option("--licence", default="", help="Under which terms.")
@click.option("--source-uri", default="", help="Where it came from.")
@click.option(
    "--all", "whole", is_flag=True, help="Of a corpus: every version and language, not only the newest."
)
@common
def add(*, place: Path, form: str, whole: bool, as_json: bool, **said: str) -> None:
    """Take in an act from a file, or the acts of a folder of EUR-Lex files (corpus) or of the starter package."""
    taken, here = [], 0
    for act in _acts(place, form, whole=whole, **said):
        try:
            taken.append(act.take_in(acting.operator()))
        except Clash:
            # Of a whole folder, what is here already is passed over; of one file, that is the answer.
            if form in loading.ACT_FORMATS:
                raise
            here += 1
    rows = [told(one) for one in taken]
    words = [*table(rows, COLUMNS), f"{len(rows)} taken in, {here} were here already."]
    answer({"taken_in": rows, "here_already": here}, as_json=as_json, words=words)


def _acts(place: Path, form: str, *, whole: bool, **said: str) -> Any:
    if form == "corpus":
        chosen = eurlex_corpus.publications(place) if whole else eurlex_corpus.selected(place)
        return (loading.publication(one) for one in chosen)
    file = loading.read_file(place)
    if form == "starter":
        return loading.starter_acts(file.data)
    if not said["version"] or not said["publisher"]:
        raise Invalid(
            "Nobody says which version this is and who published it.", todo="Give --version and --publisher."
        )
    parsed = loading.ACT_FORMATS[form](file.data, celex=said["key"] or None)
    origin = Origin(
        key=parsed.celex,
        version=said["version"],
        publisher=said["publisher"],
        authenticity=said["authenticity"],
        licence=said["licence"],
        source_uri=said["source_uri"],
    )
    return [loading.Act((file,), parsed, origin)]


@source.command("list")
@common
def listing(*, as_json: bool) -> None:
    """List every act that is here, in every version."""
    with tenant_scope(DEPLOYMENT):
        rows = [told(one) for one in queries.snapshots(SnapshotKind.ACT)]
    words = table(rows, COLUMNS) if rows else ["No act is here yet: muniment source add."]
    answer({"sources": rows}, as_json=as_json, words=words)


@source.command()
@click.argument("key")
@click.option("--version", help="The version; the newest when not given.")
@click.option("--provision", help="Show the words of one provision, e.g. art_33.par_1.")
@common
def show(*, key: str, version: str | None, provision: str | None, as_json: bool) -> None:
    """Show an act with its provisions, or the words of one of them."""
    act = found(key, version, SnapshotKind.ACT)
    with tenant_scope(DEPLOYMENT):
        if provision is not None:
            row = queries.provision(act, provision)
            words = queries.text_of(act)[row.start : row.end]
            one = {
                "eid": row.eid,
                "start": row.start,
                "end": row.end,
                "sha256": row.verbatim_sha256,
                "text": words,
            }
            answer({**told(act), "provision": one}, as_json=as_json, words=words)
            return
        parts = [
            {"eid": row.eid, "kind": row.kind, "heading": row.heading, "completeness": row.completeness}
            for row in queries.provisions(act)
        ]
    articles = [part for part in parts if part["kind"] == "article"]
    words_ = [act.title, f"{act.publisher}, {act.version}, {act.authenticity}, SHA-256 {act.sha256}"]
    answer(
        {**told(act), "provisions": parts},
        as_json=as_json,
        words=[*words_, *table(articles, ("eid", "heading"))],
    )
