"""Logs: one for each tenant, one for the deployment; their names, folders and signing keys.

Rules: a log's origin holds a random tag, never a tenant's name; its signing keys lie sealed in a folder of their own
and only the publisher opens them; an origin never changes.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from muniment.ledger import vouch
from muniment.ledger.models import Log
from muniment.proof.signer import Signer, new_signer, signer_from_pem
from muniment.spine import config, envelope, ports
from muniment.spine.errors import Busy
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.installation import provider
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.spine.session import open_action


def folder(log: Log) -> Path:
    """Return the folder of a log's tiles and checkpoint."""
    return config.current().data / "log" / log.tag


def _key_path(tag: str) -> Path:
    return config.current().signing_keys / f"{tag}.sealed"


def _key_place(tag: str) -> bytes:
    return b"muniment.log-key\0" + tag.encode()


def _keep(tag: str, signer: Signer) -> None:
    path = _key_path(tag)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed = envelope.seal(provider().derive("log-signing"), signer.to_pem(), _key_place(tag))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())


def signer(log: Log) -> Signer:
    """Return the log's signing keys.

    :raises Busy: when they are not on this machine.
    """
    try:
        sealed = _key_path(log.tag).read_bytes()
    except OSError:
        raise Busy(
            "The signing key of a log is not here.",
            todo="Restore the folder of signing keys, then settle again.",
        ) from None
    pem = envelope.open_sealed(provider().derive("log-signing"), sealed, _key_place(log.tag))
    return signer_from_pem(log.origin, pem)


def begin(tenant: UUID) -> Log:
    """Begin a tenant's log: its tag, its keys, its empty tree. Keys are on the disk before the row commits."""
    tag = ports.random_bytes(16).hex()
    house = urlsplit(config.current().public_url).hostname or "muniment"
    origin = f"{house}/muniment/{'deployment' if tenant == DEPLOYMENT else 't'}/{tag}"
    made = new_signer(origin)
    _keep(tag, made)
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


def every() -> list[Log]:
    """Return every log of the installation, the deployment's last."""
    with tenant_scope(DEPLOYMENT):
        return sorted(Log.everything.all(), key=lambda log: (log.tenant_id == DEPLOYMENT, log.tag))
