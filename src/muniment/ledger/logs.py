"""Logs: one for each tenant, one for the deployment; their names, folders and signing keys.

Rules: a log's origin holds a random tag, never a tenant's name; its signing keys lie sealed in a folder of their own
and only the publisher opens them; an origin never changes. Keys may follow each other (`trust/rotation.py`): which
ones sign a checkpoint follows from where the log itself announces them and lets them go.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from muniment.ledger import vouch
from muniment.ledger.models import Entry, Log
from muniment.ledger.tables.trusted import LogKey
from muniment.proof.note import Key, parse_keys
from muniment.proof.signer import Signer, new_signer, signer_from_pem
from muniment.spine import config, envelope, ports
from muniment.spine.errors import Busy
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.installation import keyring, provider
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.spine.session import open_action


def folder(log: Log) -> Path:
    """Return the folder of a log's tiles and checkpoint."""
    return config.current().data / "log" / log.tag


def key_path(log: Log, number: int = 0) -> Path:
    """Return where a log's signing keys lie, sealed.

    :param number: 0 for the first ones, 1 for those that follow them.
    """
    return _key_path(log.tag, number)


def _key_path(tag: str, number: int = 0) -> Path:
    return config.current().signing_keys / (f"{tag}.{number}.sealed" if number else f"{tag}.sealed")


def _key_place(tag: str, number: int = 0) -> bytes:
    return b"muniment.log-key\0" + tag.encode() + (f"\0{number}".encode() if number else b"")


def keep(tag: str, signer: Signer, number: int = 0) -> None:
    """Write a log's signing keys, sealed; they are on the disk, whole or not at all, when this returns."""
    path = _key_path(tag, number)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed = envelope.seal(provider().derive("log-signing"), signer.to_pem(), _key_place(tag, number))
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    # A link never takes another file's place: keys that a log may have signed with are not written over.
    os.link(aside, path)
    aside.unlink()
    _sync(path.parent)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def destroy(log: Log, number: int) -> None:
    """Remove signing keys that sign nothing any more."""
    path = _key_path(log.tag, number)
    if path.exists():
        path.unlink()
        _sync(path.parent)


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of keys of a log, and at which sizes it signs.

    :param number: 0 for the first. :param first: it signs heads that hold more entries than this (-1: all).
    :param last: the largest size that it signs, when it was let go.
    """

    number: int
    keys: tuple[Key, ...]
    first: int = -1
    last: int | None = None

    def signs(self, size: int) -> bool:
        """Return whether a head of this size bears its signatures."""
        return self.first < size and (self.last is None or size <= self.last)


def pairs(log: Log) -> list[Pair]:
    """Return the pairs of keys of a log that its entries speak of, the first one first.

    :raises Malformed: when their rows do not hold keys.
    """
    with tenant_scope(log.tenant_id):
        rows: list[LogKey] = list(LogKey.objects.order_by("number"))
        events = [event for row in rows for event in (row.announced, row.retired) if event]
        places = dict(Entry.objects.filter(id__in=events).values_list("id", "idx")) if events else {}
    own = parse_keys(log.vkeys.encode())
    found = [Pair(0, own if not rows else own[:2])]
    for row in rows:
        if row.announced not in places:
            break  # the announcement has no place yet: nobody can know of these keys
        last = places.get(row.retired)
        before = found[-1]
        found[-1] = Pair(before.number, before.keys, before.first, last)
        found.append(Pair(row.number, parse_keys(row.vkeys.encode()), places[row.announced]))
    return found


def keys_at(log: Log, size: int) -> tuple[Key, ...]:
    """Return the keys that sign a head of this size.

    :raises Malformed: when their rows do not hold keys.
    """
    return tuple(key for pair in pairs(log) if pair.signs(size) for key in pair.keys)


def opened_signer(log: Log, number: int) -> Signer:
    """Open signing keys of a log.

    :raises Busy: when they are not on this machine.
    :raises Malformed, Tampered: when the file was changed.
    """
    try:
        sealed = _key_path(log.tag, number).read_bytes()
    except OSError:
        raise Busy(
            "The signing key of a log is not here.",
            todo="Restore the folder of signing keys, then settle again.",
        ) from None
    pem = envelope.open_sealed(provider().derive("log-signing"), sealed, _key_place(log.tag, number))
    return signer_from_pem(log.origin, pem)


def signers(log: Log, size: int) -> list[Signer]:
    """Return the signing keys that sign a head of this size, the oldest first.

    :raises Busy: when they are not on this machine.
    """
    return [opened_signer(log, pair.number) for pair in pairs(log) if pair.signs(size)]


def signer(log: Log) -> Signer:
    """Return the oldest signing keys that still sign: whoever does not know the newer ones yet can follow.

    :raises Busy: when they are not on this machine.
    """
    return signers(log, log.size)[0]


def new_tag() -> str:
    """Draw the name of a log that says nothing about its tenant."""
    return ports.random_bytes(16).hex()


def discard(tag: str) -> None:
    """Remove the signing keys of a log that never began."""
    path = _key_path(tag)
    for one in (path, path.with_name(f".{path.name}.new")):
        one.unlink(missing_ok=True)
    _sync(path.parent)


def begin(tenant: UUID, tag: str = "") -> Log:
    """Begin a tenant's log: its tag, its keys, its empty tree. Keys are on the disk before the row commits.

    :param tag: what :func:`new_tag` drew; it is drawn here when there is none.
    """
    tag = tag or new_tag()
    house = urlsplit(config.current().public_url).hostname or "muniment"
    origin = f"{house}/muniment/{'deployment' if tenant == DEPLOYMENT else 't'}/{tag}"
    made = new_signer(origin)
    keep(tag, made)
    with tenant_scope(tenant), transaction.atomic(), open_action(LEDGER_HAND):
        log = Log(tenant_id=tenant, tag=tag, origin=origin, vkeys=made.vkeys().decode("ascii"))
        log.voucher = vouch.voucher(vouch.key_of(tenant), log)
        log.save(force_insert=True)
    return log


def of(tenant: UUID) -> Log:
    """Return a tenant's log."""
    with tenant_scope(tenant):
        log: Log = Log.objects.get()
        return log


def living() -> list[Log]:
    """Return the logs that can still be written: a tenant whose own key was destroyed by order has none any more."""
    found = []
    for log in every():
        try:
            keyring().tenant_key(log.tenant_id)
        except KeyDestroyed:
            continue
        found.append(log)
    return found


def every() -> list[Log]:
    """Return every log of the installation, the deployment's last."""
    with tenant_scope(DEPLOYMENT):
        return sorted(Log.everything.all(), key=lambda log: (log.tenant_id == DEPLOYMENT, log.tag))
