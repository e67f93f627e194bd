"""Every way a scan and its findings can change, and every reading of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.ledger.words import Sealed
from muniment.scans import queries, rules
from muniment.scans.duties import Duty
from muniment.scans.evidence.scan import ScanResult
from muniment.scans.models import Failure, Finding, Replay, Scan, ScanState
from muniment.scans.queries import progress
from muniment.sources import queries as sources
from muniment.spine import queue
from muniment.spine.errors import Clash
from muniment.vault import queries as vault

constraint("one_scan_per_number", Clash("Another scan was started at this moment.", todo="Try again."))

constraint(
    "one_replay_at_a_time_per_scan",
    Clash("This check is under way already.", todo="Open the scan to see what comes of it."),
)


@action("scans.run", cls="scan.run", says="{actor} started scan {facts.number}")
def run(act: Act, *, snapshots: Sequence[UUID]) -> Scan:
    """Start a scan of the chosen acts against every document as it is now.

    Which law and which documents is settled here and stays on record; the work itself is a job.

    :raises Invalid: when no act was chosen, or one that is not an act.
    :raises Refused: when there is no document yet.
    """
    acts = [sources.snapshot(one) for one in dict.fromkeys(snapshots)]
    documents = vault.latest_versions()
    rules.require_something(acts, documents)
    scan: Scan = Scan.objects.create(
        number=queries.next_number(),
        acts=[[one.key, str(one.id), one.sha256] for one in sorted(acts, key=lambda one: one.key)],
        documents=[[str(one.id), one.sha256] for one in documents],
        requested_by=act.actor.id,
        requested_at=act.now,
    )
    act.record(
        scan,
        number=scan.number,
        acts=[f"{key} {digest}" for key, _, digest in scan.acts],
        documents=[digest for _, digest in scan.documents],
    )
    queue.enqueue(progress.PERFORM, str(act.tenant), str(scan.id))
    return scan


@action("scans.finish", cls="scan.run", says="scan {facts.number} found {facts.counts}")
def finish(act: Act, *, scan_id: UUID, result: ScanResult, inputs: queries.Inputs) -> Scan:
    """Enter what a scan found.

    :raises Refused: when it is finished already.
    """
    scan: Scan = Scan.objects.select_for_update().get(id=scan_id)
    rules.require_queued(scan)
    parents = {(one.act.celex, part.eid): part.parent for one in inputs.acts for part in one.act.provisions}
    duties = {(duty.act, duty.key): duty for duty in result.duties}
    rows = []
    for position, one in enumerate(result.proposals):
        found, duty = one.evidence, duties[one.law.act, one.duty]
        article = rules.above(one.law.eid, "art_")
        rows.append(
            Finding(
                scan=scan,
                position=position,
                act=one.law.act,
                snapshot_id=inputs.snapshots[one.law.act],
                duty_key=one.duty,
                eid=one.law.eid,
                article=article,
                chapter=_chapter(parents, one.law.act, article),
                duty=_duty_facts(duty),
                status=one.status.value,
                confidence=one.confidence,
                why=one.why,
                basis=one.basis,
                searched=one.searched,
                overlap=one.overlap,
                law_digest=one.law.digest,
                law_start=one.law.start,
                law_end=one.law.end,
                law_quote=one.law.quote,
                version_id=None if found is None else inputs.versions[found.version_digest],
                version_digest="" if found is None else found.version_digest,
                page=None if found is None else found.page,
                start=None if found is None else found.start,
                end=None if found is None else found.end,
                quote=None if found is None else found.quote,
                digest=rules.facts_digest(one),
            )
        )
    Finding.objects.bulk_create(rows, batch_size=200)
    scan.state, scan.finished_at, scan.digest = ScanState.DONE, act.now, result.digest
    scan.versions = result.versions
    scan.rules = [{"rule": one.rule, "fired": one.fired, "why": one.why} for one in result.rules]
    scan.stats = {
        "acts": result.stats.acts,
        "documents": result.stats.documents,
        "passages": result.stats.passages,
        "duties": result.stats.duties,
        "assessed": result.stats.assessed,
    }
    scan.counts = dict(sorted(Counter(row.status for row in rows).items()))
    scan.save()
    act.record(scan, number=scan.number, digest=scan.digest, counts=scan.counts, versions=scan.versions)
    return scan


@action("scans.fail", cls="scan.run", says="scan {facts.number} could not be done: {facts.reason}")
def fail(act: Act, *, scan_id: UUID, reason: str) -> Scan:
    """Enter that a scan was given up, and why, so that nobody waits for it.

    :raises Refused: when it has ended already.
    """
    scan: Scan = Scan.objects.select_for_update().get(id=scan_id)
    rules.require_queued(scan)
    Failure.objects.create(scan=scan, at=act.now, reason=reason)
    scan.state = ScanState.FAILED
    scan.save(update_fields=["state"])
    act.record(scan, number=scan.number, reason=reason)
    return scan


@action("scans.retry", cls="scan.run", says="{actor} had scan {facts.number} tried again")
def retry(act: Act, *, scan_id: UUID) -> Scan:
    """Try a failed scan again, on the same law and the same documents.

    :raises Absent: when there is no such scan.
    :raises Refused: when it has not failed.
    """
    queries.scan(scan_id)
    scan: Scan = Scan.objects.select_for_update().get(id=scan_id)
    rules.require_failed(scan)
    scan.state = ScanState.QUEUED
    scan.save(update_fields=["state"])
    act.record(scan, number=scan.number)
    queue.enqueue(progress.PERFORM, str(act.tenant), str(scan.id))
    return scan


@action("scans.replay", cls="scan.run", says="{actor} had the findings of scan {facts.number} checked")
def replay(act: Act, *, scan_id: UUID) -> Replay:
    """Have a scan done again from the stored bytes, to see whether the same findings come out.

    :raises Absent: when there is no such scan.
    :raises Refused: when it has no findings yet, or was made by other rules than are installed now.
    :raises Clash: when such a check is under way.
    """
    scan = queries.scan(scan_id)
    rules.require_done(scan)
    rules.require_these_rules(scan)
    asked: Replay = Replay.objects.create(
        scan=scan, asked_by=act.actor.id, asked_at=act.now, recorded=scan.digest
    )
    act.record(scan, number=scan.number, digest=scan.digest)
    queue.enqueue(progress.REPLAY, str(act.tenant), str(asked.id))
    return asked


@action(
    "scans.finish_replay",
    cls="scan.run",
    says="the findings of scan {facts.number} were checked; alike: {facts.alike}",
)
def finish_replay(act: Act, *, replay_id: UUID, again: str = "", failure: str = "") -> Replay:
    """Enter what came of doing a scan again: the digest, or why there is none.

    :raises Refused: when that check has ended already.
    """
    asked: Replay = Replay.objects.select_for_update().get(id=replay_id)
    rules.require_under_way(asked)
    asked.ended_at, asked.again, asked.failure = act.now, again, failure
    asked.save(update_fields=["ended_at", "again", "failure"])
    act.record(
        asked.scan,
        number=asked.scan.number,
        alike=bool(asked.same),
        recorded=asked.recorded,
        again=again,
        failure=failure,
    )
    return asked


def _chapter(parents: dict[tuple[str, str], str | None], celex: str, eid: str) -> str:
    """Return the outermost part above an article."""
    above = ""
    parent = parents.get((celex, eid))
    while parent:
        above = parent
        parent = parents.get((celex, parent))
    return above


def _duty_facts(duty: Duty) -> dict[str, object]:
    """Return a duty as the page shows it: who, must or must not, what, when, with the spans of its parts."""
    facts = asdict(duty)
    del facts["quote"]
    return facts


@action("scans.read", cls="scan.read", says="{actor} read scan {facts.number}", reads=True)
def read(
    act: Act,
    *,
    scan_id: UUID,
    wanted: queries.Wanted = queries.EVERYTHING,
    after: UUID | None = None,
    most: int | None = None,
    quotes_only: bool = False,
) -> tuple[Scan, list[Finding]]:
    """Return a scan with its findings, or some of them, and put on record that they were read.

    :param after: identifier of the last finding of the page before.
    :param most: how many findings at most; all of them when not given.
    :param quotes_only: fetch all of them, but only what a check of their quotes needs.
    :raises Invalid: when the cursor leads nowhere.
    """
    scan = queries.scan(scan_id)
    if quotes_only:
        found = queries.anchored(scan)
    else:
        found = queries.findings(scan) if most is None else queries.page(scan, wanted, after, most)
    act.record(scan, number=scan.number, findings=len(found))
    return scan, found


@action("scans.read_finding", cls="scan.read", says="{actor} read a finding", reads=True)
def read_finding(act: Act, *, finding_id: UUID) -> queries.Sides:
    """Return a finding with both sides, and put on record that it was read."""
    found = queries.finding(finding_id)
    act.record(found, duty=f"{found.act} {found.duty_key}")
    return queries.sides(found)


@action("scans.assess", cls="scan.run", says="{actor} {facts.assessment} a finding")
def assess(act: Act, *, finding_id: UUID, assessment: str, reason: str = "") -> Finding:
    """Say whether a finding is right; what the machine proposed stays on record beside it.

    :raises Absent: when there is no such finding.
    :raises Invalid: when somebody disagrees without saying why.
    """
    reason = rules.require_assessment(assessment, reason)
    queries.finding(finding_id)
    found: Finding = Finding.objects.select_for_update().get(id=finding_id)
    found.assessment, found.assessed_by, found.assessed_at = assessment, act.actor.id, act.now
    found.reason = reason
    found.save(update_fields=["assessment", "assessed_by", "assessed_at", "reason"])
    act.record(found, assessment=assessment, reason=Sealed(reason), digest=found.digest)
    return found
