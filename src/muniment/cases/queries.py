"""Reads of the cases, and of the things that belong to them as they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from muniment.cases import rules
from muniment.cases.models import Answer, Case, Decision, Item, ItemKind, State
from muniment.spine.errors import Absent, Invalid
from muniment.vault import queries as vault


@dataclass(frozen=True, slots=True)
class Thing:
    """What belongs to a case, as it is now.

    :param digest: SHA-256 in hex of its contents; a change of contents is a change of digest.
    :param address: name of the URL and its argument.
    """

    kind: str
    item_id: UUID
    digest: str
    title: str
    address: tuple[str, UUID]


def _evidence(item_id: UUID) -> Thing:
    version = vault.version(item_id)
    title = f"{version.document.title}, version {version.number}"
    return Thing(ItemKind.EVIDENCE, item_id, version.sha256, title, ("vault:version", version.id))


#: How a thing of each kind is found in its own room.
THINGS: dict[str, Callable[[UUID], Thing]] = {ItemKind.EVIDENCE: _evidence}


def thing(kind: str, item_id: UUID) -> Thing:
    """Return a thing as it is now.

    :raises Invalid: for a kind that cannot belong to a case.
    :raises Absent: when there is none in this tenant.
    """
    if kind not in THINGS:
        raise Invalid(
            "This cannot belong to a case.", todo=f"Attach one of: {', '.join(sorted(THINGS))}.", where="kind"
        )
    return THINGS[kind](item_id)


def items(case: Case) -> list[Item]:
    """Return what belongs to a case, in the order in which it was attached."""
    return list(Item.objects.filter(case=case).order_by("attached_at", "id"))


def contents(held: Iterable[Item]) -> list[tuple[str, str, str]]:
    """Return (kind, identifier, digest now) of each item."""
    return [(item.kind, str(item.item_id), thing(item.kind, item.item_id).digest) for item in held]


@dataclass(frozen=True, slots=True)
class Held:
    """An item with the thing as it is now; ``changed`` when it is no longer what was attached."""

    item: Item
    thing: Thing

    @property
    def changed(self) -> bool:
        """Whether the contents are no longer those that were attached."""
        return self.item.digest != self.thing.digest


@dataclass(frozen=True, slots=True)
class Whole:
    """A case with all that belongs to it.

    :param waiting: the decision that was asked for and not answered yet.
    :param shown: digest of exactly what a person who decides is shown, empty when nothing waits.
    """

    case: Case
    held: tuple[Held, ...]
    decisions: tuple[Decision, ...]
    waiting: Decision | None
    shown: str


def whole(case_id: UUID) -> Whole:
    """Return a case with all that belongs to it.

    :raises Absent: when there is none in this tenant.
    """
    case: Case | None = Case.objects.filter(id=case_id).first()
    if case is None:
        raise Absent
    held = tuple(Held(item, thing(item.kind, item.item_id)) for item in items(case))
    decisions = tuple(Decision.objects.filter(case=case).order_by("requested_at", "id"))
    waiting = next((one for one in decisions if one.answer == Answer.ASKED), None)
    shown = ""
    if waiting is not None:
        now = [(one.item.kind, str(one.item.item_id), one.thing.digest) for one in held]
        shown = rules.shown_digest(case, now, waiting.outcome, str(waiting.rationale), waiting.requested_by)
    return Whole(case, held, decisions, waiting, shown)


def queue(state: str | None = None) -> list[Case]:
    """Return the cases, those that are due first."""
    rows = Case.objects.order_by("closed_at", "due_at", "number")
    return list(rows.filter(state=state) if state else rows)


def waiting_count() -> int:
    """Return how many cases nobody has decided yet."""
    return int(Case.objects.filter(state__in=[State.OPEN, State.PROPOSED]).count())


def overdue(at: datetime) -> list[Case]:
    """Return the cases that nobody has decided and whose time has passed."""
    return list(Case.objects.filter(state__in=[State.OPEN, State.PROPOSED], due_at__lt=at).order_by("due_at"))
