"""The publisher: tiles on the disk, a signed checkpoint over them, the newest one in the database.

Rules: off the commit path; tiles are written before the checkpoint that covers them, and a checkpoint is only
signed if the tiles' root equals the database's, so that neither of the two can be changed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from muniment.ledger import logs, receipts, streams, vouch
from muniment.ledger.action import Act, action
from muniment.ledger.models import Checkpoint, Entry, Log, leaves_of
from muniment.ledger.sequence import compact_range, head_to_change, sequence
from muniment.ledger.trust import rotation
from muniment.proof import checkpoint as note
from muniment.proof.errors import Malformed
from muniment.proof.signer import sign_checkpoint
from muniment.proof.streamproof import HEADS_CLASS
from muniment.proof.tiles import TileWriter
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Clash, MunimentError
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.spine.session import open_action

#: How a stream-heads leaf shows itself, in the only spelling that a leaf has.
HEADS_LEAF: Final = f'"cls":"{HEADS_CLASS}"'.encode()


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling did to one log."""

    tenant: UUID
    origin: str
    sequenced: int
    size: int
    root: str


def publish(tenant: UUID) -> Checkpoint | None:
    """Write one log's new tiles and sign its checkpoint; ``None`` when there is nothing new.

    :raises Clash: when the tiles on the disk do not lead to the root in the database.
    :raises Malformed: when other bytes stand where a tile must go.
    """
    with tenant_scope(tenant):
        known: Log = Log.objects.get()
        if known.size == known.published:
            _show_again(known)
            return None
        with transaction.atomic(), open_action(LEDGER_HAND):
            key = vouch.key_of(tenant)
            log = head_to_change(key)
            if log.size == log.published:
                # Another publisher was first; killed before it showed its head, it leaves that to us.
                _show_again(log)
                return None
            rows = Entry.objects.filter(idx__gte=log.published, idx__lt=log.size).order_by("idx")
            leaves = leaves_of(rows)
            writer = TileWriter(logs.folder(log))
            grown = writer.extend(log.published, leaves)
            if grown.size != log.size or grown.root() != compact_range(log).root():
                raise Clash(
                    "The tiles of the log do not lead to the root in the database.",
                    todo="Stop, keep both, and run: muniment ledger verify --deep.",
                )
            _publish_heads(writer, log.published, leaves)
            at = ports.now()
            head = note.Checkpoint(log.origin, log.size, grown.root())
            signers = logs.signers(log, log.size)
            signed = sign_checkpoint(signers[0], head, at, *signers[1:])
            last = Checkpoint.objects.order_by("-size").values_list("number", flat=True).first()
            made = Checkpoint(
                tenant_id=tenant,
                size=log.size,
                root=grown.root(),
                note=signed.decode("utf-8"),
                at=at,
                number=0 if last is None else last + 1,
            )
            made.voucher = vouch.voucher(key, made)
            made.save(force_insert=True)
            before, log.published = log.published, log.size
            log.voucher = vouch.voucher(key, log)
            log.save(update_fields=["published", "voucher"])
        # After the commit: a reader must never see a checkpoint that the database does not know. And the newest one,
        # while no other publisher can go on: what is shown never goes back.
        with transaction.atomic():
            _show_again(head_to_change(key))
        writer.drop_partials(before, log.size)
    return made


def _publish_heads(writer: TileWriter, first: int, leaves: Sequence[bytes]) -> None:
    """Publish what the stream-heads leaves among these say, before anything that covers them is signed."""
    for index, leaf in enumerate(leaves, start=first):
        if HEADS_LEAF in leaf:
            writer.add(streams.file_of(index), streams.said_by(Entry.objects.get(idx=index)))


def _show_again(log: Log) -> None:
    """Put the newest checkpoint into place when a crash came between its commit and its file."""
    newest: Checkpoint | None = Checkpoint.objects.order_by("-size").first()
    shown = logs.folder(log) / "checkpoint"
    if newest is not None and (
        # Witnesses' signatures may stand behind the log's own.
        not shown.is_file() or not shown.read_bytes().startswith(newest.note.encode("utf-8"))
    ):
        TileWriter(logs.folder(log)).publish(newest.note.encode("utf-8"))


@action("ledger.anchor", cls="log.checkpoint", says="the log of a tenant stood at {facts.size} entries")
def anchor(act: Act, *, checkpoint: Checkpoint, tag: str) -> None:
    """Put a tenant's checkpoint into the deployment's log, so that a whole log cannot be dropped unnoticed."""
    act.record(f"log/{tag}", stream="log", size=checkpoint.size, root=bytes(checkpoint.root).hex())


def publish_and_anchor(tenant: UUID) -> None:
    """Publish a tenant's log, and at once the installation's log that names its head.

    Whoever is to be handed a proof must not wait for the next turn of :func:`settle`, nor for another tenant's trouble.

    :raises Clash, Malformed: when a log cannot be published.
    """
    made = publish(tenant)
    if made is not None:
        clerk = system("sequencer", may=frozenset({"ledger.anchor"}))
        anchor(clerk, checkpoint=made, tag=logs.of(tenant).tag)
    sequence(DEPLOYMENT)
    publish(DEPLOYMENT)
    for one in (tenant, DEPLOYMENT):
        rotation.published(logs.of(one))


def settle(*, heads: bool = False) -> list[Settled]:
    """Give every waiting event its place, publish every log, and anchor the tenants' heads in the deployment's.

    :param heads: also write down at once where every stream ends, instead of within a minute.

    A log that cannot be published does not keep the others from it.

    :raises MunimentError, Malformed, OSError: the first of these troubles, once every log has had its turn.
    """
    done = []
    troubles: list[Exception] = []
    clerk = system("sequencer", may=frozenset({"ledger.anchor"}))
    for log in logs.living():
        try:
            rotation.let_go(log, ports.now())
            sequenced = sequence(log.tenant_id)
            sequenced += (
                streams.make(log.tenant_id) if heads else streams.make_due(log.tenant_id, ports.now())
            )
            made = publish(log.tenant_id)
            now = logs.of(log.tenant_id)
            rotation.published(now)
            receipts.published(now)
        except (MunimentError, Malformed, OSError) as trouble:
            troubles.append(trouble)
            continue
        if made is not None and log.tenant_id != DEPLOYMENT:
            anchor(clerk, checkpoint=made, tag=log.tag)
        fresh = logs.of(log.tenant_id)
        root = compact_range(fresh).root().hex()
        done.append(Settled(log.tenant_id, log.origin, sequenced, fresh.size, root))
    if troubles:
        raise troubles[0]
    return done
