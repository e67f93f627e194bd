"""Reads of the screenings. Pages that show results go through an action, so that the reading is on record.

Nothing here loads the scorer when it is imported: the process that serves pages must not carry it. Only a
replay does, when somebody asks for one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from muniment.counterparties import queries as counterparties
from muniment.counterparties.models import Counterparty
from muniment.ledger.erased import erased
from muniment.screening import rules
from muniment.screening.models import Match, RunState, Screened, ScreeningRun
from muniment.sources import queries as sources
from muniment.spine.errors import Absent
from muniment.spine.installation import keyring
from muniment.spine.scope import current_tenant

PAGE = 50
#: The job by name: it stands above the action that asks for it.
WORK = "muniment.screening.jobs.work"


def lists_now() -> list[dict[str, Any]]:
    """Return the newest version of each list as a run names it, by key."""
    return [
        {
            "snapshot": str(one.id),
            "key": one.key,
            "version": one.version,
            "sha256": one.sha256,
            "entries": one.entries.count(),
            "title": one.title,
            "authenticity": one.authenticity,
        }
        for one in sources.newest("list")
    ]


def run(run_id: UUID) -> ScreeningRun:
    """Return a run.

    :raises Absent: when there is none in this tenant.
    """
    found: ScreeningRun | None = ScreeningRun.objects.filter(id=run_id).first()
    if found is None:
        raise Absent
    return found


def runs(most: int = 50) -> list[ScreeningRun]:
    """Return the latest runs, newest first."""
    return list(ScreeningRun.objects.order_by("-number")[:most])


def latest() -> ScreeningRun | None:
    """Return the newest run that has finished."""
    found: ScreeningRun | None = (
        ScreeningRun.objects.filter(state=RunState.FINISHED).order_by("-number").first()
    )
    return found


def newest() -> ScreeningRun | None:
    """Return the run that was started last, however it ended."""
    found: ScreeningRun | None = ScreeningRun.objects.order_by("-number").first()
    return found


def done(of: ScreeningRun) -> set[UUID]:
    """Return which parties a run has written already, so that a second worker goes on where the first fell."""
    return set(Screened.objects.filter(run=of).values_list("counterparty_id", flat=True))


def results(
    of: ScreeningRun, verdict: str = "", after: UUID | None = None, limit: int = PAGE
) -> list[Screened]:
    """Return results of a run by reference, from the one after ``after`` on.

    :raises Absent: when ``after`` is none of this run's results.
    """
    rows = Screened.objects.filter(run=of).order_by("reference")
    if verdict:
        rows = rows.filter(verdict=verdict)
    if after is not None:
        last: Screened | None = Screened.objects.filter(run=of, id=after).first()
        if last is None:
            raise Absent
        rows = rows.filter(reference__gt=last.reference)
    found: list[Screened] = list(rows[:limit])
    return found


def result_of(counterparty_id: UUID) -> Screened | None:
    """Return what the newest finished run said of a party."""
    found: Screened | None = (
        Screened.objects.filter(counterparty_id=counterparty_id, run__state=RunState.FINISHED)
        .select_related("run")
        .order_by("-run__number")
        .first()
    )
    return found


def screened(screened_id: UUID) -> Screened:
    """Return one result with its run.

    :raises Absent: when there is none in this tenant.
    """
    found: Screened | None = Screened.objects.select_related("run").filter(id=screened_id).first()
    if found is None:
        raise Absent
    return found


def matches_of(of: Screened) -> list[Match]:
    """Return the matches of a result, best first."""
    return list(Match.objects.filter(screened=of).order_by("tier", "-score", "list_key", "entity_id"))


def match(match_id: UUID) -> Match:
    """Return a match with its result and run.

    :raises Absent: when there is none in this tenant.
    """
    found: Match | None = Match.objects.select_related("screened__run").filter(id=match_id).first()
    if found is None:
        raise Absent
    return found


def matches(state: str = "", after: UUID | None = None, limit: int = PAGE) -> list[Match]:
    """Return the matches of the newest finished run by identifier, from the one after ``after`` on."""
    newest = latest()
    rows = Match.objects.filter(screened__run=newest).order_by("id")
    if state:
        rows = rows.filter(state=state)
    if after is not None:
        rows = rows.filter(id__gt=after)
    found: list[Match] = list(rows[:limit])
    return found


def waiting_count() -> int:
    """Return how many matches of the newest finished run nobody has decided yet."""
    return int(Match.objects.filter(screened__run=latest(), state__in=["open", "reopened"]).count())


def parties(ids: Iterable[UUID]) -> dict[UUID, Counterparty]:
    """Return counterparties by identifier, for lists of results."""
    return {row.id: row for row in counterparties.by_ids(ids)}


def warm(rows: Iterable[Screened | Match]) -> None:
    """Fetch the persons' keys of these rows in one look."""
    keyring().keys(current_tenant(), [row.counterparty_id for row in rows if row.person])


def entry_of(of: Match) -> dict[str, Any]:
    """Return the list's entry as it stood in the version that was screened against."""
    return sources.entity(sources.snapshot(of.snapshot_id), of.entity_id)


def before(pairs: Sequence[tuple[UUID, str, str]], run_id: UUID) -> dict[tuple[UUID, str, str], rules.Before]:
    """Return what was said last of each (party, list, entry) in earlier runs."""
    found: dict[tuple[UUID, str, str], rules.Before] = {}
    rows = (
        Match.objects.filter(counterparty_id__in={party for party, _, _ in pairs})
        .exclude(screened__run_id=run_id)
        .order_by("screened__run__number")
    )
    for row in rows.defer("record"):
        found[(row.counterparty_id, row.list_key, row.entity_id)] = rules.Before(
            row.id, row.state, row.entity_sha256, row.party_mark, row.settled_at, row.settled_by, row.case_id
        )
    return found


@dataclass(frozen=True, slots=True)
class Again:
    """What came of recomputing a stored result.

    :param differences: one line per difference, by place; no personal data.
    """

    identical: bool
    differences: tuple[str, ...]
    rescored: int


def recomputed(of: Screened) -> Again:
    """Recompute a stored result from its stored query and the lists' stored entries, bit for bit.

    :raises Absent: when the person's data was erased.
    """
    # The scorer is loaded only now: the process that serves pages does without it until somebody asks.
    from muniment.screening.matching import ScreenResult, replay  # noqa: PLC0415

    query, record = rules.parsed(str(of.query)), rules.parsed(str(of.result))
    if query is None or record is None:
        raise Absent("What was screened here was erased.")
    result = ScreenResult.from_record(record)
    wanted = {(row[0], row[1]) for row in result.looked_at}
    wanted |= {(one.list_id, one.entity_id) for one in result.matches}
    if result.nearest is not None:
        wanted.add((result.nearest.list_id, result.nearest.entity_id))
    again = replay(result, query, _entries(of.run.lists, wanted))
    return Again(again.identical, again.differences, again.rescored)


def _entries(lists: Sequence[Mapping[str, Any]], wanted: set[tuple[str, str]]) -> list[dict[str, Any]]:
    found = []
    for one in lists:
        names = sorted(name for key, name in wanted if key == one["key"])
        if names:
            snapshot = sources.snapshot(UUID(one["snapshot"]))
            found += [sources.entity(snapshot, name) for name in names]
    return found


@dataclass(frozen=True, slots=True)
class PackParts:
    """What belongs into the proof of a case about a match.

    :param evidence: (name, JSON bytes, about) of the explanation, to the byte as it is kept.
    :param sources: (name, JSON bytes, about) of the list's entry that was screened against.
    :param subjects: what the ledger calls the match, its result and its run.
    """

    evidence: tuple[tuple[str, bytes, dict[str, str]], ...]
    sources: tuple[tuple[str, bytes, dict[str, str]], ...]
    subjects: tuple[str, ...]


def pack_parts(match_id: UUID) -> PackParts:
    """Return what a proof shows of a match: why it is one, the list's entry, and where the ledger speaks of it.

    Of somebody who was erased by order it says that, and by which order, instead.

    :raises Absent: when there is none in this tenant, or the person's key is gone without an order.
    """
    found = match(match_id)
    subjects = (
        f"screening.Match/{found.id}",
        f"screening.Screened/{found.screened_id}",
        f"screening.ScreeningRun/{found.screened.run_id}",
    )
    if rules.parsed(str(found.record)) is None:
        return _erased_parts(found, subjects)
    snapshot = sources.snapshot(found.snapshot_id)
    entry = json.dumps(entry_of(found), sort_keys=True, ensure_ascii=False, indent=1).encode("utf-8")
    name = f"{found.list_key} {found.list_version} {found.entity_id}"
    about = {
        "publisher": snapshot.publisher,
        "version": snapshot.version,
        "authenticity": snapshot.authenticity,
        "address": snapshot.source_uri,
        "list_sha256": snapshot.sha256,
        "entry_sha256": found.entity_sha256,
    }
    run_of = found.screened.run
    told = {
        "kind": "match",
        "digest": found.digest,
        "screening": str(run_of.number),
        "run_digest": run_of.digest,
    }
    return PackParts(
        evidence=((f"match {name}", str(found.record).encode("utf-8"), told),),
        sources=((f"entry {name}", entry, about),),
        subjects=subjects,
    )


def _erased_parts(found: Match, subjects: tuple[str, ...]) -> PackParts:
    order = erased(current_tenant()).get(found.counterparty_id)
    if order is None:
        raise Absent("What was screened here cannot be read, and no order to erase says so.")
    said = {
        "at": order.at.isoformat(),
        "basis": order.basis,
        "erased_by": order.subject,
        "match": str(found.id),
    }
    raw = json.dumps(said, sort_keys=True, indent=1).encode("utf-8")
    name = f"match {found.id} (erased by order {order.number})"
    return PackParts(((name, raw, {"kind": "erased"}),), (), (*subjects, order.subject))
