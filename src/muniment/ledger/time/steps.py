"""What two looks at a clock tell: that time has passed, or that somebody has set it. Pure.

Rules: within one start of the machine the kernel's count of seconds says how much time has passed, whatever the clock
shows. Without it, nothing contradicts a clock that went forward by less than a day; more than that is called a jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: A step that is smaller is how clocks are corrected every day.
NOISE: Final = 2_000
#: Milliseconds that the clock may be set forward before nothing is destroyed any more.
MOST: Final = 24 * 60 * 60 * 1000
_ONE: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """How the clock was last seen.

    :param boot: which start of the machine it was, or nothing. :param ticks: milliseconds since then, or -1.
    :param drift: milliseconds of all steps forward together that stopped nothing.
    :param lost: whether the record of it is gone or was changed, and only the log's own time is left.
    """

    at: datetime
    boot: str
    ticks: int
    drift: int
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What became of the clock since it was last seen.

    :param kind: ``begun``, ``steady``, ``back``, ``forward`` (less than a day), ``jump`` or ``lost``.
    :param seconds: by how much it was set, whole seconds, never negative.
    """

    kind: str
    seconds: int
    at: datetime
    boot: str
    ticks: int
    drift: int

    @property
    def jumped(self) -> int:
        """Seconds of a jump after which nothing may be destroyed, at least 1; 0 when it is none."""
        return max(1, self.seconds) if self.kind in ("jump", "lost") else 0


def step_between(known: Seen | None, now: datetime, since_boot: tuple[str, float] | None) -> Step:
    """Return what became of the clock since it was last seen.

    :param since_boot: which start of the machine this is and the seconds since, where the kernel tells.
    """
    boot, ticks = ("", -1) if since_boot is None else (since_boot[0], int(since_boot[1] * 1000))
    if known is None:
        return Step("begun", 0, now, boot, ticks, 0)
    passed = (now - known.at) // _ONE
    if known.lost:
        return Step("lost", max(0, passed) // 1000, now, boot, ticks, 0)
    off = passed if passed < 0 or passed > MOST else 0
    if boot and boot == known.boot:
        off = passed - (ticks - known.ticks)
    if abs(off) <= NOISE:
        # What is written next counts from here, so a slow correction is none of our business and never adds up.
        return Step("steady", 0, now, boot, ticks, known.drift)
    drift = max(0, known.drift + off)
    if off > 0 and drift > MOST:
        return Step("jump", drift // 1000, now, boot, ticks, 0)
    return Step("forward" if off > 0 else "back", abs(off) // 1000, now, boot, ticks, drift)
