"""Receipts of what was recorded: made once it is committed, announced by the log, and held against it later.

Rules (`docs/formats/receipt.md`, ADR 23): the key follows from the tenant's and is not the log's own, which the process
that answers people never holds; it costs no file and no step of the disk. What a receipt says is read out of the tables
after the commit, so that none speaks of what was taken back, and the same event gives the same promise again. Whoever
publishes announces the key, and signs what COSE receipts of a head need, beside the log's tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import QuerySet, Subquery

from muniment.ledger import logs
from muniment.ledger.heads import keys_of
from muniment.ledger.models import Checkpoint, Entry, Event, Log, Outbox
from muniment.ledger.record import body_digest
from muniment.ledger.trust import rotation
from muniment.proof import honoured
from muniment.proof.canonical import canonical, decode64, encode64, parse, shaped
from muniment.proof.checkpoint import Checkpoint as SignedHead
from muniment.proof.checkpoint import open_checkpoint, parse_checkpoint
from muniment.proof.cose import to_sign, write_cose_receipt
from muniment.proof.errors import Malformed
from muniment.proof.honoured import SeenHead, Verdict
from muniment.proof.merkle import EMPTY_ROOT, leaf_hash
from muniment.proof.note import ED25519, Key, parse_key
from muniment.proof.receipt import (
    LARGEST_RECEIPT,
    PROMISE,
    Receipt,
    open_announcement,
    parse_receipt,
    promised_leaf,
    receipt_name,
    write_announcement,
    write_receipt,
)
from muniment.proof.tiles import Tiles, TileWriter
from muniment.proof.tlogproof import TlogProof
from muniment.spine.errors import Absent, Busy
from muniment.spine.installation import keyring
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.keys import derive
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: The announcement of the receipt key, and what COSE receipts need of the newest head, beside the tiles.
ANNOUNCED: Final = "receipt-key"
COSE_HEAD: Final = "cose-head"
COSE_KIND: Final = "muniment.cose-head/1"


def _signing(tenant: UUID) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(keyring().blind_key(tenant), "ledger-receipt"))


def public_key(log: Log) -> Key:
    """Return the key that signs the receipts of a log.

    :raises KeyDestroyed: when the tenant has no key any more.
    """
    return Key(receipt_name(log.origin), ED25519, _signing(log.tenant_id).public_key().public_bytes_raw())


def of_events(tenant: UUID, events: Iterable[UUID]) -> list[bytes]:
    """Return the receipts of events that are recorded, in their order; those that are not there have none.

    :raises KeyDestroyed: when the tenant has no key any more.
    """
    wanted = list(dict.fromkeys(events))
    with tenant_scope(tenant):
        waiting = {one.id: one for one in _beside_the_head(Outbox.objects.filter(id__in=wanted))}
        rest = [event for event in wanted if event not in waiting]
        # Looked for second: what is placed between the two questions is found by the second one.
        placed = {one.id: one for one in _beside_the_head(Entry.objects.filter(id__in=rest))} if rest else {}
        held = [one for event in wanted if (one := waiting.get(event) or placed.get(event))]
        if not held:
            return []
    # The newest of what was read: the second question may have seen a newer head than the first one.
    heads = [parse_checkpoint(note.encode()) for note in {one.head_note for one in held} if note is not None]
    begun = SignedHead(held[0].head_origin, 0, EMPTY_ROOT)
    head = max(heads, key=lambda one: one.size, default=begun)
    signing = _signing(tenant)
    key = Key(receipt_name(head.origin), ED25519, signing.public_key().public_bytes_raw())
    return [write_receipt(_promised(one, head), key, signing.sign) for one in held]


def _beside_the_head(events: QuerySet[Any]) -> QuerySet[Any]:
    """Return events with the newest head beside each, and the log's name: one question, on the way to an answer."""
    # By size first, which has an index: heads of one size follow each other by their numbers.
    newest = Checkpoint.objects.order_by("-size", "-number")
    annotated: QuerySet[Any] = events.annotate(
        head_note=Subquery(newest.values("note")[:1]),
        head_origin=Subquery(Log.objects.values("origin")[:1]),
    )
    return annotated


def of_answer(tenant: UUID, events: Sequence[UUID]) -> list[bytes]:
    """Return the receipts of what somebody of a tenant did; some of it concerns the installation and is in its log.

    :raises KeyDestroyed: when the tenant has no key any more.
    """
    found = of_events(tenant, events)
    return found if len(found) == len(set(events)) else [*found, *of_events(DEPLOYMENT, events)]


def of_event(event: Event) -> bytes:
    """Return the receipt of one event, while it waits as well as later.

    :raises Absent: when it is not recorded (any more).
    """
    found = of_events(event.tenant_id, [event.id])
    if not found:
        raise Absent
    return found[0]


def _promised(event: Outbox | Entry, head: SignedHead) -> Receipt:
    recorded = int(event.at.timestamp())
    body = body_digest(bytes(event.body))
    return Receipt(
        origin=head.origin,
        entry=event.id.hex,
        leaf=promised_leaf(_leaf(event)),
        body=body,
        recorded=recorded,
        due=recorded + PROMISE,
        size=head.size,
        root=head.root,
    )


def _leaf(event: Outbox | Entry) -> bytes:
    return event.leaf if isinstance(event, Entry) else event.leaf_at(0).encode()


@dataclass(frozen=True, slots=True)
class CoseHead:
    """What COSE receipts need of a head: its size, whose key, and the signature over its root."""

    size: int
    key: Key
    signature: bytes


def published(log: Log) -> None:
    """After a head was published: announce the receipt key, and sign what COSE receipts of this head need.

    Broken off it is done the next time; a reader who comes between is asked to wait.
    """
    folder = logs.folder(log)
    held = _cose_head(log)
    if not log.published or (
        held is not None and held.size == log.published and (folder / ANNOUNCED).is_file()
    ):
        return
    with tenant_scope(log.tenant_id):
        newest = Checkpoint.objects.get(size=log.published)
    writer = TileWriter(folder)
    signers = logs.signers(log, log.published)
    try:
        said = write_announcement(public_key(log), [(one.keys[0], one.sign_raw) for one in signers])
    except KeyDestroyed:
        pass  # nobody is given a receipt of this log any more, and what was announced stays announced
    else:
        if _announced(log) != said:
            writer.keep(ANNOUNCED, said)
    # The oldest that signs still: whoever does not know the newer key yet can read it.
    own = signers[0]
    signature = own.sign_raw(to_sign(own.keys[0], bytes(newest.root)))
    told = {
        "k": COSE_KIND,
        "key": own.keys[0].encode(),
        "signature": encode64(signature),
        "size": newest.size,
    }
    writer.keep(COSE_HEAD, canonical(told))


def _announced(log: Log) -> bytes | None:
    try:
        return honoured.read_file(logs.folder(log) / ANNOUNCED, LARGEST_RECEIPT)
    except Malformed:
        return None


def announcement(log: Log) -> bytes:
    """Return the note by which a log announces its receipt key.

    :raises Busy: before the first head was published.
    """
    found = _announced(log)
    if found is None:
        raise Busy(
            "This log has not announced its receipt key yet.", todo="Wait a few seconds, then try again."
        )
    return found


def _cose_head(log: Log) -> CoseHead | None:
    try:
        raw = honoured.read_file(logs.folder(log) / COSE_HEAD, LARGEST_RECEIPT)
        held = shaped(parse(raw), {"k": str, "key": str, "signature": str, "size": int}, where=COSE_HEAD)
        return CoseHead(held["size"], parse_key(held["key"]), decode64(held["signature"], length=64))
    except Malformed:
        return None


def cose(entry: Entry) -> bytes:
    """Return the COSE receipt of an entry under the newest head.

    :raises Busy: while no head covers it, or what is needed was not signed yet.
    """
    log = logs.of(entry.tenant_id)
    with tenant_scope(entry.tenant_id):
        newest: Checkpoint | None = Checkpoint.objects.order_by("-number").first()
    held = _cose_head(log)
    if newest is None or held is None or not entry.idx < newest.size == held.size:
        raise Busy("No signed head covers this entry yet.", todo="Wait a few seconds, then try again.")
    head = SignedHead(log.origin, newest.size, bytes(newest.root))
    hashed = leaf_hash(bytes(entry.leaf))
    try:
        proof = TlogProof(entry.idx, tuple(Tiles(logs.folder(log), newest.size).inclusion(entry.idx)), b"")
        return write_cose_receipt(held.key, held.signature, hashed, proof, head)
    except Malformed as why:
        raise Busy(why.what, todo="Tell the operator to run: muniment ledger verify --deep.") from None


def key_faults(log: Log, keys: Sequence[Key]) -> Iterator[str]:
    """Hold the receipt key that a log announces against the one that signs its receipts."""
    said = _announced(log)
    if said is None:
        return
    try:
        if open_announcement(said, keys, log.origin) != public_key(log):
            yield f"the file {ANNOUNCED} announces another key than the one that signs receipts"
    except Malformed as why:
        yield f"the file {ANNOUNCED} does not bear the signature of the log ({why})"
    except KeyDestroyed:
        return


def judge(raw: bytes, now: datetime, trusted: tuple[Key, ...] = ()) -> tuple[Receipt, Verdict]:
    """Hold a receipt against the log of this installation as it stands now.

    :param trusted: keys that were obtained apart from here; without any, the installation's own count.
    :raises Absent: when the log is not here. :raises Malformed: when it is no receipt, or its log announces no key.
    """
    origin = parse_receipt(raw).origin
    log = next((one for one in logs.every() if one.origin == origin), None)
    if log is None:
        raise Absent("The log of this receipt is not in this installation.")
    receipt = parse_receipt(raw)
    return receipt, honoured.judged_by(
        raw, _keys(log, trusted), lambda: _held(log, receipt, int(now.timestamp()), trusted)
    )


def _held(log: Log, receipt: Receipt, now: int, trusted: tuple[Key, ...]) -> Verdict:
    with tenant_scope(log.tenant_id):
        entry: Entry | None = Entry.objects.filter(id=UUID(receipt.entry)).first()
        newest: Checkpoint | None = Checkpoint.objects.order_by("-number").first()
        first: Checkpoint | None = (
            None if entry is None else Checkpoint.objects.filter(size__gt=entry.idx).order_by("size").first()
        )
    head = _head(log, newest, trusted)
    tiles = Tiles(logs.folder(log), head.checkpoint.size)
    if entry is None or first is None or receipt.size > tiles.size:
        return honoured.judge_entries(receipt, tiles.entries(0, tiles.size), [head], now)
    wrong = honoured.judge_before(receipt, tiles.consistency(receipt.size) if receipt.size else (), head)
    proof = TlogProof(entry.idx, tuple(tiles.inclusion(entry.idx)), b"")
    heads = [_head(log, first, trusted), head]
    return wrong or honoured.judge_proof(receipt, bytes(entry.leaf), proof, heads)


def _keys(log: Log, trusted: tuple[Key, ...]) -> tuple[Key, ...]:
    """Return the receipt keys that count: the trusted one, the one announced under trusted keys, or our own."""
    if not trusted:
        return (public_key(log),)
    if receipt_name(log.origin) in {key.name for key in trusted}:
        return trusted
    return (open_announcement(announcement(log), rotation.followed(log, trusted).keys, log.origin),)


def _head(log: Log, row: Checkpoint | None, trusted: tuple[Key, ...]) -> SeenHead:
    if row is None:
        return SeenHead(SignedHead(log.origin, 0, EMPTY_ROOT), None)
    raw = row.note.encode("utf-8")
    if any(key.name == log.origin for key in trusted):
        found, signed = rotation.followed(log, trusted).open(raw)
    else:
        found, signed = open_checkpoint(raw, keys_of(log), origin=log.origin)
    return honoured.head_of(raw, found, signed)
