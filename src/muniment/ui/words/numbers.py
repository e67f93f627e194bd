"""Numbers for reading: thousands set apart, and no percentage without what it is a share of."""

from __future__ import annotations

from django.utils.translation import gettext as _


def counted(number: int | None) -> str:
    """Write a whole number with thousands set apart (4,812); nothing for what was never counted."""
    return "–" if number is None else f"{int(number):,}"


def share(part: int, whole: int) -> str:
    """Say a share with its denominator: "3 of 14 (21 %)"; without a whole there is nothing to divide."""
    if whole <= 0:
        return _("none of 0")
    percent = round(100 * part / whole)
    return _("%(part)s of %(whole)s (%(percent)d %%)") % {
        "part": counted(part),
        "whole": counted(whole),
        "percent": percent,
    }
