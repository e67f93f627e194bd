"""The pages of public law and lists: what was taken in, from whom, and the text of each act to read and cite.

Sources are the deployment's and public within it, so reading them is not put on record.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from muniment.sources import naming, queries, rules
from muniment.sources.formats.canonical import verbatim_sha256
from muniment.sources.formats.identifiers import akn_eid
from muniment.sources.forms import Reading
from muniment.sources.models import Provision, Snapshot, SnapshotKind
from muniment.spine.errors import Absent
from muniment.ui.words.spans import Span, marked

MOST_FOUND: Final = 40

#: What people call the kinds of parts and of entries that were counted.
COUNTED: Final = {
    "title": _("Titles"),
    "chapter": _("Chapters"),
    "section": _("Sections"),
    "article": _("Articles"),
    "paragraph": _("Numbered paragraphs"),
    "point": _("Points"),
    "recital": _("Recitals"),
    "annex": _("Annexes"),
}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List every act and list that was taken in."""
    rows = queries.snapshots()
    counts = queries.entry_counts()
    context = {
        "acts": [_told(row) for row in rows if row.kind == SnapshotKind.ACT],
        "act_count": len({row.key for row in rows if row.kind == SnapshotKind.ACT}),
        "lists": [(row, counts.get(row.id, 0)) for row in rows if row.kind == SnapshotKind.LIST],
    }
    return render(request, "sources/index.html", context)


def _told(row: Snapshot) -> dict[str, object]:
    """Return an act with its names: what people call it, its short title, its version in words."""
    called = rules.called(row.key)
    return {
        "row": row,
        "called": naming.numbered(row.title) if called == row.key else called,
        "title": naming.titled(row.title),
        "dated": naming.dated(row.version),
    }


@require_GET
def snapshot(request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
    """Show one snapshot: where it came from, its files, what was read out of it."""
    found = queries.snapshot(snapshot_id)
    context = {
        "snapshot": found,
        "called": rules.called(found.key),
        "dated": naming.dated(found.version),
        "is_list": queries.is_list(found),
        "entries": queries.entry_counts().get(found.id, 0) if queries.is_list(found) else 0,
        "counts": _counts(found),
        "files": queries.files(found),
        "versions": [
            (one, naming.dated(one.version)) for one in queries.versions(found) if one.id != found.id
        ],
    }
    return render(request, "sources/snapshot.html", context)


def _counts(of: Snapshot) -> list[tuple[object, int]]:
    """Return what was counted with words for it; lists count by kinds that their publisher names."""
    if queries.is_list(of):
        return sorted(of.counts.items())
    return [(word, of.counts[kind]) for kind, word in COUNTED.items() if kind in of.counts]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an act as the reader shows it.

    :param eid: the part that begins here, empty when the line only goes on.
    :param others: further parts that begin at the same place, for their anchors.
    :param depth: how far it is set in: 0 for paragraphs, 1 for points, 2 for points of points.
    """

    kind: str
    eid: str
    others: tuple[str, ...]
    cited: str
    words: SafeString
    depth: int
    chosen: bool


def _lines(
    text: str, leaf: rules.Leaf, parts: Sequence[rules.Part], span: Span | None, chosen: str
) -> Iterator[Line]:
    """Yield the lines of a page with the parts that begin at them; a heading is one line with the words under it."""
    begun: dict[int, list[rules.Part]] = {}
    for part in parts:
        begun.setdefault(part.start, []).append(part)
    inside: list[rules.Part] = []
    at = leaf.start
    headed = ""
    for raw in text[leaf.start : leaf.end].splitlines(keepends=True):
        here = begun.get(at, [])
        inside = [part for part in inside if part.end > at] + here
        body = raw.rstrip("\n")
        marks = [(span[0] - at, span[1] - at, span[2])] if span else []
        first = here[0] if here else None
        kind = "text"
        if first is not None and first.kind in rules.CONTAINERS | {"article"}:
            kind, headed = ("article" if first.kind == "article" else "part"), first.heading
        elif headed and body.strip() == headed.strip():
            kind, headed = "heading", ""
        if body.strip():
            yield Line(
                kind=kind,
                eid=first.eid if first else "",
                others=tuple(part.eid for part in here[1:]),
                cited=first.citation if first else "",
                words=marked(body, marks),
                depth=min(3, sum(piece.startswith(("pnt_", "pt_")) for piece in inside[-1].eid.split(".")))
                if inside
                else 0,
                chosen=bool(chosen) and any(part.eid == chosen for part in inside),
            )
        at += len(raw)


def _chosen(of: Snapshot, asked: dict[str, object]) -> Provision | None:
    if asked["at"]:
        return queries.provision(of, str(asked["at"]))
    if asked["start"] is not None:
        holders = queries.around(of, int(str(asked["start"])), int(str(asked["end"] or asked["start"])))
        return queries.provision(of, holders[0].eid) if holders else None
    return None


@require_GET
def act(request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
    """Show an act to read: one chapter or run of articles at a time, and beside it what is known of a provision."""
    found = queries.snapshot(snapshot_id)
    if queries.is_list(found):
        raise Absent
    form = Reading(request.GET)
    asked = form.asked()
    text, leaves = queries.text_of(found), queries.leaves(found)
    if not leaves:
        raise Absent
    provision = _chosen(found, asked)
    begin = asked["start"] if asked["start"] is not None else provision.start if provision else 0
    nth = max(0, bisect_right(leaves, begin, key=lambda leaf: leaf.start) - 1)
    leaf = leaves[nth]
    span: Span | None = None
    if asked["start"] is not None and asked["end"] is not None:
        span = (asked["start"], asked["end"], "quote")
    parts = queries.parts_within(found, leaf.start, leaf.end)
    hits = [part for part in queries.outline(found) if rules.finds(part, asked["q"])] if asked["q"] else []
    context = {
        "snapshot": found,
        "called": rules.called(found.key),
        "dated": naming.dated(found.version),
        "titled": naming.titled(found.title),
        "form": form,
        "asked": asked["q"],
        "hits": hits[:MOST_FOUND],
        "hit_count": len(hits),
        "leaf": leaf,
        "leaves": leaves,
        "articles": [part for part in parts if part.kind == "article"],
        "before": leaves[nth - 1] if nth else None,
        "after": leaves[nth + 1] if nth + 1 < len(leaves) else None,
        "place": (nth + 1, len(leaves)),
        "lines": list(_lines(text, leaf, parts, span, provision.eid if provision else "")),
        "provision": _panel(found, provision, text) if provision else None,
    }
    return render(request, "sources/act.html", context)


def _panel(of: Snapshot, row: Provision, text: str) -> dict[str, object]:
    """Return what stands beside the text of a chosen provision; its digest is taken anew from what is shown."""
    return {
        "row": row,
        "citation": rules.cited(row.eid),
        "name": rules.full_name(of.key, of.version, of.language, row.eid),
        "alias": akn_eid(row.eid),
        "holds": verbatim_sha256(text[row.start : row.end]) == row.verbatim_sha256,
        "length": row.end - row.start,
    }
