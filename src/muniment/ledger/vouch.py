"""Vouchers: what shows that a row is as the ledger's own hand wrote it, where no leaf holds it yet.

A waiting event, the head of a log and the list of its checkpoints stand in the database alone for a while. Each bears
an HMAC-SHA-256 (RFC 2104) over all its columns, under a key of the tenant that the database has never seen. Who owns
the database can take such a row away or put an older one back, and cannot write one.
"""

from __future__ import annotations

import hmac
from typing import Any, Final
from uuid import UUID

from muniment.ledger.rows import digest_of
from muniment.spine.installation import keyring
from muniment.spine.keys import derive

#: Columns by table. A column that is added later is not covered before it stands here, and then in a migration
#: that vouches for the rows that are there.
COLUMNS: Final = {
    "ledger_check": (
        "id",
        "tenant_id",
        "what",
        "began_at",
        "milliseconds",
        "size",
        "entries",
        "rows",
        "outcome",
        "fault_count",
        "faults",
        "entry",
    ),
    "ledger_clockseen": ("id", "tenant_id", "at", "boot", "ticks", "drift"),
    "ledger_checkpoint": ("id", "tenant_id", "size", "root", "note", "at", "number"),
    "ledger_log": ("id", "tenant_id", "tag", "origin", "vkeys", "size", "frontier", "published"),
    "ledger_outbox": (
        "id",
        "tenant_id",
        "cls",
        "kind",
        "actor",
        "subject",
        "at",
        "stream",
        "body",
        "order",
        "commitments",
    ),
    "spine_tally": ("id", "tenant_id", "actor", "actor_kind", "role", "kind", "since", "times"),
}


def key_of(tenant: UUID) -> bytes:
    """Return the key of a tenant's vouchers.

    :raises KeyDestroyed: when the tenant has none, or no longer.
    """
    return derive(keyring().blind_key(tenant), "ledger-voucher")


def voucher(key: bytes, row: Any) -> bytes:
    """Return the voucher of a row as it stands in memory."""
    table = row._meta.db_table
    columns = COLUMNS[table]
    digest = digest_of(table, columns, [getattr(row, name) for name in columns])
    return hmac.digest(key, b"muniment.voucher/1\0" + digest.encode("ascii"), "sha256")


def vouched(key: bytes, row: Any) -> bool:
    """Return whether a row bears the voucher that belongs to it."""
    return hmac.compare_digest(bytes(row.voucher), voucher(key, row))
