"""The state rebuilt from the entries alone, for holding the tables against it.

Rules: only openings are read, never a column that repeats them; what began before the bound of pruning, or cannot be
opened any more, is not judged. Rooms above put their own rebuilding into ``verify.DEEP_CHECKS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.tables.damage import Damage
from muniment.ledger.tables.pruning import Retention
from muniment.ledger.tables.time import ClockWord
from muniment.ledger.tables.trusted import WitnessPolicy
from muniment.proof.errors import Malformed
from muniment.spine.envelope import Tampered
from muniment.spine.scope import tenant_scope


@dataclass(frozen=True, slots=True)
class Said:
    """What one entry says: the action, what it is about, its facts, and who did it."""

    kind: str
    subject: str
    facts: dict[str, Any]
    actor: str = ""


#: By table: the columns that are rebuilt. A table of settings that is not here has its reason in `tests/house`.
REBUILT: dict[str, tuple[str, ...]] = {"ledger_retention": ("months",)}

#: Columns of one subject, as far as the entries lead to them.
Columns = dict[str, Any]


def rebuilds(table: str, *columns: str) -> str:
    """Note that the columns of a table are rebuilt from the entries; returns the table's name."""
    REBUILT[table] = columns
    return table


def replayed(kinds: Iterable[str], after: Callable[[Said], Columns]) -> dict[str, Columns]:
    """Return the columns by subject to which the current tenant's entries of some actions lead.

    :param after: returns the columns that an entry sets; each sets them whatever they were before.
    """
    expected: dict[str, Columns] = {}
    for one in history(kinds):
        expected.setdefault(one.subject, {}).update(after(one))
    return expected


def shown(row: Any, columns: Iterable[str]) -> tuple[str, Columns]:
    """Return a row as :func:`differences` takes it: its subject and some of its columns."""
    held = {name: getattr(row, name) for name in columns}
    plain = {name: str(value) if isinstance(value, UUID) else value for name, value in held.items()}
    return f"{row._meta.label}/{row.pk}", plain


def history(kinds: Iterable[str]) -> Iterator[Said]:
    """Yield what the current tenant's entries of some actions say, in order; refusals changed nothing."""
    wanted = sorted(kinds)
    for events in (Entry.objects.order_by("idx"), Outbox.objects.order_by("order", "id")):
        for event in events.filter(kind__in=wanted).exclude(cls="refusal").iterator(chunk_size=500):
            try:
                opened = opened_event(event)
            except (Malformed, Tampered, ValueError):
                continue  # the walk over the entries names it
            if opened.value("action"):
                yield Said(
                    str(opened.value("action")),
                    str(opened.value("subject")),
                    opened.facts,
                    str(opened.value("actor")),
                )


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


POLICY: Final = rebuilds("ledger_witnesspolicy", "sha256", "proposed_by", "accepted_by")
WORD: Final = rebuilds("ledger_clockword", "jump", "proposed_by", "confirmed_by")
DAMAGE: Final = rebuilds("ledger_damage", "name", "digest", "proposed_by", "accepted_by")


def faults(tenant: UUID) -> Iterator[str]:
    """Hold the ledger's own settings against its entries: keeping, witnesses, the clock, accepted damage."""
    with tenant_scope(tenant):
        expected: dict[str, Columns] = {}
        for one in history({"ledger.retain"}):
            if "months" in one.facts:
                expected[one.subject] = {"months": one.facts["months"]}
        yield from differences(
            "ledger_retention", expected, [shown(row, ["months"]) for row in Retention.objects.all()]
        )
        yield from held(POLICY, WitnessPolicy.objects.filter(tenant_id=tenant), _policy)
        yield from held(WORD, ClockWord.objects.all(), _word)
        yield from held(DAMAGE, Damage.objects.all(), _damage)


#: Which actions, and what an entry of theirs sets.
Replay = tuple[frozenset[str], Callable[[Said], Columns]]


def held(table: str, rows: Iterable[Any], after: Replay) -> Iterator[str]:
    """Hold the rebuilt columns of a table's rows against the entries of the actions that change them."""
    expected = replayed(*after)
    yield from differences(table, expected, [shown(row, REBUILT[table]) for row in rows])


def _proposed_or(by: str, column: str) -> Callable[[Said, Columns], Columns]:
    """Return how two persons are told apart: who proposed, and who did what ``column`` says."""
    return lambda one, said: (
        {**said, column: one.actor} if one.kind == by else {**said, "proposed_by": one.actor, column: None}
    )


_POLICY_BY = _proposed_or("ledger.accept_policy", "accepted_by")
_WORD_BY = _proposed_or("ledger.confirm_clock", "confirmed_by")
_DAMAGE_BY = _proposed_or("ledger.accept_damage", "accepted_by")
_policy: Replay = (
    frozenset({"ledger.propose_policy", "ledger.accept_policy"}),
    lambda one: _POLICY_BY(one, {"sha256": one.facts.get("sha256")}),
)
_word: Replay = (
    frozenset({"ledger.propose_clock", "ledger.confirm_clock"}),
    lambda one: _WORD_BY(one, {"jump": one.facts.get("jump")}),
)
_damage: Replay = (
    frozenset({"ledger.propose_damage", "ledger.accept_damage"}),
    lambda one: _DAMAGE_BY(one, {"name": one.facts.get("what"), "digest": one.facts.get("digest")}),
)
