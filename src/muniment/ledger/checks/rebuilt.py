"""The state rebuilt from the entries alone, for holding the tables against it.

Rules: only openings are read, never a column that repeats them; what began before the bound of pruning, or cannot be
opened any more, is not judged. Rooms above put their own rebuilding into ``verify.DEEP_CHECKS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.tables.pruning import Retention
from muniment.proof.errors import Malformed
from muniment.spine.envelope import Tampered
from muniment.spine.scope import tenant_scope


@dataclass(frozen=True, slots=True)
class Said:
    """What one entry says: the action, what it is about, and its facts."""

    kind: str
    subject: str
    facts: dict[str, Any]


def history(kinds: Iterable[str]) -> Iterator[Said]:
    """Yield what the current tenant's entries of some actions say, in order; refusals changed nothing."""
    wanted = sorted(kinds)
    for events in (Entry.objects.order_by("idx"), Outbox.objects.order_by("order", "id")):
        for event in events.filter(kind__in=wanted).exclude(cls="refusal").iterator(chunk_size=500):
            try:
                shown = opened_event(event)
            except (Malformed, Tampered, ValueError):
                continue  # the walk over the entries names it
            if shown.value("action"):
                yield Said(str(shown.value("action")), str(shown.value("subject")), shown.facts)


def differences(
    table: str, expected: dict[str, dict[str, Any]], rows: Iterable[tuple[str, dict[str, Any]]]
) -> Iterator[str]:
    """Yield a sentence for each column that is not what the entries lead to.

    :param expected: columns by subject. :param rows: (subject, columns) as the table has them.
    """
    for subject, held in rows:
        for column, value in expected.get(subject, {}).items():
            if held[column] != value:
                yield (
                    f"{table} {subject.rpartition('/')[2].replace('-', '')}: its {column} is {held[column]},"
                    f" and the entries lead to {value}"
                )


def faults(tenant: UUID) -> Iterator[str]:
    """Hold for how long entries are kept against what the entries say was chosen."""
    with tenant_scope(tenant):
        expected: dict[str, dict[str, Any]] = {}
        for one in history({"ledger.retain"}):
            if "months" in one.facts:
                expected[one.subject] = {"months": one.facts["months"]}
        rows = ((f"ledger.Retention/{row.pk}", {"months": row.months}) for row in Retention.objects.all())
        yield from differences("ledger_retention", expected, rows)
