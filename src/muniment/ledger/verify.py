"""Checking the ledger against itself, and, in depth, every guarded row and stored file against the ledger.

Plain: entries are numbered without a gap, their leaves lead to the stored head, to every file on the disk and to
every signed checkpoint, bodies are those that the leaves name, streams and lanes are numbered without a gap, what
waits or is not signed yet bears its voucher, and no log is missing.
Deep: each opening is what was committed, the search columns say what the openings say, and each guarded row is what
the entry that last changed it committed; other rooms add checks of their own (stored files).

What was found is a list of sentences that name the row or file; an empty list means that everything holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final
from uuid import UUID

from muniment.ledger import deep as depth
from muniment.ledger import heads, logs, receipts, streams, tally, vouch
from muniment.ledger.clock import clock_faults
from muniment.ledger.disk import Disk
from muniment.ledger.logged import Logged
from muniment.ledger.models import Checkpoint, Entry, Log, Outbox, Stream
from muniment.ledger.openings import opened_event
from muniment.ledger.pruning.bound import in_force
from muniment.ledger.questions import spans
from muniment.ledger.snapshot import one_moment
from muniment.ledger.tables.checks import Check
from muniment.ledger.time import bounds
from muniment.ledger.trust import accepting, replacing
from muniment.ledger.walk import Finding, Start, Walk
from muniment.proof.checkpoint import Checkpoint as SignedHead
from muniment.proof.errors import Malformed
from muniment.proof.note import Key
from muniment.spine import config
from muniment.spine.envelope import Tampered
from muniment.spine.errors import Invalid
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: Checks that other rooms add: each takes a tenant and yields sentences about what does not hold.
DEEP_CHECKS: list[Callable[[UUID], Iterator[str]]] = []

ANCHORS: Final = "log.checkpoint"


def verify_log(tenant: UUID, *, deep: bool = False) -> Finding:
    """Check one tenant's log, and with ``deep`` its rows and files.

    :returns: what was looked at, and a sentence for each thing that does not hold.
    """
    found = Finding()
    with tenant_scope(tenant):
        early: Log | None = Log.objects.first()
        keys, file = _outside(early, found)
        with one_moment():
            log: Log | None = Log.objects.first()
            if log is None or early is None or (log.tag, log.vkeys) != (early.tag, early.vkeys):
                found.add(f"tenant {tenant}: its log is missing")
                return found
            _tables(log, keys, file, found, deep=deep)
            if tenant == DEPLOYMENT:
                found.extend(clock_faults())
            if deep:
                for check in DEEP_CHECKS:
                    found.extend(check(tenant))
    return found


def _outside(log: Log | None, found: Finding) -> tuple[tuple[Key, ...] | None, heads.Published]:
    """Read what the database does not hold: first, so that it is never newer than what the tables say."""
    nothing = heads.Published(b"", None, "")
    if log is None:
        return None, nothing
    try:
        keys = heads.keys_of(log)
    except Malformed as why:
        found.add(f"{log.origin}: its public keys cannot be read ({why.what})")
        return None, nothing
    found.extend(heads.key_faults(log, keys), of=log.origin)
    found.extend(receipts.key_faults(log, keys), of=log.origin)
    return keys, heads.published(log, keys)


def _tables(
    log: Log, keys: tuple[Key, ...] | None, file: heads.Published, found: Finding, *, deep: bool
) -> None:
    try:
        key = vouch.key_of(log.tenant_id)
    except KeyDestroyed:
        # A tenant whose own key was destroyed: what stands in the tree is all that is left, and it still verifies.
        key = None
    told: list[str] = []
    below, start = in_force(told)
    found.extend(iter(told), of=log.origin)
    walk = _walk(log, found, key, start, below, deep=deep, head=file.head)
    walk.entries()
    found.extend(heads.head_faults(log, key, walk.tree), of=log.origin)
    found.extend(replacing.faults(log), of=log.origin)
    if keys is not None:
        found.extend(heads.row_faults(log, keys, key), of=log.origin)
        found.extend(heads.file_faults(log, file, below), of=log.origin)
        found.extend(heads.kept_faults(log, file, keys, _witnesses()), of=log.origin)
    found.extend(streams.map_faults(log), of=log.origin)
    if key is not None:
        found.not_held.extend(streams.not_held(log))
    found.extend(spans.faults(log), of=log.origin)
    walk.waiting()
    found.extend(walk.counts(), of=log.origin)
    if key is not None:
        found.extend(_check_faults(key), of=log.origin)
        found.extend(tally.tally_faults(log.tenant_id, key), of=log.origin)
    if deep:
        for sentence in depth.guarded_faults(walk.start.last):
            if sentence is None:
                found.rows += 1
            else:
                found.add(sentence)


def _witnesses() -> tuple[Key, ...]:
    """Return the keys of the witnesses in force; none when nobody was named or the policy cannot be read."""
    with suppress(Invalid, Malformed, Tampered, KeyDestroyed):
        found = accepting.in_force().policy
        return () if found is None else found.witness_keys
    return ()


def _walk(
    log: Log,
    found: Finding,
    key: bytes | None,
    start: Start,
    below: int,
    *,
    deep: bool,
    head: SignedHead | None,
) -> Walk:
    """Return the walk over a log from its beginning.

    :param below: the bound of pruning. :param head: the one that is published.
    """
    signed = Checkpoint.objects.order_by("size", "number").values_list("size", "root")
    streams = {one.id: one for one in Stream.objects.iterator(chunk_size=1000)}
    folder = logs.folder(log)
    disk, logged = Disk(folder, 0 if head is None else head.size, below), Logged(folder, head)
    return Walk(log, found, deep, key, disk, logged, signed.iterator(chunk_size=1000), streams, start, below)


def state_at(tenant: UUID, index: int) -> tuple[Finding, Start]:
    """Walk a log up to one entry, everything held against everything, and return the state there, for pruning.

    What lies behind is held too, so that a log that does not hold anywhere is not pruned.
    """
    found = verify_log(tenant)
    with tenant_scope(tenant):
        log = Log.objects.get()
        told: list[str] = []
        below, start = in_force(told)
        head = heads.published(log, heads.keys_of(log)).head
        walk = _walk(log, found, vouch.key_of(tenant), start, below, deep=True, head=head)
        walk.entries(until=index)
        return found, walk.start


def _check_faults(key: bytes) -> Iterator[str]:
    """Hold what is remembered of earlier checks against its vouchers."""
    for one in Check.objects.order_by("began_at").iterator(chunk_size=500):
        if not vouch.vouched(key, one):
            yield f"check {one.id.hex} of {one.began_at.date().isoformat()}: it is not as the ledger wrote it"


def _anchored() -> dict[str, tuple[int, str]]:
    """Return the last size and root that the deployment's log holds of each log, by the log's name there.

    The class stands in the leaf, and what an anchor says is sealed under a key that the database does not have.
    """
    said: dict[str, tuple[int, str]] = {}
    with tenant_scope(DEPLOYMENT):
        for events in (Entry.objects.order_by("idx"), Outbox.objects.order_by("order", "id")):
            for event in events.filter(cls=ANCHORS).iterator(chunk_size=1000):
                try:
                    shown = opened_event(event)
                    size, root = int(shown.facts["size"]), str(shown.facts["root"])
                except (Malformed, Tampered, ValueError, KeyError):
                    continue  # the walk over the deployment's log names it
                name = str(shown.value("subject"))
                said[name] = max(said.get(name, (0, "")), (size, root))
    return said


def _anchor_faults() -> Iterator[str]:
    """Hold every tenant's log against what the deployment's log says of its heads, so that none is dropped whole."""
    known = {f"log/{log.tag}": log for log in logs.every()}
    for subject, (size, root) in sorted(_anchored().items()):
        if subject not in known:
            yield f"{subject}: the deployment's log says that it stood at {size} entries, and it is missing"
            continue
        with tenant_scope(known[subject].tenant_id):
            held = Checkpoint.objects.filter(size=size).first()
        if held is None or bytes(held.root).hex() != root:
            yield f"{known[subject].origin}: its checkpoint at {size} is not the one in the deployment's log"


def _left_behind() -> Iterator[str]:
    """Name the folders of logs whose row is gone: a log is never removed."""
    tags = {log.tag for log in logs.every()}
    above = config.current().data / "log"
    for one in sorted(above.iterdir()) if above.is_dir() else ():
        if one.name not in tags:
            yield f"log/{one.name}: its files are on the disk, and its row is missing"


def installation_faults() -> Iterator[str]:
    """Name what is missing of the installation as a whole: logs that were dropped, with or without their files."""
    with one_moment():
        yield from _anchor_faults()
        yield from _left_behind()
        yield from bounds.faults()


def verify(*, deep: bool = False) -> dict[UUID, Finding]:
    """Check every log of the installation, and that none of them is missing."""
    tenants = [log.tenant_id for log in logs.every()]
    found = {tenant: verify_log(tenant, deep=deep) for tenant in dict.fromkeys([*tenants, DEPLOYMENT])}
    found[DEPLOYMENT].extend(installation_faults())
    return found
