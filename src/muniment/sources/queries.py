"""Reads of public sources: acts with their provisions, lists with their entries."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from muniment.sources import rules
from muniment.sources.formats.act import Completeness, ParsedAct, ParsedProvision, ProvisionKind
from muniment.sources.models import ListEntry, Provision, Snapshot, SnapshotFile, SnapshotKind
from muniment.spine.errors import Absent, Invalid
from muniment.spine.scope import DEPLOYMENT
from muniment.spine.stream import decrypt_range
from muniment.vault import storage


def snapshots(kind: str | None = None) -> list[Snapshot]:
    """Return every snapshot, or those of one kind, by key and newest first."""
    rows = Snapshot.objects.order_by("kind", "key", "-imported_at")
    return list(rows.filter(kind=kind) if kind else rows)


def page(kind: str | None, after: UUID | None, most: int) -> list[Snapshot]:
    """Return some snapshots in the order in which they were taken in.

    :param after: identifier of the last snapshot of the page before.
    :raises Invalid: when that snapshot is not there.
    """
    rows = Snapshot.objects.order_by("imported_at", "id")
    if kind:
        rows = rows.filter(kind=kind)
    if after is not None:
        last: Snapshot | None = Snapshot.objects.filter(id=after).first()
        if last is None:
            raise Invalid("This cursor leads nowhere.", todo="Begin with the first page.", where="cursor")
        later = Q(imported_at__gt=last.imported_at)
        rows = rows.filter(later | Q(imported_at=last.imported_at, id__gt=last.id))
    return list(rows[:most])


def provisions_after(of: Snapshot, eid: str, most: int) -> list[Provision]:
    """Return some provisions of an act in the act's own order.

    :param eid: name of the last provision of the page before, or empty.
    :raises Invalid: when the act has none of that name.
    """
    rows = Provision.objects.filter(snapshot=of).order_by("start", "-end", "eid")
    if eid:
        known = eid.isascii() and eid.isprintable()
        last: Provision | None = Provision.objects.filter(snapshot=of, eid=eid).first() if known else None
        if last is None:
            raise Invalid("This cursor leads nowhere.", todo="Begin with the first page.", where="cursor")
        same = Q(start=last.start, end__lt=last.end) | Q(start=last.start, end=last.end, eid__gt=last.eid)
        rows = rows.filter(Q(start__gt=last.start) | same)
    return list(rows[:most])


def newest(kind: str) -> list[Snapshot]:
    """Return the newest snapshot of each act or list, by key."""
    found: dict[tuple[str, str], Snapshot] = {}
    for row in snapshots(kind):
        found.setdefault((row.key, row.language), row)
    return sorted(found.values(), key=lambda row: row.key)


def snapshot(snapshot_id: UUID) -> Snapshot:
    """Return a snapshot.

    :raises Absent: when there is none.
    """
    found: Snapshot | None = Snapshot.objects.filter(id=snapshot_id).first()
    if found is None:
        raise Absent
    return found


@lru_cache(maxsize=24)
def _text(blob: UUID, sha256: str) -> str:
    return storage.read(DEPLOYMENT, blob, sha256).decode("utf-8")


def text_of(of: Snapshot) -> str:
    """Return the verbatim text of an act; its digest is checked when it is read from the disk."""
    return _text(of.text_blob, of.text_sha256)


def provisions(of: Snapshot) -> list[Provision]:
    """Return an act's provisions in the act's own order."""
    return list(Provision.objects.filter(snapshot=of).order_by("start", "-end", "sort_key"))


def provision(of: Snapshot, eid: str) -> Provision:
    """Return one provision of an act.

    :raises Absent: when the act has none of that name.
    """
    # Names are letters, digits, dots and strokes; PostgreSQL refuses to look for anything with NUL in it.
    known = eid.isascii() and eid.isprintable()
    found: Provision | None = Provision.objects.filter(snapshot=of, eid=eid).first() if known else None
    if found is None:
        raise Absent
    return found


_PART = ("eid", "kind", "number", "heading", "parent", "start", "end")


@lru_cache(maxsize=24)
def _outline(snapshot_id: UUID) -> tuple[rules.Part, ...]:
    # A snapshot never changes, so its outline is read once by each process.
    rows = Provision.objects.filter(snapshot_id=snapshot_id, kind__in=rules.OUTLINE).order_by("start", "-end")
    return tuple(rules.Part(*row) for row in rows.values_list(*_PART))


def outline(of: Snapshot) -> tuple[rules.Part, ...]:
    """Return the chapters, sections, articles, recitals and annexes of an act, in its order."""
    return _outline(of.id)


def leaves(of: Snapshot) -> tuple[rules.Leaf, ...]:
    """Return the pages into which the reader divides an act."""
    return rules.leaves(outline(of), len(text_of(of)))


def parts_within(of: Snapshot, start: int, end: int) -> list[rules.Part]:
    """Return every part that begins within a range of an act's text, down to its points; outer ones first."""
    rows = Provision.objects.filter(snapshot=of, start__gte=start, start__lt=end).order_by(
        "start", "-end", "eid"
    )
    return [rules.Part(*row) for row in rows.values_list(*_PART)]


def around(of: Snapshot, start: int, end: int) -> list[rules.Part]:
    """Return the parts that hold a range of an act's text, the innermost first."""
    rows = Provision.objects.filter(snapshot=of, start__lte=start, end__gte=end).order_by("-start", "end")
    return [rules.Part(*row) for row in rows.values_list(*_PART)]


def entry_counts() -> dict[UUID, int]:
    """Return how many entries each list has."""
    rows = ListEntry.objects.order_by().values("snapshot_id").annotate(entries=Count("id"))
    return {row["snapshot_id"]: row["entries"] for row in rows}


def files(of: Snapshot) -> list[SnapshotFile]:
    """Return the files of a snapshot, as they came."""
    return list(SnapshotFile.objects.filter(snapshot=of).order_by("name", "id"))


def versions(of: Snapshot) -> list[Snapshot]:
    """Return every snapshot of the same act or list in the same language, the newest first."""
    return list(Snapshot.objects.filter(key=of.key, language=of.language).order_by("-imported_at", "id"))


def parsed(of: Snapshot) -> ParsedAct:
    """Return an act as its parser returned it, out of the register."""
    return ParsedAct(
        celex=of.key,
        title=of.title,
        language=of.language,
        text=text_of(of),
        provisions=tuple(
            ParsedProvision(
                eid=row.eid,
                kind=ProvisionKind(row.kind),
                number=row.number,
                heading=row.heading,
                parent=row.parent or None,
                anchor=row.anchor,
                start=row.start,
                end=row.end,
                sort_key=row.sort_key,
                completeness=Completeness(row.completeness),
            )
            for row in provisions(of)
        ),
        extractor=of.extractor,
        completeness=Completeness(of.completeness),
    )


def entities(of: Snapshot) -> list[dict[str, Any]]:
    """Return every entry of a list, by identifier."""
    raw = storage.read(DEPLOYMENT, of.text_blob, of.text_sha256)
    return [json.loads(line) for line in raw.splitlines() if line]


def entity(of: Snapshot, entity_id: str) -> dict[str, Any]:
    """Return one entry of a list, read from its place in the file of entries.

    :raises Absent: when the list has none of that identifier.
    """
    row: ListEntry | None = ListEntry.objects.filter(snapshot=of, entity_id=entity_id).first()
    if row is None:
        raise Absent
    with storage.path_of(of.text_blob).open("rb") as file:
        parts = decrypt_range(
            file,
            storage.key_of(DEPLOYMENT, of.text_blob),
            storage.place(DEPLOYMENT, of.text_blob),
            row.start,
            row.start + row.length,
        )
        found: dict[str, Any] = json.loads(b"".join(parts))
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """What a newer list did to an entry: ``ADD``, ``MOD`` or ``DEL``."""

    op: str
    entity_id: str


def difference(old: Snapshot, new: Snapshot) -> list[Change]:
    """Return what a newer version of a list added, changed and removed, by identifier."""
    before = dict(ListEntry.objects.filter(snapshot=old).values_list("entity_id", "sha256"))
    after = dict(ListEntry.objects.filter(snapshot=new).values_list("entity_id", "sha256"))
    changes = [Change("ADD", name) for name in after.keys() - before.keys()]
    changes += [Change("DEL", name) for name in before.keys() - after.keys()]
    changes += [Change("MOD", name) for name in after.keys() & before.keys() if after[name] != before[name]]
    return sorted(changes, key=lambda change: (change.entity_id, change.op))


def is_list(of: Snapshot) -> bool:
    """Say whether a snapshot is of a list."""
    return of.kind == SnapshotKind.LIST


def digest_of(raw: bytes) -> str:
    """Return the SHA-256 of bytes in hex."""
    return hashlib.sha256(raw).hexdigest()
