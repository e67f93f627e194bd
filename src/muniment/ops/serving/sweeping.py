"""Takes away what is over: sessions past their end, attempts and used codes that count no longer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.sessions.models import Session
from django.db import transaction

from muniment.access.models import Remembered
from muniment.access.rules import WORKER
from muniment.ops import actions
from muniment.spine.actor import system

#: Seconds between two sweeps of the worker.
EVERY: Final = 300.0


def sweep(now: datetime) -> int:
    """Take away rows that are over, and put on record how many; nobody asks for them again.

    :returns: how many went.
    """
    with transaction.atomic():
        sessions, _ = Session.objects.filter(expire_date__lte=now).delete()
        remembered, _ = Remembered.objects.filter(until__lte=now).delete()
        if sessions + remembered:
            hand = system("worker", may=WORKER)
            actions.sweep(hand, sessions=sessions, remembered=remembered)
    return sessions + remembered
