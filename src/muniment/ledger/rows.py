"""Digests of guarded rows: what lets ``ledger verify --deep`` name a row that was changed behind our back.

A row's digest is SHA-256 over its stored columns (ciphertext for sealed ones), so it can be recomputed without any
person's key. The entry that last changed a row commits the Merkle root over the list of (table, row, digest).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from muniment.proof.canonical import canonical
from muniment.proof.merkle import root_of
from muniment.spine.guard import GuardedTable, guarded_tables
from muniment.spine.sealed import Stored
from muniment.spine.session import touched

CHUNK: Final = 500
DOMAIN: Final = "muniment.row/1"
_WRITER: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False)

#: (table, row id in hex without hyphens, digest in hex or empty for a row that is gone)
RowMark = tuple[str, str, str]


def stored(value: Any) -> str:  # noqa: PLR0911  # one line for each kind of column reads best
    """Return one stored value as tagged text, so that no two kinds of value look alike."""
    if isinstance(value, bool):
        return f"o:{int(value)}"
    if isinstance(value, int):
        return f"i:{value}"
    if isinstance(value, str):
        return f"s:{value}"
    if isinstance(value, Stored):
        return f"b:{value.blob.hex()}"
    if isinstance(value, bytes | memoryview):
        return f"b:{bytes(value).hex()}"
    if isinstance(value, UUID):
        return f"u:{value.hex}"
    if isinstance(value, datetime):
        return f"t:{value.astimezone(UTC).isoformat(timespec='microseconds')}"
    if isinstance(value, date):
        return f"d:{value.isoformat()}"
    if isinstance(value, float):
        return f"f:{value.hex()}"
    if isinstance(value, Decimal):
        return f"m:{value.normalize()}"
    return f"j:{json.dumps(value, sort_keys=True)}"


def digest_of(table: str, columns: Sequence[str], values: Sequence[Any]) -> str:
    """Return the digest of one row: SHA-256 over its table and its filled columns, sorted by name, in hex.

    An empty column is left out, so that a table may get a new one and the digests of its old rows stay what was
    committed; a value that is taken away or put in changes the digest all the same.
    """
    held = zip(columns, values, strict=True)
    pairs = sorted([name, stored(value)] for name, value in held if value is not None)
    return hashlib.sha256(_WRITER.encode([DOMAIN, table, pairs]).encode()).hexdigest()


def _plain_id(value: Any) -> str:
    return value.hex if isinstance(value, UUID) else str(value).replace("-", "")


def digests(item: GuardedTable, only: Iterable[str] | None = None) -> Iterator[RowMark]:
    """Yield a mark for each row of the table, or for the named rows; a named row that is gone has an empty digest."""
    fields = list(item.model._meta.concrete_fields)
    columns = [str(field.column) for field in fields]
    names = [field.attname for field in fields]
    key = columns.index(item.key)
    rows: Any = item.model._base_manager.values_list(*names)
    if only is None:
        for values in rows.iterator(chunk_size=CHUNK):
            yield item.table, _plain_id(values[key]), digest_of(item.table, columns, values)
        return
    wanted = sorted(only)
    for first in range(0, len(wanted), CHUNK):
        part = wanted[first : first + CHUNK]
        found = {_plain_id(values[key]): values for values in rows.filter(pk__in=part)}
        for row in part:
            values = found.get(row)
            yield item.table, row, "" if values is None else digest_of(item.table, columns, values)


def taken(touched: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which rows changed since the action opened, and forget them.

    SQLCipher's triggers fill the set; PostgreSQL's fill a temporary table of this connection.
    """
    if connection.vendor != "postgresql":
        rows = set(touched)
        touched.clear()
        return rows
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pg_temp.muniment_touched RETURNING tbl, pk")
        return {(table, row.replace("-", "")) for table, row in cursor.fetchall()}


def take_over(found: Iterable[tuple[str, str]]) -> None:
    """Let the open action commit these rows as they stand, though it did not change them.

    :param found: tables and row identifiers in hex; a row that is not there is committed as removed.
    """
    if connection.vendor != "postgresql":
        for table, row in found:
            touched(table, row)
        return
    with connection.cursor() as cursor:
        for table, row in found:
            cursor.execute(
                "INSERT INTO pg_temp.muniment_touched VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [table, str(UUID(row))],
            )


def marks(touched: set[tuple[str, str]]) -> list[RowMark]:
    """Return the sorted marks of the touched rows as they stand now."""
    by_table: dict[str, list[str]] = {}
    for table, row in touched:
        by_table.setdefault(table, []).append(row)
    tables = {item.table: item for item in guarded_tables()} if by_table else {}
    return sorted(mark for table, rows in by_table.items() for mark in digests(tables[table], rows))


def encode(found: list[RowMark]) -> tuple[bytes, str]:
    """Return the list as canonical JSON, and the Merkle root over its members in hex."""
    body = canonical([list(mark) for mark in found])
    return body, root_of(canonical(list(mark)) for mark in found).hex()
