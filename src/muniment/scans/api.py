"""Scans and findings for programs, under ``/api/v1/scans``. Every reading leaves its line in the ledger."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from muniment.scans import actions, queries, rules
from muniment.scans.models import Failure, Finding, Replay, Scan
from muniment.scans.queries import progress
from muniment.scans.schemas import (
    AnswerIn,
    FindingOut,
    FindingPage,
    FindingsAsked,
    ScanIn,
    ScanOut,
    ScanPage,
)
from muniment.spine.actor import Actor

router = Router(tags=["scans"])

Limit = Annotated[int, Query(ge=1, le=200)]


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def _line(scan: Scan, failed: Failure | None) -> dict[str, Any]:
    names = ("id", "number", "state", "requested_by", "requested_at", "finished_at", "counts", "digest")
    told: dict[str, Any] = {name: getattr(scan, name) for name in names}
    return told | {"failed_at": failed.at if failed else None, "failure": failed.reason if failed else ""}


def _scan(scan: Scan) -> dict[str, Any]:
    replayed = progress.latest_replay(scan)
    return _line(scan, progress.failures([scan]).get(scan.id)) | {
        "acts": [{"key": key, "snapshot": one, "sha256": digest} for key, one, digest in scan.acts],
        "documents": [{"version": one, "sha256": digest} for one, digest in scan.documents],
        "versions": scan.versions,
        "rules": scan.rules,
        "stats": scan.stats,
        "replay": _replay(replayed) if replayed else None,
    }


def _replay(one: Replay) -> dict[str, Any]:
    names = ("asked_by", "asked_at", "ended_at", "recorded", "again", "same", "failure")
    return {name: getattr(one, name) for name in names}


def _finding(one: Finding, *, anchored: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "act": one.act,
        "duty": one.duty_key,
        "eid": one.eid,
        "status": one.status,
        "confidence": one.confidence / 1000,
        "why": one.why,
        "anchored": anchored,
        "assessment": one.assessment,
        "digest": one.digest,
    }


@router.get("", response=ScanPage, summary="List scans")
def index(request: Asked, cursor: UUID | None = None, limit: Limit = 50) -> dict[str, Any]:
    """List scans, the newest first."""
    rules.require_right(request.actor, "scans.read")
    rows = queries.scans_after(cursor, limit + 1)
    failed = progress.failures(rows)
    return {
        "items": [_line(one, failed.get(one.id)) for one in rows[:limit]],
        "next": str(rows[limit - 1].id) if len(rows) > limit else None,
    }


@router.post("", response={202: ScanOut}, summary="Start a scan")
def run(request: Asked, response: HttpResponse, body: ScanIn) -> Status[dict[str, Any]]:
    """Queue a scan of the chosen acts against every document as it is now; ask for it until it is ``done``."""
    scan = actions.run(request.actor, snapshots=body.snapshots)
    response["Location"] = f"{request.path_info}/{scan.id}"
    return Status(202, _scan(scan))


@router.get("/{uuid:scan_id}", response=ScanOut, summary="Show a scan")
def show(request: Asked, scan_id: UUID) -> dict[str, Any]:
    """Return a scan: what was held against what, by which rules, and the digest of its result."""
    scan, _found = actions.read(request.actor, scan_id=scan_id, most=0)
    return _scan(scan)


@router.post("/{uuid:scan_id}/retry", response={202: ScanOut}, summary="Try a failed scan again")
def retry(request: Asked, response: HttpResponse, scan_id: UUID) -> Status[dict[str, Any]]:
    """Queue a scan with the state ``failed`` again, on the same law and documents; ask for it until it is ``done``."""
    scan = actions.retry(request.actor, scan_id=scan_id)
    response["Location"] = request.path_info.rpartition("/")[0]
    return Status(202, _scan(scan))


@router.post(
    "/{uuid:scan_id}/replay", response={202: ScanOut}, summary="Check that the same findings come out"
)
def replay(request: Asked, response: HttpResponse, scan_id: UUID) -> Status[dict[str, Any]]:
    """Queue a scan to be done again from the stored bytes; its ``replay`` says what came out, once it ended."""
    scan = actions.replay(request.actor, scan_id=scan_id).scan
    response["Location"] = request.path_info.rpartition("/")[0]
    return Status(202, _scan(scan))


@router.get("/{uuid:scan_id}/findings", response=FindingPage, summary="List the findings of a scan")
def findings(request: Asked, scan_id: UUID, asked: Annotated[FindingsAsked, Query()]) -> dict[str, Any]:
    """List findings in the order of the acts; each quote is held against the stored bytes while they are read."""
    wanted = queries.Wanted(
        asked.act, asked.chapter, asked.article, asked.status or "", asked.assessment or ""
    )
    scan, found = actions.read(
        request.actor, scan_id=scan_id, wanted=wanted, after=asked.cursor, most=asked.limit
    )
    loose = queries.unanchored(found)
    more = len(found) == asked.limit and queries.follows(scan, found[-1], wanted)
    return {
        "items": [_finding(one, anchored=one.id not in loose) for one in found],
        "next": str(found[-1].id) if more else None,
    }


@router.get("/findings/{uuid:finding_id}", response=FindingOut, summary="Show a finding")
def finding(request: Asked, finding_id: UUID) -> dict[str, Any]:
    """Return a finding with both its sides."""
    return _sides(actions.read_finding(request.actor, finding_id=finding_id))


def _sides(sides: queries.Sides) -> dict[str, Any]:
    one = sides.finding
    document = None
    if one.version_id is not None:
        document = {
            "version": one.version_id,
            "sha256": one.version_digest,
            "page": one.page,
            "start": one.start,
            "end": one.end,
            "quote": one.quote,
            "stands": sides.anchor.document,
        }
    return _finding(one, anchored=sides.anchor.holds) | {
        "scan": one.scan_id,
        "basis": one.basis,
        "searched": one.searched,
        "duty_parts": one.duty,
        "law": {
            "snapshot": one.snapshot_id,
            "sha256": one.law_digest,
            "start": one.law_start,
            "end": one.law_end,
            "quote": one.law_quote,
            "stands": sides.anchor.law,
        },
        "document": document,
        "assessed_by": one.assessed_by,
        "assessed_at": one.assessed_at,
        "reason": one.reason,
    }


@router.post("/findings/{uuid:finding_id}/assessment", response=FindingOut, summary="Answer a finding")
def assess(request: Asked, finding_id: UUID, body: AnswerIn) -> dict[str, Any]:
    """Accept a finding, or disagree with a reason; what the machine proposed stays beside it."""
    actions.assess(request.actor, finding_id=finding_id, assessment=body.assessment, reason=body.reason)
    return _sides(actions.read_finding(request.actor, finding_id=finding_id))
