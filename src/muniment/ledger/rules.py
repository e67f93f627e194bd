"""For how long entries of the ledger are kept, and which never go. Pure: no database, no clock.

This is the one place of these rules; the tables hold the shortest time as constraints too.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from muniment.spine.errors import Invalid

#: Months. Logs of the AI Act are kept for six, of PCI DSS for twelve; thirteen lets a yearly audit look back whole.
USUAL: Final = 13
SHORTEST: Final = 12
LONGEST: Final = 1200

#: Entries without which what is left cannot be understood, and which are few: what went and why, what damage was
#: accepted, whose keys and witnesses count, what was erased by which order, what outside authorities said of the time.
PERMANENT: Final = frozenset({"log.damage", "log.prune", "system.change", "tenant.change"})


def require_months(months: int) -> int:
    """Return for how many months entries are to be kept.

    :raises Invalid: for less than a year: nobody may choose that, in no role and by no command.
    """
    if not SHORTEST <= months <= LONGEST:
        raise Invalid(
            f"Entries of the ledger are kept for {SHORTEST} months at least, and for {LONGEST} at most.",
            todo=f"Choose a number from {SHORTEST} to {LONGEST}; {USUAL} is usual.",
            where="months",
        )
    return months


def months_before(at: datetime, months: int) -> datetime:
    """Return the same day so many months earlier, or the last day of that month when it is shorter."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(at.day, last))


def kept_for(cls: str, chosen: Mapping[str, int]) -> int:
    """Return for how many months entries of a class are kept.

    :param chosen: months by class, as the tenant chose; an empty class stands for all that are not named.
    """
    return max(SHORTEST, chosen.get(cls, chosen.get("", USUAL)))


def cut_off(cls: str, chosen: Mapping[str, int], now: datetime) -> datetime | None:
    """Return before which moment entries of a class may go; ``None`` for those that never go."""
    return None if cls in PERMANENT else months_before(now, kept_for(cls, chosen))
