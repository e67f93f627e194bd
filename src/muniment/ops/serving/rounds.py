"""What the worker does again and again without being asked, and what of it stands in the ledger.

Rules: a round that takes something away or finds something out leaves an entry; one that finds nothing to do leaves
none, since the log would grow by time passing; one that fails leaves an entry when it begins to fail, and the next one
when it fails again after it has worked. A round that is not named here is not done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog
from django.db import DatabaseError, close_old_connections

from muniment.ops import actions
from muniment.proof.errors import Malformed
from muniment.spine.errors import MunimentError

log = structlog.get_logger("muniment.ops")

ROUNDS: Final[dict[str, str]] = {
    "checks": "an entry for each check of a whole log, for each fault that is new, and for each pruning",
    "clock": "an entry for each step of the clock",
    "ledger": "gives waiting entries their place; an entry for what refusals were counted, and where streams stand",
    "pages": "an entry when deleted rows that an erasure left on pages of the database were rewritten, or could not be",
    "pushing": "an entry when pushing to another collector begins and for each entry set aside; the rest is counted",
    "queue": "an entry for each try of a job, done, failed or given up, that bears the job's number",
    "sessions": "an entry when sessions, attempts or codes that were over were taken away, with their number",
    "time-stamps": "an entry for each token that an authority gave",
    "witnesses": "none: a cosignature says by itself who gave it and when, and stands beside the log",
}

_failing: set[str] = set()


def guarded(what: str, deed: Callable[[], bool]) -> bool:
    """Do one round, and go on when it fails: the database may be away for a moment.

    :param what: a name out of :data:`ROUNDS`. :returns: whether there was anything to do.
    """
    if what not in ROUNDS:
        raise ValueError(f"nobody says what the round {what} leaves in the ledger")
    try:
        close_old_connections()
        done = actions.one_round(what, deed)
    except (DatabaseError, MunimentError, Malformed, OSError) as fault:
        log.exception("work_failed", what=what, kind=type(fault).__name__)
        _began_to_fail(what, fault)
        return False
    _failing.discard(what)
    return done


def _began_to_fail(what: str, fault: Exception) -> None:
    if what in _failing:
        return
    try:
        if actions.failed_round(what, fault):
            _failing.add(what)
    except (MunimentError, OSError):
        # The ledger may be what is broken; the next round tries again to tell.
        log.exception("refusal_not_recorded", what=what)
