"""Takes away what is over: sessions past their end, attempts and used codes that count no longer."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.sessions.models import Session

from muniment.access.models import Remembered

#: Seconds between two sweeps of the worker.
EVERY: Final = 300.0


def sweep(now: datetime) -> int:
    """Take away rows that are over; nobody asks for them again.

    :returns: how many went.
    """
    sessions, _ = Session.objects.filter(expire_date__lte=now).delete()
    remembered, _ = Remembered.objects.filter(until__lte=now).delete()
    return sessions + remembered
