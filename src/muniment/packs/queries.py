"""Reads for packs: what belongs into the proof of one case."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count

from muniment.access import queries as access
from muniment.cases import queries as cases
from muniment.cases.models import Answer, Decision, ItemKind
from muniment.ledger import logs, streams
from muniment.ledger.models import Entry, Log
from muniment.ledger.openings import opened_event
from muniment.ledger.words import ref
from muniment.packs import rules
from muniment.packs.models import Breakdown, Handover, Pack, PackState
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.examine import verify_pack
from muniment.proof.pack import Attachment, Event, Quote
from muniment.proof.report import Report
from muniment.proof.streamproof import write_stream_proof
from muniment.proof.tiles import Tiles
from muniment.scans import queries as scans
from muniment.screening import queries as screening
from muniment.sources import queries as sources
from muniment.sources.models import Snapshot, SnapshotFile
from muniment.spine.errors import Absent, Busy, Refused
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.vault import queries as vault
from muniment.vault import storage
from muniment.vault.models import DocumentVersion

JSON = "application/json"
#: The job by name: it stands above the action that asks for it.
PERFORM = "muniment.packs.jobs.perform"


def packs() -> list[Pack]:
    """Return every pack of the tenant, the newest first."""
    return list(Pack.objects.order_by("-requested_at", "id"))


def pack(pack_id: UUID) -> Pack:
    """Return a pack.

    :raises Absent: when there is none in this tenant.
    """
    found: Pack | None = Pack.objects.filter(id=pack_id).first()
    if found is None:
        raise Absent
    return found


@dataclass(frozen=True, slots=True)
class Whole:
    """A pack with the copies of it that left the house, the newest first."""

    pack: Pack
    handovers: tuple[Handover, ...]


def whole(pack_id: UUID) -> Whole:
    """Return a pack with its copies.

    :raises Absent: when there is none in this tenant.
    """
    found = pack(pack_id)
    return Whole(found, tuple(Handover.objects.filter(pack=found).order_by("-taken_at", "id")))


def handover_counts(of: Iterable[Pack]) -> dict[UUID, int]:
    """Return how many copies of each of these packs left the house."""
    rows = (
        Handover.objects.filter(pack__in=list(of)).order_by().values("pack_id").annotate(copies=Count("id"))
    )
    return {row["pack_id"]: row["copies"] for row in rows}


def breakdowns(of: Iterable[Pack]) -> dict[UUID, Breakdown]:
    """Return why each of these packs that were given up was given up the last time."""
    failed = [one.id for one in of if one.state == PackState.FAILED]
    rows = Breakdown.objects.filter(pack_id__in=failed).order_by("at") if failed else ()
    return {row.pack_id: row for row in rows}


def being_built(case_id: UUID) -> Pack | None:
    """Return the pack of a case that waits to be built."""
    found: Pack | None = Pack.objects.filter(case_id=case_id, state=PackState.QUEUED).first()
    return found


def after(cursor: UUID | None, most: int) -> list[Pack]:
    """Return packs by identifier, from the one after the cursor on."""
    rows = Pack.objects.order_by("id")
    return list((rows.filter(id__gt=cursor) if cursor else rows)[:most])


def bytes_of(of: Pack) -> bytes:
    """Return the bytes of a pack, after its digest was checked.

    :raises Refused: while it is being built, or when it is too large to be held whole.
    """
    rules.require_built(of)
    rules.require_small_enough(of)
    return storage.read(of.tenant_id, UUID(str(of.blob_id)), of.sha256)


def examined(of: Pack) -> Report:
    """Verify a pack with the keys of this installation's own log."""
    log = logs.of(of.tenant_id)
    return verify_pack(io.BytesIO(bytes_of(of)), log.vkeys.encode("ascii"))


def who(ids: Iterable[str]) -> dict[str, access.Described]:
    """Return who people are, by identifier."""
    return access.described_all(ids)


@dataclass(slots=True)
class Gathered:
    """The files and quotes that a case needs, each file once."""

    evidence: dict[str, Attachment] = field(default_factory=dict)
    sources: dict[str, Attachment] = field(default_factory=dict)
    quotes: list[Quote] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)


def gather(whole: cases.Whole) -> Gathered:
    """Collect what the items of a case point at: documents, law, list entries, and the words cited from them."""
    found = Gathered()
    for held in whole.held:
        kind, item_id = held.item.kind, held.item.item_id
        if kind == ItemKind.EVIDENCE:
            _document(found, vault.version(item_id))
        elif kind == ItemKind.FINDING:
            _finding(found, item_id)
        else:
            _match(found, item_id)
    return found


def _document(found: Gathered, version: DocumentVersion) -> None:
    about = {
        "effective": version.effective.isoformat(),
        "received": version.received_at.isoformat(),
        "version": str(version.number),
        "text_profile": version.profile,
    }
    found.evidence.setdefault(
        version.sha256,
        Attachment(
            str(version.name),
            version.media_type,
            storage.read(version.tenant_id, version.blob_id, version.sha256),
            about,
        ),
    )
    found.subjects.append(f"vault.Document/{version.document_id}")


def _text_of_document(found: Gathered, version: DocumentVersion) -> str:
    """Attach the text that was read out of a document, in which quotes are counted; returns its digest."""
    text = vault.text_of(version).text.encode("utf-8")
    digest = sources.digest_of(text)
    if digest not in found.evidence:
        found.evidence[digest] = Attachment(
            f"{version.name} (text)",
            "text/plain",
            text,
            {"text_of": version.sha256, "profile": version.profile},
        )
    return digest


def _law(found: Gathered, snapshot: Snapshot) -> None:
    """Attach an act: its text, in which quotes are counted, and the publisher's own files."""
    about = {
        "publisher": snapshot.publisher,
        "version": snapshot.version,
        "authenticity": snapshot.authenticity,
        "completeness": snapshot.completeness,
        "address": snapshot.source_uri,
        "text_profile": snapshot.extractor,
    }
    text = sources.text_of(snapshot).encode("utf-8")
    found.sources.setdefault(
        snapshot.text_sha256,
        Attachment(f"{snapshot.key} (text)", "text/plain", text, {**about, "text_of": snapshot.sha256}),
    )
    for file in SnapshotFile.objects.filter(snapshot=snapshot).order_by("name"):
        found.sources.setdefault(
            file.sha256,
            Attachment(
                f"{snapshot.key} {file.name}",
                "application/octet-stream",
                storage.read(DEPLOYMENT, file.blob_id, file.sha256),
                about,
            ),
        )


def _finding(found: Gathered, finding_id: UUID) -> None:
    one = scans.finding(finding_id)
    snapshot = sources.snapshot(one.snapshot_id)
    _law(found, snapshot)
    name = f"finding {one.act} {one.duty_key}"
    found.quotes.append(Quote(snapshot.text_sha256, one.law_start, one.law_end, one.law_quote, name))
    if one.version_id is not None:
        version = vault.version(one.version_id)
        _document(found, version)
        text = _text_of_document(found, version)
        found.quotes.append(Quote(text, one.start or 0, one.end or 0, str(one.quote), name))
    told = {
        "act": one.act,
        "confidence_per_mille": one.confidence,
        "digest": one.digest,
        "duty": one.duty_key,
        "proposed": one.status,
        "provision": one.eid,
        "rule": one.basis,
        "scan": one.scan.number,
        "why": str(one.why),
    }
    raw = json.dumps(told, sort_keys=True, ensure_ascii=False, indent=1).encode("utf-8")
    found.evidence.setdefault(sources.digest_of(raw), Attachment(name, JSON, raw, {"kind": "finding"}))
    found.subjects += [f"scans.Finding/{one.id}", f"scans.Scan/{one.scan_id}"]


def _match(found: Gathered, match_id: UUID) -> None:
    one = screening.pack_parts(match_id)
    for name, raw, about in one.evidence:
        found.evidence.setdefault(sources.digest_of(raw), Attachment(name, JSON, raw, about))
    for name, raw, about in one.sources:
        found.sources.setdefault(sources.digest_of(raw), Attachment(name, JSON, raw, about))
    found.subjects += one.subjects


def _entries(whole: cases.Whole, subjects: Iterable[str], size: int) -> list[Entry]:
    wanted = {f"cases.Case/{whole.case.id}", *subjects}
    rows = Entry.objects.filter(subject__in=wanted, idx__lt=size).exclude(kind__in=rules.LEFT_OUT)
    return list(rows.order_by("idx"))


@dataclass(frozen=True, slots=True)
class Proofs:
    """The events of a case with their inclusion proofs under one checkpoint.

    :param stream: the proof that the stream of the case is whole; empty when it is too long for one.
    """

    log: Log
    checkpoint: bytes
    size: int
    events: tuple[Event, ...]
    stream: bytes = b""


def proofs(whole: cases.Whole, subjects: Iterable[str]) -> Proofs:
    """Return the events about a case and its things, proved against the published checkpoint.

    :raises Busy: when nothing was published yet.
    """
    log = logs.of(whole.case.tenant_id)
    if not log.published:
        raise Busy("The log has no checkpoint yet.", todo="Settle the ledger, then try again.")
    tiles = Tiles(logs.folder(log), log.published)
    checkpoint = tiles.checkpoint()
    size = parse_checkpoint(checkpoint).size
    tiles = Tiles(logs.folder(log), size)
    events = []
    for entry in _entries(whole, subjects, size):
        shown = [one for one in opened_event(entry).openings if one.path not in rules.WITHHELD]
        events.append(Event(entry.idx, bytes(entry.leaf), tiles.inclusion(entry.idx), shown))
    return Proofs(log, checkpoint, size, tuple(events), _stream(whole, checkpoint))


def _stream(whole: cases.Whole, checkpoint: bytes) -> bytes:
    """Return the proof that the stream of a case is whole, nothing when no single proof can show it.

    Its leaves stand there without their contents, so that nobody learns who looked at the case.
    """
    tenant = whole.case.tenant_id
    try:
        return write_stream_proof(streams.proof(tenant, streams.tag_of(tenant, ref(whole.case)), checkpoint))
    except (Refused, Busy):
        return b""


def needed(tenant: UUID) -> Iterator[str]:
    """Yield what the proofs that are being built speak of, as entries name it: those entries are not pruned."""
    with tenant_scope(tenant):
        for case_id in Pack.objects.filter(state=PackState.QUEUED).values_list("case_id", flat=True):
            yield f"cases.Case/{case_id}"
            yield from gather(cases.whole(case_id)).subjects


def approved(whole: cases.Whole) -> Decision:
    """Return the decision that closed a case.

    :raises Absent: when there is none.
    """
    for one in whole.decisions:
        if one.answer == Answer.APPROVED:
            return one
    raise Absent("This case has no decision.")


def actors(of: Decision) -> list[dict[str, Any]]:
    """Return who proposed and who decided, as a pack names them."""
    told = []
    for what, who in (("proposed", of.requested_by), ("decided", of.decided_by or "")):
        person = access.described(who)
        told.append({"id": who, "kind": "person", "did": what, "name": person.name, "role": person.role})
    return told
