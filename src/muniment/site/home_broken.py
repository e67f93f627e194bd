"""Work that was given up: the scans, packs and screenings that wait for nobody any more unless somebody acts.

What something later has replaced is left out: a scan before the last one that was done, a pack of a case of which
another one was asked for, any screening but the newest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from muniment.packs import queries as packs
from muniment.packs.models import Pack, PackState
from muniment.scans.models import Scan, ScanState
from muniment.scans.queries import progress
from muniment.screening import queries as screening
from muniment.screening.models import RunState
from muniment.site.home_pictures import address
from muniment.spine.actor import Actor

MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that was given up, and why; :param may_retry: whether this person may have it tried again."""

    sentence: str
    url: str
    may_retry: bool


def broken(actor: Actor) -> Iterator[Broken]:
    """Yield what was given up and has not been replaced, as far as this person may see it."""
    if "scans.read" in actor.may:
        yield from _scans(actor)
    if "packs.read" in actor.may:
        yield from _packs(actor)
    if "screening.read" in actor.may:
        yield from _screening(actor)


def _scans(actor: Actor) -> Iterator[Broken]:
    done = Scan.objects.filter(state=ScanState.DONE).order_by("-number").values_list("number", flat=True)
    rows = Scan.objects.filter(state=ScanState.FAILED, number__gt=done.first() or 0).order_by("-number")
    failed: list[Scan] = list(rows[:MOST])
    reasons = progress.failures(failed)
    for one in failed:
        why = reasons[one.id].reason
        sentence = _("Scan %(number)d could not be done: %(why)s") % {"number": one.number, "why": why}
        yield Broken(sentence, address("scans:scan", one.id), "scans.retry" in actor.may)


def _packs(actor: Actor) -> Iterator[Broken]:
    rows = Pack.objects.filter(state=PackState.FAILED).order_by("-requested_at")
    failed: list[Pack] = list(rows[:MOST])
    reasons = packs.breakdowns(failed)
    for one in failed:
        if Pack.objects.filter(case_id=one.case_id, requested_at__gt=one.requested_at).exists():
            continue
        words = {"number": one.case_number, "why": reasons[one.id].reason}
        sentence = _("The proof of case %(number)d could not be built: %(why)s") % words
        yield Broken(sentence, address("packs:pack", one.id), "packs.retry" in actor.may)


def _screening(actor: Actor) -> Iterator[Broken]:
    run = screening.newest()
    if run is not None and run.state == RunState.FAILED:
        words = {"number": run.number, "why": run.why}
        sentence = _("Screening %(number)d could not be finished: %(why)s") % words
        yield Broken(sentence, address("screening:run", run.id), "screening.retry" in actor.may)
