"""Every way a screening can change, and every reading of what it said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from muniment.counterparties import actions as counterparties
from muniment.counterparties import queries as parties
from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.proof.canonical import canonical
from muniment.screening import queries, rules
from muniment.screening.models import Match, MatchState, RunState, Screened, ScreeningRun, Verdict
from muniment.spine import queue
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Clash, Invalid
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope

#: Parties written by one action, so that nobody waits long for the database.
BATCH: Final = 50
JOB: Final = queries.WORK

constraint(
    "one_run_per_number", Clash("Somebody started a screening at this moment.", todo="Reload the page.")
)
constraint(
    "screened_once_a_run", Clash("Another worker has screened this party.", todo="There is nothing to do.")
)


@action("screening.run", cls="screening.run", says="{actor} started screening {facts.number}")
def run(
    act: Act, *, threshold: int = rules.THRESHOLD, cutoff: int = rules.CUTOFF, exhaustive: bool = False
) -> ScreeningRun:
    """Start a screening of everybody the firm deals with against the newest version of every list.

    :param threshold: parts of a thousand from which a pair is an alert.
    :param cutoff: parts of a thousand from which a pair is kept in full and gets a second opinion.
    :param exhaustive: score every entry of every list instead of candidates; slow, and misses nothing.
    :raises Invalid: when there is nobody to screen, no list to screen against, or the bounds are out of
        order.
    :raises Clash: when a screening is under way.
    """
    rules.require_bounds(threshold, cutoff)
    newest: ScreeningRun | None = ScreeningRun.objects.select_for_update().order_by("-number").first()
    rules.require_none_under_way(newest, act.now)
    lists = queries.lists_now()
    if not lists:
        raise Invalid("There is no list to screen against.", todo="Ask the operator to take one in.")
    if not parties.ids_to_screen():
        raise Invalid("There is nobody to screen.", todo="Bring in counterparties first.")
    highest = ScreeningRun.objects.aggregate(highest=Max("number"))["highest"] or 0
    made: ScreeningRun = ScreeningRun.objects.create(
        number=highest + 1,
        lists=lists,
        threshold=threshold,
        cutoff=cutoff,
        exhaustive=exhaustive,
        asked_at=act.now,
        asked_by=act.actor.id,
        touched_at=act.now,
    )
    act.record(
        made,
        number=made.number,
        lists=[f"{one['key']}/{one['version']}/{one['sha256']}" for one in lists],
        threshold=threshold,
        cutoff=cutoff,
        exhaustive=exhaustive,
    )
    queue.enqueue(JOB, str(made.id))
    return made


@action("screening.retry", cls="screening.run", says="{actor} had screening {facts.number} tried again")
def retry(act: Act, *, run_id: UUID) -> ScreeningRun:
    """Go on with a screening that was given up, against the same lists; what it said of some parties stays.

    :raises Absent: when there is no such screening.
    :raises Refused: when it was not given up, or a later one was started.
    """
    queries.run(run_id)
    newest: ScreeningRun | None = ScreeningRun.objects.select_for_update().order_by("-number").first()
    held = rules.require_given_up(newest, run_id)
    held.state, held.finished_at, held.why, held.touched_at = RunState.QUEUED, None, "", act.now
    held.save(update_fields=["state", "finished_at", "why", "touched_at"])
    act.record(held, number=held.number)
    queue.enqueue(JOB, str(held.id))
    return held


@dataclass(frozen=True, slots=True)
class Closing:
    """How a run ends: with a digest over all results, or with the reason why it could not."""

    digest: str = ""
    why: str = ""


@action("screening.finish", cls="screening.run", says="{actor} screened {facts.screened} counterparties")
def finish(
    act: Act,
    *,
    run_id: UUID,
    outcomes: Sequence[rules.Outcome] = (),
    whole: int = 0,
    closing: Closing | None = None,
) -> ScreeningRun:
    """Write what the scorer said of some parties, and at the end close the run.

    :param whole: how many parties the run is about, said when it begins.
    :raises Clash: when the run has ended, or another worker wrote the same parties.
    """
    held: ScreeningRun | None = ScreeningRun.objects.select_for_update().filter(id=run_id).first()
    if held is None:
        raise Absent
    if held.state in {RunState.FINISHED, RunState.FAILED}:
        raise Clash("This screening has ended.", todo="There is nothing to do.")
    held.state, held.touched_at = RunState.RUNNING, act.now
    held.parties = whole or held.parties
    if outcomes:
        _write(act, held, outcomes)
    if closing is not None and closing.digest:
        held.state, held.finished_at, held.digest = RunState.FINISHED, act.now, closing.digest
    elif closing is not None:
        held.state, held.finished_at, held.why = RunState.FAILED, act.now, closing.why[:200]
    held.save()
    act.record(
        held,
        number=held.number,
        state=str(held.state),
        screened=len(outcomes),
        counts={
            "parties": held.parties,
            "done": held.done,
            "alerts": held.alerts,
            "considers": held.considers,
            "clears": held.clears,
        },
        digest=held.digest or None,
        config=held.config_hash or None,
        why=held.why or None,
    )
    return held


def _write(act: Act, held: ScreeningRun, outcomes: Sequence[rules.Outcome]) -> None:
    """Write results and matches of some parties, and note on each party how it stands."""
    key = keyring().blind_key(act.tenant)
    snapshots = {str(one["key"]): (UUID(one["snapshot"]), str(one["version"])) for one in held.lists}
    keyring().keys(act.tenant, [one.counterparty_id for one in outcomes if one.person])
    rows = [_screened(act, held, one) for one in outcomes]
    Screened.objects.bulk_create(rows, batch_size=BATCH)
    pairs = [
        (one.counterparty_id, str(match["list_id"]), str(match["entity_id"]))
        for one in outcomes
        for match in one.matches
    ]
    earlier = queries.before(pairs, held.id)
    Match.objects.bulk_create(
        [
            _match(act, row, one, found, snapshots=snapshots, earlier=earlier, key=key)
            for row, one in zip(rows, outcomes, strict=True)
            for found in one.matches
        ],
        batch_size=BATCH,
    )
    held.versions, held.config_hash = (
        dict(outcomes[0].record["versions"]),
        str(outcomes[0].record["config_hash"]),
    )
    held.done += len(rows)
    held.alerts += sum(row.verdict == Verdict.ALERT for row in rows)
    held.considers += sum(row.verdict == Verdict.CONSIDER for row in rows)
    held.clears += sum(row.verdict == Verdict.CLEAR for row in rows)
    counterparties.screened(
        {row.counterparty_id: (str(row.verdict), row.party_mark) for row in rows}, act.now
    )


def _screened(act: Act, held: ScreeningRun, one: rules.Outcome) -> Screened:
    return Screened(
        tenant_id=act.tenant,
        run=held,
        counterparty_id=one.counterparty_id,
        person=one.person,
        reference=one.reference,
        query=canonical(dict(one.query)).decode(),
        result=one.result,
        digest=one.digest,
        party_mark=one.party_mark,
        verdict=one.verdict,
        best=one.best,
        alerts=one.count(Verdict.ALERT),
        considers=one.count(Verdict.CONSIDER),
        candidates=int(one.record["candidates"]),
        screened_at=act.now,
    )


def _match(
    act: Act,
    row: Screened,
    one: rules.Outcome,
    found: Mapping[str, Any],
    *,
    snapshots: Mapping[str, tuple[UUID, str]],
    earlier: Mapping[tuple[UUID, str, str], rules.Before],
    key: bytes,
) -> Match:
    list_key, entity = str(found["list_id"]), str(found["entity_id"])
    verdict = rules.VERDICTS[str(found["verdict"])]
    snapshot, version = snapshots[list_key]
    before = earlier.get((one.counterparty_id, list_key, entity))
    return Match(
        tenant_id=act.tenant,
        screened=row,
        counterparty_id=one.counterparty_id,
        person=one.person,
        snapshot_id=snapshot,
        list_key=list_key,
        list_version=version,
        entity_id=entity,
        entity_sha256=str(found["entity_hash"]),
        party_mark=one.party_mark,
        score=rules.thousandths(str(found["total"])),
        tier=rules.TIERS[verdict],
        verdict=verdict,
        record=json.dumps(found, ensure_ascii=False, sort_keys=True),
        digest=rules.match_digest(key, one.party_mark, found),
        found_at=act.now,
        **rules.carried(verdict, str(found["entity_hash"]), one.party_mark, before),
    )


def settle(act: Act, *, match_ids: Sequence[UUID], state: str, case_id: UUID) -> int:
    """Note on matches what was decided about them; to be called inside the action that decides.

    :param state: ``cleared`` or ``confirmed``.
    :returns: how many matches were noted.
    """
    if state not in {MatchState.CLEARED, MatchState.CONFIRMED}:
        raise ValueError("a match is settled as cleared or confirmed")
    return int(
        Match.objects.filter(id__in=list(match_ids)).update(
            state=state, settled_at=act.now, settled_by=act.actor.id, case_id=case_id
        )
    )


# ---------------------------------------------------------------- readings on record


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page about screenings shows."""

    run: ScreeningRun | None = None
    screened: tuple[Screened, ...] = ()
    matches: tuple[Match, ...] = ()


@action(
    "screening.read",
    cls="screening.read",
    says="{actor} read {facts.count} screening {facts.count:result|results}",
    reads=True,
)
def read(
    act: Act,
    *,
    run_id: UUID | None = None,
    counterparty_id: UUID | None = None,
    verdict: str = "",
    state: str = "",
    after: UUID | None = None,
    limit: int = queries.PAGE,
) -> Reading:
    """Return results and put on record that they were read: of a run, of a party, or the matches that wait.

    :param run_id: a page of this run's results.
    :param counterparty_id: what the newest finished run said of this party, with its matches.
    :raises Absent: when there is no such run.
    """
    if run_id is not None:
        held = queries.run(run_id)
        rows = queries.results(held, verdict, after, limit)
        queries.warm(rows)
        act.record(held, number=held.number, count=len(rows))
        return Reading(held, tuple(rows))
    if counterparty_id is not None:
        one = queries.result_of(counterparty_id)
        found = queries.matches_of(one) if one is not None else []
        act.record(one or "screening.Screened", count=len(found), counterparty=counterparty_id)
        return Reading(one.run if one else None, (one,) if one else (), tuple(found))
    waiting = queries.matches(state, after, limit)
    queries.warm(waiting)
    act.record("screening.Match", count=len(waiting))
    return Reading(queries.latest(), (), tuple(waiting))


@action("screening.read_match", cls="screening.read", says="{actor} read a match", reads=True)
def read_match(act: Act, *, match_id: UUID) -> Match:
    """Return one match with its explanation, and put on record that it was read.

    :raises Absent: when there is none in this tenant.
    """
    found = queries.match(match_id)
    act.record(found, counterparty=found.counterparty_id, digest=found.digest)
    return found


@action(
    "screening.replay",
    cls="screening.read",
    says="{actor} had a screening result recomputed; identical: {facts.identical}",
    reads=True,
)
def replay(act: Act, *, screened_id: UUID, again: queries.Again) -> queries.Again:
    """Put on record what came of recomputing a stored result."""
    found = queries.screened(screened_id)
    act.record(
        found,
        counterparty=found.counterparty_id,
        identical=again.identical,
        differences=list(again.differences),
        rescored=again.rescored,
    )
    return again


def replayed(actor: Actor, *, screened_id: UUID) -> queries.Again:
    """Recompute a stored result from its stored inputs, and put on record whether every byte came out the same.

    :raises Absent: when there is no such result, or the person was erased.
    """
    again = queries.Again(identical=False, differences=(), rescored=0)
    if "screening.replay" in actor.may:
        with tenant_scope(actor.tenant):
            again = queries.recomputed(queries.screened(screened_id))
    return replay(actor, screened_id=screened_id, again=again)
