"""Every way public sources come in. They are added by the operator, for all tenants."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muniment.ledger.action import Act, action
from muniment.sources import rules
from muniment.sources.formats.act import ParsedAct
from muniment.sources.formats.canonical import canonical_sha256, verbatim_sha256
from muniment.sources.models import ListEntry, Provision, Snapshot, SnapshotFile, SnapshotKind
from muniment.spine.actor import Actor
from muniment.spine.errors import Clash, Refused
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.vault import storage
from muniment.vault.models import Blob

MOST = 256 * storage.PIECE


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a publication came from, as the publisher or its carrier says.

    :param key: CELEX number or the list's name.
    :param authenticity: official, consolidated, unofficial or invented.
    """

    key: str
    version: str
    publisher: str
    authenticity: str
    licence: str = ""
    source_uri: str = ""
    retrieved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class File:
    """One file as it came: its name and its exact bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    files: tuple[tuple[str, storage.Stored], ...]
    text: storage.Stored
    sha256: str
    size: int


def _keep(files: Sequence[File], text: bytes) -> _Kept:
    """Put the files and the text that was read out of them on the disk."""
    done: list[tuple[str, storage.Stored]] = []
    try:
        for file in files:
            stored = storage.store(DEPLOYMENT, [file.data], most=MOST)
            done.append((file.name, stored))
        kept_text = storage.store(DEPLOYMENT, [text], most=MOST)
    except BaseException:
        for _, stored in done:
            storage.discard(DEPLOYMENT, stored.id)
        raise
    # The digest of several files is the digest of their digests in the order given, as sha256sum would list them.
    whole = (
        done[0][1].sha256
        if len(done) == 1
        else hashlib.sha256(
            "".join(f"{stored.sha256}  {name}\n" for name, stored in done).encode()
        ).hexdigest()
    )
    return _Kept(tuple(done), kept_text, whole, sum(stored.size for _, stored in done))


def _discard(kept: _Kept) -> None:
    for _, stored in kept.files:
        storage.discard(DEPLOYMENT, stored.id)
    storage.discard(DEPLOYMENT, kept.text.id)


def _blob(act: Act, stored: storage.Stored, media_type: str) -> None:
    Blob.objects.create(
        id=stored.id, sha256=stored.sha256, size=stored.size, media_type=media_type, stored_at=act.now
    )


def _snapshot(act: Act, kept: _Kept, origin: Origin, **columns: Any) -> Snapshot:
    if Snapshot.objects.filter(key=origin.key, version=origin.version, sha256=kept.sha256).exists():
        raise Clash(
            f"{origin.key} {origin.version} is here already, byte for byte.", todo="There is nothing to do."
        )
    snapshot: Snapshot = Snapshot.objects.create(
        key=origin.key,
        version=origin.version,
        publisher=origin.publisher,
        source_uri=origin.source_uri,
        licence=origin.licence,
        authenticity=origin.authenticity,
        retrieved_at=origin.retrieved_at,
        imported_at=act.now,
        sha256=kept.sha256,
        size=kept.size,
        text_blob=kept.text.id,
        text_sha256=kept.text.sha256,
        **columns,
    )
    _blob(act, kept.text, "text/plain")
    for name, stored in kept.files:
        _blob(act, stored, "application/octet-stream")
        SnapshotFile.objects.create(
            snapshot=snapshot, name=name, blob_id=stored.id, sha256=stored.sha256, size=stored.size
        )
    act.record(
        snapshot,
        key=origin.key,
        version=origin.version,
        publisher=origin.publisher,
        authenticity=origin.authenticity,
        sha256=kept.sha256,
        counts=columns["counts"],
        extractor=columns["extractor"],
    )
    return snapshot


@action("sources.add", cls="source.change", says="{actor} took in {facts.key}, {facts.version}")
def add(
    act: Act, *, origin: Origin, kept: _Kept, parsed: ParsedAct, digests: Sequence[tuple[str, str]]
) -> Snapshot:
    """Enter an act that was read, with all its provisions.

    :param digests: (verbatim, canonical) digest of each provision, in order.
    :raises Clash: when the same bytes are here already.
    """
    counts: dict[str, int] = {}
    for part in parsed.provisions:
        counts[part.kind] = counts.get(part.kind, 0) + 1
    snapshot = _snapshot(
        act,
        kept,
        origin,
        kind=SnapshotKind.ACT,
        language=parsed.language,
        title=parsed.title,
        completeness=str(parsed.completeness),
        extractor=parsed.extractor,
        counts=counts,
    )
    Provision.objects.bulk_create(
        [
            Provision(
                snapshot=snapshot,
                eid=part.eid,
                kind=str(part.kind),
                number=part.number,
                heading=part.heading,
                parent=part.parent or "",
                anchor=part.anchor,
                start=part.start,
                end=part.end,
                sort_key=part.sort_key,
                completeness=str(part.completeness),
                verbatim_sha256=verbatim,
                canonical_sha256=compared,
            )
            for part, (verbatim, compared) in zip(parsed.provisions, digests, strict=True)
        ],
        batch_size=500,
    )
    return snapshot


def take_in(actor: Actor, files: Sequence[File], parsed: ParsedAct, origin: Origin) -> Snapshot:
    """Take in an act: its exact bytes to the disk, then the register.

    :param parsed: what the parser of its format read out of the first file.
    """
    _require_right(actor, "sources.add")
    # Here and not in the action: a write transaction keeps everybody else from writing.
    texts = [parsed.verbatim(part) for part in parsed.provisions]
    digests = [(verbatim_sha256(text), canonical_sha256(text)) for text in texts]
    with tenant_scope(DEPLOYMENT):
        kept = _keep(files, parsed.text.encode("utf-8"))
        try:
            return add(actor, origin=origin, kept=kept, parsed=parsed, digests=digests)
        except BaseException:
            _discard(kept)
            raise


def entry_bytes(entity: dict[str, Any]) -> bytes:
    """Return a list entry as its canonical line, the form whose digest a match names."""
    return json.dumps(entity, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


@action("sources.add_list", cls="source.change", says="{actor} took in the list {facts.key}, {facts.version}")
def add_list(
    act: Act,
    *,
    origin: Origin,
    kept: _Kept,
    title: str,
    extractor: str,
    counts: dict[str, int],
    entries: Sequence[tuple[str, str, int, int, str]],
    accept_shrinking: bool = False,
) -> Snapshot:
    """Enter a list that was read, with all its entries.

    :param entries: (identifier, schema, start, length, digest) of each line in the file of entries.
    :raises Clash: when the list shrank by more than a tenth and nobody accepted that, or the same bytes are here.
    :raises Invalid: when the list is empty.
    """
    before = Snapshot.objects.filter(kind=SnapshotKind.LIST, key=origin.key).order_by("-imported_at").first()
    earlier = ListEntry.objects.filter(snapshot=before).count() if before is not None else 0
    rules.require_not_shrunk(origin.key, earlier, len(entries), accepted=accept_shrinking)
    snapshot = _snapshot(
        act,
        kept,
        origin,
        kind=SnapshotKind.LIST,
        title=title,
        completeness="full",
        extractor=extractor,
        counts=counts,
    )
    ListEntry.objects.bulk_create(
        [
            ListEntry(
                snapshot=snapshot, entity_id=name, schema=schema, start=start, length=length, sha256=digest
            )
            for name, schema, start, length, digest in entries
        ],
        batch_size=500,
    )
    return snapshot


def take_in_list(
    actor: Actor,
    files: Sequence[File],
    entities: Sequence[dict[str, Any]],
    origin: Origin,
    *,
    title: str,
    extractor: str,
    counts: dict[str, int],
    accept_shrinking: bool = False,
) -> Snapshot:
    """Take in a list: its exact bytes and its entries to the disk, then the register."""
    _require_right(actor, "sources.add_list")
    whole = bytearray()
    entries = []
    for entity in sorted(entities, key=lambda one: str(one["id"])):
        line = entry_bytes(entity)
        entries.append(
            (
                str(entity["id"]),
                str(entity["schema"]),
                len(whole),
                len(line),
                hashlib.sha256(line).hexdigest(),
            )
        )
        whole += line + b"\n"
    with tenant_scope(DEPLOYMENT):
        if not entries:
            rules.require_not_shrunk(origin.key, 0, 0, accepted=accept_shrinking)
        kept = _keep(files, bytes(whole))
        try:
            return add_list(
                actor,
                origin=origin,
                kept=kept,
                title=title,
                extractor=extractor,
                counts=counts,
                entries=entries,
                accept_shrinking=accept_shrinking,
            )
        except BaseException:
            _discard(kept)
            raise


def _require_right(actor: Actor, name: str) -> None:
    """Refuse early, before bytes are written for somebody who may not add them; the door refuses and records too."""
    if name not in actor.may or actor.tenant != DEPLOYMENT:
        raise Refused(
            "Only the operator of the installation takes in public sources.",
            todo="Ask the operator to add it.",
        )
