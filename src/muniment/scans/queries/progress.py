"""Reads of how the work on scans goes: how often it was begun, why it was given up, what came of doing it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from muniment.scans.models import Failure, Replay, Scan, ScanState
from muniment.spine import attempts
from muniment.spine.errors import Absent

#: The jobs by name: they stand above the actions that ask for them.
PERFORM: Final = "muniment.scans.jobs.perform"
REPLAY: Final = "muniment.scans.jobs.perform_replay"


def begun(named: UUID, path: str = PERFORM) -> int:
    """Return how often the worker has begun the newest job about something; 0 while it waits for the first time.

    :param named: identifier of the scan or replay that the job is about.
    """
    return attempts.begun(path, named)


def failures(of: Iterable[Scan]) -> dict[UUID, Failure]:
    """Return why each of these scans that has failed was given up the last time."""
    failed = [one.id for one in of if one.state == ScanState.FAILED]
    rows = Failure.objects.filter(scan_id__in=failed).order_by("at") if failed else ()
    return {row.scan_id: row for row in rows}


def replay(replay_id: UUID) -> Replay:
    """Return a replay with its scan.

    :raises Absent: when there is none in this tenant.
    """
    found: Replay | None = Replay.objects.select_related("scan").filter(id=replay_id).first()
    if found is None:
        raise Absent
    return found


def latest_replay(of: Scan) -> Replay | None:
    """Return the newest replay of a scan."""
    found: Replay | None = Replay.objects.filter(scan=of).order_by("-asked_at").first()
    return found
