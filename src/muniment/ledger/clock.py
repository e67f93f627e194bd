"""The clock of the machine: what it may not decide alone, and the record of its steps.

**For rooms that destroy something because time has passed, or whose record must say when (erasure, pruning):** call
:func:`require_trusted_clock` (or ask :func:`clock_is_trusted`) in the scope of the tenant before anything is destroyed.
It is false from the moment the clock was set forward by more than a day, also while the installation stood still, until
two people of the tenant have said that the clock is right (:func:`propose_clock`, :func:`confirm_clock`). In the scope
of the deployment the word of two people of any one tenant is enough. The worker calls :func:`look`.

Rules: a step back is put on record and stops nothing, since what is destroyed later is destroyed late; no step of the
clock ever changes the place of an entry. Within one start of the machine the kernel's count of seconds tells a step
from time that has passed; after another start, or where there is no such count, whoever was away for more than a day
looks like a jump. Steps forward below a day are added up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from muniment.ledger import vouch
from muniment.ledger.action import Act, action
from muniment.ledger.models import Checkpoint, Entry, Outbox
from muniment.ledger.refusals import constraint
from muniment.ledger.tables.time import ClockJump, ClockSeen, ClockWord
from muniment.ledger.time.steps import Seen, Step, step_between
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Absent, Clash, Refused
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import DEPLOYMENT, current_tenant, tenant_scope
from muniment.spine.session import open_action

#: The one row of :class:`ClockSeen`.
ROW: Final = UUID(int=1)
#: Seconds after which it is worth writing down that the clock still runs.
SEEN_EVERY: Final = 30.0
CLERK: Final = frozenset({"ledger.note_clock"})

constraint(
    "nobody_confirms_the_clock_alone",
    Refused("Nobody confirms the clock alone.", todo="Ask a second person who may do this."),
)
constraint(
    "one_word_per_jump_of_the_clock",
    Clash("Somebody has just said that the clock is right.", todo="Open the page again."),
)


@dataclass(frozen=True, slots=True)
class ClockState:
    """How the clock stands for the current tenant.

    :param trusted: whether something may be destroyed because time has passed.
    :param seen: when the clock was last seen; ``None`` where nobody has looked yet.
    :param jump: the newest jump that nobody has confirmed, or ``None``.
    :param word: what was said of that jump so far, or ``None``.
    :param unnoted: seconds of a jump that happened and that the worker has not noted yet; 0 when there is none.
    """

    trusted: bool
    seen: datetime | None
    jump: ClockJump | None
    word: ClockWord | None
    unnoted: int = 0


def clock_is_trusted() -> bool:
    """Say whether the clock may decide that something is destroyed, for the tenant whose scope is open."""
    return state().trusted


def require_trusted_clock() -> None:
    """Refuse to go on while the clock has jumped and two people have not said that it is right.

    :raises Refused: then; nothing was destroyed.
    """
    if not clock_is_trusted():
        raise Refused(
            "The clock of this machine was set forward by more than a day, so nothing is destroyed.",
            todo="Two people look at the clock and confirm it: muniment clock propose, then muniment clock confirm.",
        )


def state() -> ClockState:
    """Return how the clock stands for the tenant whose scope is open, without changing anything."""
    known = _last_seen()
    ahead = _step(known).jumped
    newest: ClockJump | None = ClockJump.objects.order_by("-number").first()
    seen = None if known is None else known.at
    if newest is None:
        return ClockState(not ahead, seen, None, None, ahead)
    words = ClockWord.everything if current_tenant() == DEPLOYMENT else ClockWord.objects
    about = words.filter(jump=newest.number)
    if about.filter(confirmed_by__isnull=False).exists():
        return ClockState(not ahead, seen, None, None, ahead)
    return ClockState(False, seen, newest, about.first(), ahead)


def look() -> Step:
    """Look at the clock, write down when it was seen, and put a step on record.

    Called by the worker all the time and once when it starts, so that a clock that was set while nothing ran is found.

    :returns: the step since the clock was last seen.
    """
    with tenant_scope(DEPLOYMENT):
        known = _last_seen()
        found = _step(known)
        if found.kind == "steady":
            if known is None or ports.now() - known.at >= timedelta(seconds=SEEN_EVERY):
                with transaction.atomic(), open_action(LEDGER_HAND):
                    _write(known, found)
            return found
    note_clock(system("clock", may=CLERK), known=known, step=found)
    return found


@action(
    "ledger.note_clock",
    cls="system.change",
    says="the clock of the machine, last seen at {facts.before}, showed {facts.shows} ({facts.step})",
)
def note_clock(act: Act, *, known: Seen | None, step: Step) -> None:
    """Put a step of the clock on record, and from then on count from what it shows now.

    :raises Clash: when somebody else has looked at the clock meanwhile.
    """
    if _last_seen() != known:
        raise Clash("Somebody else has looked at the clock.", todo="Look again.")
    before = act.now if known is None else known.at
    subject: object = "clock"
    if step.jumped:
        number = 1 + ClockJump.objects.count()
        subject = ClockJump.objects.create(number=number, before=before, at=act.now, seconds=step.seconds)
    act.record(subject, stream="clock", step=step.kind, before=before, shows=act.now, seconds=step.seconds)
    with open_action(LEDGER_HAND):
        _write(known, step)


@action(
    "ledger.propose_clock",
    cls="system.change",
    says="{actor} said that the clock of the machine is right at {facts.shows}",
)
def propose_clock(act: Act, *, jump: int) -> ClockWord:
    """Say as the first of two people that the clock is right in spite of a jump.

    :param jump: number of the newest jump, as it was shown.
    :raises Absent: when there is no such jump.
    :raises Clash: when the clock has jumped again, or somebody has said so already.
    """
    _require_newest(jump)
    word: ClockWord = ClockWord.objects.create(jump=jump, proposed_by=act.actor.id, proposed_at=act.now)
    act.record(word, jump=jump, shows=act.now)
    return word


@action(
    "ledger.confirm_clock",
    cls="system.change",
    says="{actor} confirmed that the clock of the machine is right at {facts.shows}",
)
def confirm_clock(act: Act, *, jump: int) -> ClockWord:
    """Confirm as the second of two people that the clock is right; from then on it decides again.

    :raises Absent: when there is no such jump, or nobody has spoken first.
    :raises Clash: when the clock has jumped again, or is confirmed already.
    :raises Refused: when the same person has spoken first.
    """
    _require_newest(jump)
    word: ClockWord | None = ClockWord.objects.select_for_update().filter(jump=jump).first()
    if word is None:
        raise Absent(
            "Nobody has said yet that the clock is right.", todo="Say so first, then let a second person."
        )
    if word.confirmed_by is not None:
        raise Clash("Two people have confirmed the clock already.")
    word.confirmed_by, word.confirmed_at = act.actor.id, act.now
    word.save()
    act.record(word, jump=jump, shows=act.now)
    return word


def _require_newest(number: int) -> None:
    newest = ClockJump.objects.order_by("-number").values_list("number", flat=True).first()
    if newest is None or number > newest or number < 1:
        raise Absent("The clock has made no such jump.")
    if number < newest:
        raise Clash("The clock has jumped once more since.", todo="Look at it again.")


def _step(known: Seen | None) -> Step:
    return step_between(known, ports.now(), ports.since_boot())


def _last_seen() -> Seen | None:
    """Return how the clock was last seen; when the row of it was taken away or changed, as far as the log tells."""
    row: ClockSeen | None = ClockSeen.objects.filter(id=ROW).first()
    if row is not None and vouch.vouched(vouch.key_of(DEPLOYMENT), row):
        return Seen(row.at, row.boot, row.ticks, row.drift)
    with tenant_scope(DEPLOYMENT):
        noted = [table.objects.filter(kind="ledger.note_clock").exists() for table in (Entry, Outbox)]
        if row is None and not any(noted):
            return None
        newest = Checkpoint.objects.order_by("-size").values_list("at", flat=True).first()
        return Seen(newest or datetime.fromtimestamp(0, tz=ports.now().tzinfo), "", -1, 0, lost=True)


def clock_faults() -> Iterator[str]:
    """Hold the record of when the clock was last seen against its voucher, for ``ledger verify``."""
    with tenant_scope(DEPLOYMENT):
        known = _last_seen()
    if known is not None and known.lost:
        yield "the row of when the clock was last seen is gone, or is not as the ledger wrote it"


def _write(known: Seen | None, step: Step) -> None:
    """Write down when the clock was seen; in the ledger's own hand."""
    at = step.at
    row = ClockSeen(id=ROW, tenant_id=DEPLOYMENT, at=at, boot=step.boot, ticks=step.ticks, drift=step.drift)
    row.voucher = vouch.voucher(vouch.key_of(DEPLOYMENT), row)
    fresh = not ClockSeen.objects.filter(id=ROW).exists() if known is None or known.lost else False
    row.save(force_insert=fresh, force_update=not fresh)
