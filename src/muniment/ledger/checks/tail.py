"""The end of a log, looked at every five minutes: what was added since the last check that found nothing.

Rules: it begins at a checkpoint that was held before, from the hashes in the tiles, which must lead to what that
checkpoint signed; what it does not look at (older entries, numbers of streams, rows) the daily check does.
"""

from __future__ import annotations

from uuid import UUID

from muniment.ledger import accepted, heads, logs, vouch
from muniment.ledger.disk import Disk
from muniment.ledger.logged import Logged
from muniment.ledger.models import Checkpoint, Log, Stream
from muniment.ledger.snapshot import one_moment
from muniment.ledger.tables.checks import Check
from muniment.ledger.tables.pruning import Prune
from muniment.ledger.walk import Finding, Start, Walk
from muniment.proof.errors import Malformed
from muniment.proof.note import Key
from muniment.proof.tiles import WIDTH, Tiles
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import tenant_scope


def verify_tail(tenant: UUID) -> Finding:
    """Check the end of one tenant's log.

    :returns: what was looked at, and a sentence for each thing that does not hold.
    """
    found = Finding()
    with tenant_scope(tenant):
        early: Log | None = Log.objects.first()
        if early is None:
            found.add(f"tenant {tenant}: its log is missing")
            return found
        try:
            keys = heads.keys_of(early)
        except Malformed as why:
            found.add(f"{early.origin}: its public keys cannot be read ({why.what})")
            return found
        file = heads.published(early, keys)
        with one_moment():
            log: Log = Log.objects.get()
            _look(log, keys, file, found)
    return found


def _known() -> Checkpoint | None:
    """Return the newest checkpoint that a good check covered."""
    good = (
        Check.objects.filter(outcome__in=("holds", "accepted"))
        .order_by("-began_at")
        .values_list("size", flat=True)
        .first()
    )
    if good is None:
        return None
    found: Checkpoint | None = Checkpoint.objects.filter(size__lte=good).order_by("-size").first()
    return found


def _before(known: Checkpoint | None) -> Checkpoint | None:
    """Return the checkpoint before the known one, so that the known one is held once more itself."""
    if known is None:
        return None
    found: Checkpoint | None = Checkpoint.objects.filter(number=known.number - 1).first()
    return found


def _look(log: Log, keys: tuple[Key, ...], file: heads.Published, found: Finding) -> None:
    try:
        key = vouch.key_of(log.tenant_id)
    except KeyDestroyed:
        key = None
    known = _known()
    begin = 0 if known is None else known.size - known.size % WIDTH
    begin = max(begin, Prune.objects.order_by("-bound").values_list("bound", flat=True).first() or 0)
    disk = Disk(logs.folder(log), 0 if file.head is None else file.head.size, begin)
    start = Start(numbered=False)
    try:
        start.tree = Tiles(logs.folder(log), begin).range()
        disk.begin(begin)
    except Malformed as why:
        found.add(f"{log.origin}: {why}")
        return
    signed = Checkpoint.objects.order_by("size", "number").values_list("size", "root")
    ahead = signed.filter(size__gte=max(begin, 1)) if known is None else signed.filter(size__gte=known.size)
    streams = {one.id: one for one in Stream.objects.iterator(chunk_size=1000)}
    logged = Logged(logs.folder(log), file.head)
    walk = Walk(log, found, False, key, disk, logged, ahead.iterator(chunk_size=1000), streams, start)
    walk.entries(strange=False)
    found.extend(heads.head_faults(log, key, walk.tree), of=log.origin)
    found.extend(heads.row_faults(log, keys, key, _before(known)), of=log.origin)
    found.extend(heads.file_faults(log, file, begin), of=log.origin)
    walk.waiting()
    found.accepted += [one.sentence for one in accepted.all_accepted() if not one.fault]
