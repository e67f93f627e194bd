"""The process that does the work that waits, settles the ledger and asks the witnesses.

Four loops: jobs in the main thread, the ledger in a second one, so that a long screening never keeps an entry from its
place, the witnesses in a third, so that none of them keeps anything waiting, and the checks of the ledger in a fourth.
Between two jobs it takes away sessions that are over. Asked to stop, it gives a job some seconds and then hands it back
to the queue.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from types import FrameType
from typing import Any, Final

import structlog
from django.db import connection

from muniment.ledger import clock, logs, publish, tally, witnessing
from muniment.ledger.pushing import follow
from muniment.ledger.questions import spans
from muniment.ledger.time import stamping
from muniment.lifecycle import leftover
from muniment.ops import actions
from muniment.ops.serving import looking, sweeping
from muniment.ops.serving.rounds import guarded
from muniment.spine import config, ports
from muniment.spine.installation import keyring
from muniment.spine.models import Job
from muniment.spine.queue import run, take, worker_name

#: Seconds between two looks at the ledger, and at the queue when nothing waits.
SETTLE_EVERY: Final = 1.0
LOOK_EVERY: Final = 0.5
#: Seconds between two askings of the witnesses.
ASK_EVERY: Final = 5.0
#: Seconds between two looks at what was not pushed to the collector yet.
PUSH_EVERY: Final = 2.0
#: Seconds between two looks at the clock, and at whether an hour is over for a time-stamp authority.
TIME_EVERY: Final = 5.0
#: Seconds that a job under way gets when the process is asked to stop.
PATIENCE: Final = 10.0

log = structlog.get_logger("muniment.ops")


class Stopped(Exception):  # says what is the case, as the five errors do
    """The process is asked to stop and the job that is under way goes back to the queue."""


class Worker:
    """The two loops and how they stop."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.at_work = False

    def ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Stop after the job that is under way, or break it off when it takes too long."""
        if not self.stopping.is_set():
            self.stopping.set()
            if self.at_work:
                signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    def break_off(self, _signal: int, _frame: FrameType | None) -> None:
        """Break the job off; the queue takes the exception for a failure that is tried again."""
        if self.at_work:
            raise Stopped

    def jobs(self) -> None:
        """Take one job after the other until the process is asked to stop."""
        name = worker_name()
        swept = -sweeping.EVERY
        while not self.stopping.is_set():
            if ports.monotonic() - swept >= sweeping.EVERY:
                swept = ports.monotonic()
                guarded("sessions", lambda: sweeping.sweep(ports.now()) > 0)
                guarded("pages", _rewrite)
            if not guarded("queue", lambda: self._one_job(name)):
                self.stopping.wait(LOOK_EVERY)

    def _one_job(self, name: str) -> bool:
        taken = take(name, ports.now(), actions.lost)
        if taken is None:
            return False
        log.info("job_taken", job=str(taken.job.id), path=taken.job.path, attempt=taken.attempt)
        self.at_work = True
        try:
            done = actions.one_job(taken, run)
        finally:
            self.at_work = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        log.info("job_done" if done else "job_failed", job=str(taken.job.id), path=taken.job.path)
        return True

    def ledger(self) -> None:
        """Settle the ledger each second while there is work."""
        while not self.stopping.wait(SETTLE_EVERY):
            guarded("ledger", _settle)
        guarded("ledger", _settle)
        connection.close()

    def checks(self) -> None:
        """Hold the ledger against itself when it is time, and take away what is past its time."""
        while not self.stopping.wait(looking.EVERY):
            guarded("checks", lambda: looking.look(self.stopping))
        connection.close()

    def times(self) -> None:
        """Look at the clock, first of all when the process starts, and ask the time-stamp authorities each hour."""
        guarded("clock", _look)
        while not self.stopping.wait(TIME_EVERY):
            guarded("clock", _look)
            guarded("time-stamps", _stamp)
        connection.close()

    def pushing(self) -> None:
        """Push entries to the collector, if one is named; the ledger goes on whether it answers or not."""
        while not self.stopping.wait(PUSH_EVERY):
            guarded("pushing", _push)
        connection.close()

    def witnesses(self) -> None:
        """Ask the witnesses for what they have not cosigned yet; the ledger goes on whether they answer or not."""
        while not self.stopping.wait(ASK_EVERY):
            guarded("witnesses", _ask)
        connection.close()


def _push() -> bool:
    now = ports.now()
    sent = follow.push_all(now)
    if config.current().otlp_address:
        for one in map(follow.behind, logs.living()):
            if one.late(now):
                log.error("push_is_behind", log=one.origin, entries=one.entries, fault=one.fault)
    return sent > 0


def _ask() -> bool:
    asked = witnessing.ask_all(ports.now())
    for origin, one in asked.items():
        for heard in one.heard:
            if heard.alarm:
                log.error("witness_contradicts", log=origin, size=one.size, url=heard.url, fault=heard.fault)
            elif heard.fault:
                log.warning(
                    "witness_did_not_sign", log=origin, size=one.size, url=heard.url, fault=heard.fault
                )
    return bool(asked)


def _look() -> bool:
    step = clock.look()
    if step.jumped:
        log.error("clock_jumped", kind=step.kind, seconds=step.seconds)
    elif step.kind != "steady":
        log.warning("clock_stepped", kind=step.kind, seconds=step.seconds)
    return step.kind != "steady"


def _stamp() -> bool:
    heard = stamping.ask_due(ports.now())
    for one in heard:
        if one.fault:
            log.warning("no_time_stamp", authority=one.name, fault=one.fault)
        elif one.far:
            log.error("clocks_differ", authority=one.name, ahead=one.off)
    return bool(heard)


def _rewrite() -> bool:
    """Rewrite what deleted rows an erasure left on the pages of the database."""
    cleaned = leftover.clean()
    if cleaned is not None and cleaned.at is None:
        log.warning("deleted_rows_keep_their_bytes", why=cleaned.what)
    return cleaned is not None


def _settle() -> bool:
    # A process that rests does not keep in memory what another one has erased.
    keyring().heed()
    tally.settle(ports.now())
    done = publish.settle()
    if any(one.sequenced for one in done):
        spans.keep_all_up()
    return any(one.sequenced for one in done)


def hand_back_what_the_dead_held() -> int:
    """Free the jobs of workers of this machine that are no more, instead of waiting for their leases to end.

    :returns: how many jobs were freed.
    """
    freed = 0
    held: list[Any] = list(Job.objects.filter(state="running", worker__startswith=f"{socket.gethostname()}:"))
    for job in held:
        number = job.worker.rpartition(":")[2]
        if number.isdigit() and not _lives(int(number)):
            mine = Job.objects.filter(id=job.id, worker=job.worker, attempts=job.attempts, state="running")
            freed += mine.update(lease_until=ports.now())
    return freed


def _lives(process: int) -> bool:
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def work() -> None:
    """Run both loops until the process is asked to stop."""
    worker = Worker()
    signal.signal(signal.SIGTERM, worker.ask_to_stop)
    signal.signal(signal.SIGINT, worker.ask_to_stop)
    signal.signal(signal.SIGALRM, worker.break_off)
    freed = hand_back_what_the_dead_held()
    log.info("worker_started", freed=freed)
    beside = [
        threading.Thread(target=worker.ledger, name="ledger"),
        threading.Thread(target=worker.witnesses, name="witnesses"),
        threading.Thread(target=worker.pushing, name="pushing"),
        threading.Thread(target=worker.times, name="times"),
    ]
    # A check of a long log takes minutes and changes nothing: who is asked to stop does not wait for it.
    checks = threading.Thread(target=worker.checks, name="checks", daemon=True)
    checks.start()
    for one in beside:
        one.start()
    try:
        worker.jobs()
    finally:
        worker.stopping.set()
        for one in beside:
            one.join()
        checks.join(PATIENCE)
    log.info("worker_stopped")
