"""Looks at the ledger when it is time: the tail every five minutes, everything and what is past its time once a day.

Rules: a daily check that was killed goes on behind the last log that it held; a fault is told in the worker's log
each time it is met, and kept by ``ledger.checks``; a log that cannot be checked or pruned does not keep the others
from it.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog

from muniment.ledger import logs, taking
from muniment.ledger.checks import runs
from muniment.proof.errors import Malformed
from muniment.spine import ports
from muniment.spine.errors import MunimentError

#: Seconds between two looks at what is due.
EVERY: Final = 20.0

log = structlog.get_logger("muniment.ops")


def look(stopping: threading.Event) -> bool:
    """Do what is due; returns whether anything was."""
    due = runs.due(ports.now())
    for what in due:
        for one in runs.left(what, ports.now()):
            if stopping.is_set():
                return True
            made = runs.check(what, one.tenant_id)
            if made.outcome not in runs.GOOD:
                log.error(
                    "ledger_does_not_hold", log=one.origin, what=made.what, faults=list(runs.faults_of(made))
                )
        if what is not runs.What.TAIL:
            runs.forget(ports.now())
            _prune(stopping)
    return bool(due)


def _prune(stopping: threading.Event) -> None:
    for one in logs.living():
        if stopping.is_set():
            return
        try:
            done = taking.prune(one.tenant_id, at_most_each=taking.EVERY)
        except (MunimentError, Malformed, OSError) as why:
            told = why.what if isinstance(why, MunimentError | Malformed) else type(why).__name__
            log.warning("ledger_not_pruned", log=one.origin, why=told)
            continue
        if done.gone or done.stops:
            log.info(
                "ledger_pruned", log=one.origin, below=done.below, gone=done.gone, stops=list(done.stops)
            )
