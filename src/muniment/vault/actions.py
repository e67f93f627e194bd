"""Every way the vault can change, and every reading of what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from muniment.ledger.action import Act, action
from muniment.ledger.words import Sealed
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Clash
from muniment.spine.scope import tenant_scope
from muniment.spine.wording import require_wording
from muniment.vault import queries, rules, storage
from muniment.vault.extraction.child import Extractor
from muniment.vault.extraction.text import MAX_BYTES, Extracted, to_json
from muniment.vault.models import Blob, Document, DocumentVersion


@action("vault.upload", cls="evidence.change", says="{actor} filed version {facts.number} of a document")
def upload(
    act: Act,
    *,
    file: storage.Stored,
    text: storage.Stored,
    extracted: Extracted,
    name: str,
    title: str,
    owner: str,
    effective: date,
    document_id: UUID | None,
) -> DocumentVersion:
    """Enter a file that is safely on the disk as a new document, or as the next version of one.

    :raises Absent: when the document to add to is not there.
    :raises Clash: when the file is the same as the document's newest version.
    """
    if document_id is None:
        document = Document.objects.create(
            title=title, owner=owner, created_at=act.now, created_by=act.actor.id
        )
    else:
        document = Document.objects.select_for_update().filter(id=document_id).first()
        if document is None:
            raise Absent
        newest = DocumentVersion.objects.filter(document=document, number=document.latest).first()
        if newest is not None and newest.sha256 == file.sha256:
            raise Clash(
                f"This is the same file as version {newest.number}.",
                todo="Choose the changed file, or do nothing.",
            )
    blob = _enter(act, file, rules.media_type(name))
    text_blob = _enter(act, text, "application/json")
    document.latest += 1
    document.save(update_fields=["latest"])
    version: DocumentVersion = DocumentVersion.objects.create(
        document=document,
        number=document.latest,
        name=name,
        blob=blob,
        sha256=file.sha256,
        size=file.size,
        media_type=blob.media_type,
        effective=effective,
        received_at=act.now,
        received_by=act.actor.id,
        text=text_blob,
        text_sha256=text.sha256,
        profile=extracted.profile,
        pages=len(extracted.pages),
        characters=len(extracted.text),
    )
    act.record(
        document,
        version=version.id,
        number=version.number,
        sha256=file.sha256,
        size=file.size,
        effective=effective,
        name=Sealed(name),
    )
    return version


def _enter(act: Act, stored: storage.Stored, media_type: str) -> Blob:
    made: Blob = Blob.objects.create(
        id=stored.id, sha256=stored.sha256, size=stored.size, media_type=media_type, stored_at=act.now
    )
    return made


def receive(
    actor: Actor,
    pieces: Iterable[bytes],
    *,
    name: str,
    title: str = "",
    owner: str = "",
    effective: date | None = None,
    document_id: UUID | None = None,
    extractor: Extractor | None = None,
) -> DocumentVersion:
    """Take in a file: to the disk while its digest is taken, its text read behind a wall, then entered.

    A file that cannot be read is refused whole and nothing of it stays.

    :param name: the file's own name; its ending says what it is and must agree with the bytes.
    :param title: what people call the document; the file's name when empty.
    :param effective: the date from which it holds; today when not given.
    :raises Invalid: when the name, a text or the file itself breaks a rule.
    :raises Refused: when the actor may not file documents.
    """
    name = rules.require_file_name(name)
    title = require_wording(title or name, called="title", shortest=1, longest=rules.LONGEST_NAME)
    owner = require_wording(owner, called="owner", longest=rules.LONGEST_NAME)
    today = ports.now().date()
    holds = rules.require_effective(effective or today, today)
    kept: list[UUID] = []
    with tenant_scope(actor.tenant):
        try:
            file = storage.store(actor.tenant, pieces, most=MAX_BYTES)
            kept.append(file.id)
            whole = storage.read(actor.tenant, file.id, file.sha256)
            if extractor is None:
                with Extractor() as own:
                    extracted = own.extract(name, whole)
            else:
                extracted = extractor.extract(name, whole)
            text = storage.store(actor.tenant, [to_json(extracted)], most=16 * MAX_BYTES)
            kept.append(text.id)
            return upload(
                actor,
                file=file,
                text=text,
                extracted=extracted,
                name=name,
                title=title,
                owner=owner,
                effective=holds,
                document_id=document_id,
            )
        except BaseException:
            for blob in kept:
                storage.discard(actor.tenant, blob)
            raise


@action("vault.browse", cls="evidence.read", says="{actor} looked at {subject}", reads=True)
def browse(
    act: Act, *, document_id: UUID | None = None, after: UUID | None = None, most: int = 50
) -> queries.Listing:
    """Return a page of documents, or the versions of one, and put on record that they were listed.

    :raises Absent: when the document is not there.
    :raises Invalid: when the cursor leads nowhere.
    """
    if document_id is None:
        listing = queries.shelf_page(after, most)
        act.record("vault.Document/all", documents=len(listing.items))
        return listing
    listing = queries.shelf_of(document_id)
    act.record(listing.items[0].document, versions=len(listing.items))
    return listing


@action("vault.read", cls="evidence.read", says="{actor} read a document", reads=True)
def read(act: Act, *, version_id: UUID) -> tuple[DocumentVersion, Extracted]:
    """Return a version and its text, and put on record that it was read."""
    version = queries.version(version_id)
    act.record(version.document, version=version.id, number=version.number)
    return version, queries.text_of(version)


@action("vault.download", cls="evidence.read", says="{actor} took a copy of a document", reads=True)
def download(act: Act, *, version_id: UUID) -> tuple[DocumentVersion, Iterator[bytes]]:
    """Return a version and its bytes piece by piece, and put on record that they were handed out."""
    version = queries.version(version_id)
    act.record(version.document, version=version.id, number=version.number, sha256=version.sha256)
    return version, storage.stream(version.tenant_id, version.blob_id, version.sha256, version.size)
