"""Reads of the cases, and of the things that belong to them as they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F
from django.urls import NoReverseMatch, reverse

from muniment.access import queries as access
from muniment.cases import rules
from muniment.cases.models import Answer, Case, Decision, Item, ItemKind, State
from muniment.ledger import queries as ledger
from muniment.scans import queries as scans
from muniment.scans import rules as finding_rules
from muniment.screening import queries as screening
from muniment.screening import rules as match_rules
from muniment.sources import rules as sources
from muniment.spine.errors import Absent, Invalid
from muniment.spine.scope import tenant_scope
from muniment.vault import queries as vault

MOST: Final = 100
#: What a page calls the cases that nobody has decided yet.
WAITING: Final = "waiting"


@dataclass(frozen=True, slots=True)
class Thing:
    """What belongs to a case, as it is now.

    :param digest: SHA-256 in hex of its contents; a change of contents is a change of digest.
    :param status: the code of its state as pages show it; empty when it has none.
    :param address: name of the page and its argument.
    """

    kind: str
    item_id: UUID
    digest: str
    title: str
    status: str
    address: tuple[str, UUID]

    @property
    def url(self) -> str:
        """Where its page stands; empty when that room has none."""
        name, argument = self.address
        try:
            return reverse(name, args=[argument])
        except NoReverseMatch:
            return ""


def _evidence(item_id: UUID, _anchors: scans.Anchors) -> Thing:
    version = vault.version(item_id)
    title = f"{version.document.title}, version {version.number}"
    return Thing(ItemKind.EVIDENCE, item_id, version.sha256, title, "", ("vault:version", version.id))


#: How a finding's status is called where states are shown.
FINDING_STATUS: Final = {
    "conflict_found": "conflict",
    "evidence_found": "evidence",
    "no_evidence_found": "no_evidence",
    "cannot_tell": "cannot_tell",
}


def _finding(item_id: UUID, anchors: scans.Anchors) -> Thing:
    found = scans.finding(item_id)
    holds = anchors.of(found).holds
    digest = finding_rules.contents_digest(found, anchored=holds)
    title = f"{sources.called(found.act)} {sources.cited(found.eid)}"
    status = FINDING_STATUS.get(found.status, "cannot_tell") if holds else "unanchored"
    return Thing(ItemKind.FINDING, item_id, digest, title, status, ("scans:finding", item_id))


def _match(item_id: UUID, _anchors: scans.Anchors) -> Thing:
    found = screening.match(item_id)
    record = match_rules.parsed(str(found.record))
    parties = screening.parties([found.counterparty_id])
    party = (
        parties[found.counterparty_id].name if found.counterparty_id in parties else found.screened.reference
    )
    entry = str(record["caption"]) if record else found.entity_id
    title = f"{party} – {entry} ({sources.called(found.list_key)} {found.list_version})"
    status = found.state if found.state in {"cleared", "confirmed"} else str(found.verdict)
    return Thing(
        ItemKind.MATCH, item_id, found.digest, title, MATCH_STATUS[status], ("screening:match", item_id)
    )


#: How a match's state or verdict is called where states are shown.
MATCH_STATUS: Final = {
    "alert": "alert",
    "consider": "also_consider",
    "below": "clear",
    "clear": "clear",
    "cleared": "cleared",
    "confirmed": "confirmed",
}

#: How a thing of each kind is found in its own room.
THINGS: dict[str, Callable[[UUID, scans.Anchors], Thing]] = {
    ItemKind.EVIDENCE: _evidence,
    ItemKind.FINDING: _finding,
    ItemKind.MATCH: _match,
}


def thing(kind: str, item_id: UUID, anchors: scans.Anchors | None = None) -> Thing:
    """Return a thing as it is now.

    :param anchors: given when several things are looked at, so that each text is read once.
    :raises Invalid: for a kind that cannot belong to a case.
    :raises Absent: when there is none in this tenant.
    """
    if kind not in THINGS:
        raise Invalid(
            "This cannot belong to a case.", todo=f"Attach one of: {', '.join(sorted(THINGS))}.", where="kind"
        )
    return THINGS[kind](item_id, anchors or scans.Anchors())


def things(wanted: Iterable[tuple[str, UUID]]) -> list[Thing]:
    """Return several things as they are now.

    :raises Absent: when one of them is not there.
    """
    anchors = scans.Anchors()
    return [thing(kind, item_id, anchors) for kind, item_id in wanted]


def items(case: Case) -> list[Item]:
    """Return what belongs to a case, in the order in which it was attached."""
    return list(Item.objects.filter(case=case).order_by("attached_at", "id"))


def contents(held: Iterable[Item]) -> list[tuple[str, str, str]]:
    """Return (kind, identifier, digest now) of each item."""
    found = things((item.kind, item.item_id) for item in held)
    return [(one.kind, str(one.item_id), one.digest) for one in found]


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
    kept = items(case)
    held = tuple(map(Held, kept, things((item.kind, item.item_id) for item in kept)))
    decisions = tuple(Decision.objects.filter(case=case).order_by("requested_at", "id"))
    waiting = next((one for one in decisions if one.answer == Answer.ASKED), None)
    shown = ""
    if waiting is not None:
        now = [(one.item.kind, str(one.item.item_id), one.thing.digest) for one in held]
        shown = rules.shown_digest(case, now, waiting.outcome, str(waiting.rationale), waiting.requested_by)
    return Whole(case, held, decisions, waiting, shown)


def queue(state: str = "", *, most: int = MOST, after: int = 0) -> list[Case]:
    """Return cases, the unfinished ones that are due first at the top, then the finished ones, newest first.

    :param state: only the cases in this state; :data:`WAITING` for those that nobody has decided.
    """
    rows = _in_state(Case.objects.all(), state).order_by(
        F("closed_at").desc(nulls_first=True), "due_at", "number"
    )
    return list(rows[after : after + most])


def _in_state(rows: Any, state: str) -> Any:
    if state == WAITING:
        return rows.filter(state__in=[State.OPEN, State.PROPOSED])
    return rows.filter(state=state) if state else rows


def by_number(state: str, after: int, most: int) -> list[Case]:
    """Return cases by number, from the one after this number on; numbers never change, so the cursor is stable."""
    rows = _in_state(Case.objects.filter(number__gt=after), state)
    return list(rows.order_by("number")[:most])


def counts() -> dict[str, int]:
    """Return how many cases are in each state, with all of them and those that wait."""
    found: dict[str, int] = dict.fromkeys(State.values, 0)
    for row in Case.objects.order_by().values("state").annotate(cases=Count("id")):
        found[row["state"]] = row["cases"]
    whole_number = sum(found.values())
    return {**found, "": whole_number, WAITING: found[State.OPEN] + found[State.PROPOSED]}


def item_counts(of: Iterable[Case]) -> dict[UUID, dict[str, int]]:
    """Return how many findings, matches and documents belong to each of these cases."""
    found: dict[UUID, dict[str, int]] = {}
    rows = (
        Item.objects.filter(case__in=list(of))
        .order_by()
        .values("case_id", "kind")
        .annotate(items=Count("id"))
    )
    for row in rows:
        found.setdefault(row["case_id"], {})[row["kind"]] = row["items"]
    return found


def asked(of: Iterable[Case]) -> dict[UUID, Decision]:
    """Return the proposals that wait for an answer, by case."""
    rows = Decision.objects.filter(case__in=list(of), answer=Answer.ASKED)
    return {row.case_id: row for row in rows}


def latest_of(kind: str, item_id: UUID) -> Case | None:
    """Return the newest case to which a thing belongs, so that nobody opens a second one unknowing."""
    found: Item | None = (
        Item.objects.filter(kind=kind, item_id=item_id)
        .select_related("case")
        .order_by("-case__number")
        .first()
    )
    return found.case if found else None


def holding(kind: str, item_id: UUID) -> set[UUID]:
    """Return the cases to which a thing belongs."""
    return set(Item.objects.filter(kind=kind, item_id=item_id).values_list("case_id", flat=True))


def exists(case_id: UUID) -> bool:
    """Say whether there is a case of this identifier."""
    return bool(Case.objects.filter(id=case_id).exists())


def waits(case_id: UUID) -> bool:
    """Say whether a proposal waits for an answer."""
    return bool(Decision.objects.filter(case_id=case_id, answer=Answer.ASKED).exists())


def history(case: Case) -> list[ledger.Told]:
    """Return what happened to a case, out of the ledger; who only looked at it is left out."""
    return ledger.about(f"cases.Case/{case.id}", leave_out=["cases.read"])


def who(ids: Iterable[str]) -> dict[str, access.Described]:
    """Return who people are, by identifier."""
    return access.described_all(ids)


def deciders(proposer: str) -> list[str]:
    """Return the names of the people who may decide what this person proposes."""
    return [name for one, name in access.holders("cases.decide").items() if one != proposer]


def waiting_count() -> int:
    """Return how many cases nobody has decided yet."""
    return int(Case.objects.filter(state__in=[State.OPEN, State.PROPOSED]).count())


def overdue(at: datetime) -> list[Case]:
    """Return the cases that nobody has decided and whose time has passed."""
    return list(Case.objects.filter(state__in=[State.OPEN, State.PROPOSED], due_at__lt=at).order_by("due_at"))


def unfinished(tenant: UUID) -> Iterator[str]:
    """Yield every case of a tenant that is not closed, as entries name it."""
    with tenant_scope(tenant):
        for case in Case.objects.exclude(state__in=[State.DECIDED, State.WITHDRAWN]).values_list(
            "id", flat=True
        ):
            yield f"{Case._meta.label}/{case}"
