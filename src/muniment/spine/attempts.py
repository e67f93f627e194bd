"""Work that breaks off is tried again by the queue; when no try helps, the reason is put on record for who waits.

Rules: the attempts are counted before the work begins, since a job whose worker is killed each time never raises; what
was refused once is refused again, so it is given up at once; no reason holds more than a sentence made for people.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

import structlog

from muniment.spine.errors import Busy, Clash, MunimentError
from muniment.spine.models import Job
from muniment.spine.queue import MOST_ATTEMPTS
from muniment.spine.scope import current_tenant

log = structlog.get_logger("muniment.spine")

LONGEST_REASON: Final = 300

#: Said when nothing that was given to the work is to blame.
OWN_FAULT: Final = (
    "The work was begun several times and broke off each time. Tell the operator, then have it tried again."
)


def begun(path: str, named: UUID) -> int:
    """Return how often the worker has begun the newest job about something; 0 while it waits for the first time.

    :param named: identifier of what the job is about.
    """
    jobs = Job.objects.filter(tenant_id=current_tenant(), path=path, arguments__contains=f'"{named}"')
    newest: Job | None = jobs.order_by("-enqueued_at").first()
    return newest.attempts if newest else 0


def reason_of(fault: Exception, *, last: bool) -> str:
    """Return why work that was broken off is given up, in words for a page; empty when another try may help.

    What was refused once is refused again; a part that was busy, and a fault of our own, may pass.

    :param last: whether the queue will not try again by itself.
    """
    if isinstance(fault, MunimentError) and (last or not isinstance(fault, Busy | Clash)):
        return " ".join(f"{fault.what} {fault.todo}".split())[:LONGEST_REASON]
    return OWN_FAULT if last else ""


def attempt(path: str, named: UUID, work: Callable[[], object], give_up: Callable[[str], object]) -> str:
    """Do the work of one attempt; leave further ones to the queue as long as they may help, else say why not.

    :param give_up: called with the reason when no further try would help.
    """
    tried = begun(path, named)
    if tried > MOST_ATTEMPTS:
        give_up(OWN_FAULT)
        return str(named)
    try:
        work()
    except Exception as fault:
        why = reason_of(fault, last=tried >= MOST_ATTEMPTS)
        if not why:
            raise
        give_up(why)
        log.exception("work_given_up", path=path, about=str(named), kind=type(fault).__name__)
    return str(named)
