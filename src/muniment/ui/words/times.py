"""Times as people say them ("today 14:02", "in 3 days") and the exact UTC time that stands behind them.

Rules: `now` is always passed in, so that a page and its test say the same; days are counted in the reader's
time zone, since "tomorrow" is a matter of where one sits; the exact time is always UTC (ui.md, "Words").
"""

from __future__ import annotations

import datetime as dt

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

NEAR_DAYS = 14
"""Beyond a fortnight a date is easier to grasp than a count of days."""


def spoken(when: dt.datetime | dt.date, now: dt.datetime) -> str:
    """Say when something was or will be, as a colleague would.

    A time of day is named only for yesterday, today and tomorrow; further away the day is what matters, and
    the exact time is on focus.

    :param when: an aware time, or a day.
    :param now: the aware time of the page.
    :raises ValueError: when a time is not aware, for then nobody knows which day it falls on.
    """
    _require_aware(now)
    day, clock = _day_and_clock(when)
    distance = (day - timezone.localtime(now).date()).days
    if distance == 0:
        return _("today %(clock)s") % {"clock": clock} if clock else _("today")
    if distance == 1:
        return _("tomorrow %(clock)s") % {"clock": clock} if clock else _("tomorrow")
    if distance == -1:
        return _("yesterday %(clock)s") % {"clock": clock} if clock else _("yesterday")
    if 1 < distance <= NEAR_DAYS:
        return ngettext("in %(days)d day", "in %(days)d days", distance) % {"days": distance}
    if -NEAR_DAYS <= distance < -1:
        return ngettext("%(days)d day ago", "%(days)d days ago", -distance) % {"days": -distance}
    return day_in_words(day)


def day_in_words(day: dt.date) -> str:
    """Write a day so that no reader takes the month for the day: 12 Mar 2026."""
    return formats.date_format(day, "j M Y")


def exact(when: dt.datetime | dt.date) -> str:
    """Write the exact time in UTC, to the second: what a record or an examiner needs.

    :raises ValueError: when a time is not aware.
    """
    if not isinstance(when, dt.datetime):
        return when.isoformat()
    _require_aware(when)
    return when.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def machine(when: dt.datetime | dt.date) -> str:
    """Write the time for the `datetime` attribute of a <time> element (RFC 3339, UTC).

    :raises ValueError: when a time is not aware.
    """
    if not isinstance(when, dt.datetime):
        return when.isoformat()
    _require_aware(when)
    return when.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def length(span: dt.timedelta) -> str:
    """Say how long something took or may take, in its two largest units: "3 days 4 h", "12 min"."""
    seconds = int(abs(span.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    parts: list[str] = []
    if days:
        parts.append(ngettext("%(count)d day", "%(count)d days", days) % {"count": days})
    if hours:
        parts.append(pgettext("hours", "%(count)d h") % {"count": hours})
    if minutes and not days:
        parts.append(pgettext("minutes", "%(count)d min") % {"count": minutes})
    if not parts:
        parts.append(pgettext("seconds", "%(count)d s") % {"count": seconds})
    return " ".join(parts[:2])


def _require_aware(when: dt.datetime) -> None:
    if when.tzinfo is None or when.utcoffset() is None:
        msg = "a time without a zone cannot be shown"
        raise ValueError(msg)


def _day_and_clock(when: dt.datetime | dt.date) -> tuple[dt.date, str]:
    if not isinstance(when, dt.datetime):
        return when, ""
    _require_aware(when)
    here = timezone.localtime(when)
    return here.date(), here.strftime("%H:%M")
