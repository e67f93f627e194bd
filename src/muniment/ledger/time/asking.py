"""Asking the time-stamp authorities because somebody wants to know now; and the file of one entry with its time.

Rules: who asks is on record before anybody outside is asked; the asking itself is a job, since the network and the
signing keys are not the web's business. They are asked once a minute at the most.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from muniment.ledger import covering, logs, queries
from muniment.ledger.action import Act, action
from muniment.ledger.models import Entry, Event, Log
from muniment.ledger.time import authorities, carried, stamping
from muniment.ledger.trust import rotation
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.entrywriter import write_entry
from muniment.proof.errors import Malformed
from muniment.proof.pack import Event as Shown
from muniment.proof.tiles import Tiles
from muniment.spine import queue
from muniment.spine.errors import Absent, Busy
from muniment.spine.models import Job

#: The job by name: it stands above the action that asks for it.
PERFORM: Final = "muniment.ledger.jobs.ask_time"
#: Between two askings that people ask for.
PAUSE: Final = timedelta(minutes=1)


@action("ledger.ask_time", cls="system.change", says="{actor} had the authorities asked for the time")
def ask_time(act: Act) -> tuple[str, ...]:
    """Have the authorities of the settings asked for time-stamps on the newest head, now.

    :returns: the names of those who are asked.
    :raises Absent: when nobody is named. :raises Busy: when they were asked a moment ago, or are being asked.
    """
    names = tuple(one.name for one in authorities.named() if one.url)
    if not names:
        raise Absent("No time-stamp authority is named.", todo="The operator names one in the settings.")
    if asked_lately(act.now):
        raise Busy("The authorities were asked a moment ago.", todo="Wait a minute, then ask again.")
    act.record("time", authorities=list(names))
    queue.enqueue(PERFORM)
    return names


def asked_lately(now: datetime) -> bool:
    """Say whether the authorities are being asked, or were within the last minute."""
    if Job.objects.filter(path=PERFORM, state__in=["ready", "running"]).exists():
        return True
    return any(timedelta() <= now - one.at < PAUSE for one in stamping.last_heard())


def entry_file(found: Event) -> bytes:
    """Return the file of one entry of the current tenant's log: the proof of its place and of its time.

    :raises Busy: while no checkpoint covers the entry, or when the log's files cannot be read.
    """
    raw = queries.note().encode()
    head = parse_checkpoint(raw)
    if not isinstance(found, Entry) or found.idx >= head.size:
        raise Busy("No checkpoint covers this entry yet.", todo="Wait a few seconds, then try again.")
    log: Log = Log.objects.get()
    # Under the first witnessed head that holds it, where one is kept: then the file says that it was witnessed.
    raw = covering.head_over(log, found.idx + 1) or raw
    head = parse_checkpoint(raw)
    try:
        hashes = Tiles(logs.folder(log), head.size).inclusion(found.idx)
        time = carried.members(log, raw, [found.idx])
        shown = Shown(found.idx, bytes(found.leaf), hashes)
        return write_entry(shown, raw, str(log.vkeys).splitlines(), time, _succession(log))
    except Malformed as why:
        raise Busy(why.what, todo="Tell the operator to run: muniment ledger verify --deep.") from None


def _succession(log: Log) -> bytes:
    try:
        return rotation.succession(log)
    except Absent:
        return b""
