"""What shows a stranger that a tenant's state was witnessed through the installation's log."""

from __future__ import annotations

from datetime import datetime

from muniment.ledger import covering, logs, witnessing
from muniment.ledger.models import Checkpoint, Entry, Log
from muniment.ledger.openings import opened_event
from muniment.proof.checkpoint import Checkpoint as SignedHead
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.cosigned import ANCHOR
from muniment.proof.errors import Malformed
from muniment.proof.layout import write_event
from muniment.proof.tiles import Tiles
from muniment.proof.tlogproof import write_tlog_proof
from muniment.spine.errors import MunimentError
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: What is shown of the entry: the state that it names, nothing of who acted.
SHOWN = ("action", "subject", "outcome", "facts.size", "facts.root")


def ask(log: Log, now: datetime) -> None:
    """Ask the witnesses about the newest heads that a proof of this log rests on; without an answer nothing fails."""
    try:
        found = witnessing.policy()
        if found is None:
            return
        about = {one.origin: one for one in witnessing.chosen(found)}
        for one in (log, logs.of(DEPLOYMENT)):
            if one.origin in about:
                witnessing.ask(one, found, now)
    except (MunimentError, Malformed, OSError):
        return


def anchor_of(log: Log, size: int, root: bytes) -> tuple[bytes, bytes] | None:
    """Return the entry that names this state of a log, and its proof under the installation's witnessed head.

    :returns: None when no witnessed head holds such an entry.
    """
    own = logs.of(DEPLOYMENT)
    raw = witnessing.kept_witnessed(own)
    if not raw or log.tenant_id == DEPLOYMENT:
        return None
    with tenant_scope(DEPLOYMENT):
        head = _published(raw)
        if head is None:
            return None
        named = Entry.objects.filter(kind=ANCHOR, subject=f"log/{log.tag}", idx__lt=head.size).order_by(
            "-idx"
        )
        for entry in named[:100]:
            shown = opened_event(entry)
            if (shown.facts.get("size"), shown.facts.get("root")) == (size, root.hex()):
                openings = tuple(one for one in shown.openings if one.path in SHOWN)
                # The first head that holds it, by as many witnesses as any: so the same entry is told the same again.
                raw = covering.head_over(own, entry.idx + 1) or raw
                head = parse_checkpoint(raw)
                hashes = Tiles(logs.folder(own), head.size).inclusion(entry.idx)
                event = write_event(entry.idx, bytes(entry.leaf), openings)
                return event, write_tlog_proof(entry.idx, hashes, raw)
    return None


def _published(raw: bytes) -> SignedHead | None:
    """Return a head if it is one that the current log published."""
    head = parse_checkpoint(raw)
    rows = Checkpoint.objects.filter(size=head.size).values_list("root", flat=True)
    return head if head.root in {bytes(root) for root in rows} else None
