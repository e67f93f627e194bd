"""What stands in an installation, so that two looks at it can be compared: rows by their contents, jobs, files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.db import connection

from muniment.ledger import logs
from muniment.spine.guard import guarded_tables
from muniment.spine.models import Job
from muniment.spine.scope import tenant_scope

#: What grows by putting something on record, and by giving what is on record its place.
ON_RECORD = frozenset(
    f"ledger_{one}" for one in ("outbox", "lane", "stream", "entry", "rowlist", "log", "checkpoint")
)


def rows(apart: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Return a digest of each row of every guarded table, as every tenant of the installation sees them, and of jobs.

    :param apart: tables that are left out.
    """
    found: dict[str, list[str]] = {}
    for log in logs.every():
        with tenant_scope(log.tenant_id), connection.cursor() as cursor:
            for one in guarded_tables():
                if one.table not in apart:
                    name = connection.ops.quote_name(one.table)
                    cursor.execute(f"SELECT * FROM {name}")  # noqa: S608  # out of our own list of tables
                    found.setdefault(one.table, []).extend(_digest(row) for row in cursor.fetchall())
    if "jobs" not in apart:
        found["jobs"] = [_digest(row) for row in Job.objects.values_list()]
    return {table: sorted(set(digests)) for table, digests in found.items()}


def _digest(row: tuple[object, ...]) -> str:
    plain = [bytes(one) if isinstance(one, memoryview) else one for one in row]
    return hashlib.sha256(repr(plain).encode()).hexdigest()


def other(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Return the tables in which something was added, changed or taken away."""
    return [table for table, digests in after.items() if digests != before[table]]


def files(folder: Path) -> list[str]:
    """Return the names of what lies in a folder."""
    return sorted(one.name for one in folder.iterdir())
