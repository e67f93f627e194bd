"""Which changes of the tables are not on record yet.

Rules: the tables change before the entry about it can be written, since the entry needs them; so where that entry
failed, the next `muniment migrate` tells of those steps as well. What was told once is not told again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max

from muniment.ledger.models import Entry, Event, Outbox
from muniment.spine.scope import DEPLOYMENT, tenant_scope


def untold_steps() -> list[str]:
    """Return the names of the steps made since the newest entry about the tables, in the order they were made.

    Where that entry was pruned, the oldest one that was kept stands for it: an entry about a later step would have been
    kept too.
    """
    with tenant_scope(DEPLOYMENT):
        since = _last_told() or _oldest_kept()
    made = MigrationRecorder(connection).migration_qs.order_by("applied", "id")
    if since is not None:
        made = made.filter(applied__gt=since)
    return [f"{app}.{name}" for app, name in made.values_list("app", "name")]


def _last_told() -> datetime | None:
    told = [
        table.objects.filter(kind="ops.migrate").exclude(cls="refusal").aggregate(at=Max("at"))["at"]
        for table in (Entry, Outbox)
    ]
    return max((at for at in told if at is not None), default=None)


def _oldest_kept() -> datetime | None:
    row: Event | None = Entry.objects.order_by("idx").first() or Outbox.objects.order_by("order").first()
    return row.at if row is not None else None
