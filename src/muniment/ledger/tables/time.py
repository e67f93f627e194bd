"""Tables of time: when the clock was last seen, how it jumped, who vouched for it, and what authorities stamped.

Rules: the deployment has one clock, so what was seen and every jump are the deployment's and all tenants read them;
whether a jump is believed each tenant's own people say, two of them.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from muniment.spine.guard import Kept
from muniment.spine.models import PublicModel, TenantModel


class ClockSeen(PublicModel):
    """When the clock was last seen: one row, written by the ledger's own hand some times a minute.

    :param boot: which start of the machine it was. :param ticks: milliseconds since that start, or -1.
    :param drift: milliseconds by which the clock was set forward in steps too small to stop anything, together.
    """

    kept: ClassVar[Kept] = Kept.REGISTER

    at = models.DateTimeField()
    boot = models.CharField(max_length=40, default="")
    ticks = models.BigIntegerField(default=-1)
    drift = models.BigIntegerField(default=0)
    voucher = models.BinaryField(max_length=32, default=bytes)

    def __str__(self) -> str:
        return f"clock seen at {self.at.isoformat()}"


class ClockJump(PublicModel):
    """A jump of the clock by more than a day, forwards; they are numbered from 1.

    :param before: when it was last seen. :param at: what it showed then. :param seconds: by how much it was ahead.
    """

    ledger_stream: ClassVar[str] = "clock"

    number = models.IntegerField()
    before = models.DateTimeField()
    at = models.DateTimeField()
    seconds = models.BigIntegerField()

    class Meta(PublicModel.Meta):
        constraints = [models.UniqueConstraint(fields=["number"], name="one_clock_jump_per_number")]

    def __str__(self) -> str:
        return f"jump {self.number} of the clock"


class ClockWord(TenantModel):
    """What two people of a tenant said of the clock: that it is right in spite of its jumps up to this one."""

    ledger_stream: ClassVar[str] = "clock"
    seen_by_deployment: ClassVar[bool] = True

    jump = models.IntegerField()
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # null is what the paired constraint speaks of
    confirmed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("proposed_by")),
                name="nobody_confirms_the_clock_alone",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="a_word_on_the_clock_has_a_person_and_a_time",
            ),
            models.UniqueConstraint(fields=["tenant_id", "jump"], name="one_word_per_jump_of_the_clock"),
        ]

    def __str__(self) -> str:
        return f"word on jump {self.jump} of the clock"


class Stamp(PublicModel):
    """A time-stamp of an outside authority on a head of the deployment's log; the token is a file.

    :param digest: SHA-256 of the token, by which its file is named. :param at: the time that it states.
    :param size: of the head. :param root: of the head.
    """

    ledger_stream: ClassVar[str] = "time"

    authority = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    at = models.DateTimeField()
    test = models.BooleanField()

    class Meta(PublicModel.Meta):
        constraints = [models.UniqueConstraint(fields=["digest"], name="one_row_per_time_stamp")]
        indexes = [models.Index(fields=["size", "at"], name="time_stamp_by_size")]

    def __str__(self) -> str:
        return f"time-stamp by {self.authority} at {self.at.isoformat()}"
