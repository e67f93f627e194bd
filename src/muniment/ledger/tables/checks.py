"""The table of checks of a log: when, how much of it, and what came of it.

Rules: written by the ledger's own hand and vouched for; rows of good checks of tails go after a month.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from muniment.spine.guard import Kept
from muniment.spine.models import Row, TenantManager
from muniment.spine.sealed import SealedText


class Check(Row):
    """One time that a log was held against itself: when, what of it, how large it was, and what came of it.

    Good checks of the tail are no entries, or a quiet log would grow by being looked at; every other check is one
    (``ledger.verify``). ``faults`` is JSON: a list of sentences, at most twenty of ``fault_count``.
    """

    kept: ClassVar[Kept] = Kept.QUEUE

    what = models.CharField(max_length=8)
    began_at = models.DateTimeField()
    milliseconds = models.BigIntegerField()
    size = models.BigIntegerField()
    entries = models.BigIntegerField()
    rows = models.BigIntegerField(default=0)
    outcome = models.CharField(max_length=12)
    fault_count = models.IntegerField(default=0)
    faults = SealedText(under="tenant", null=True)
    entry = models.UUIDField(null=True)
    voucher = models.BinaryField(max_length=32, default=bytes)

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    class Meta(Row.Meta):
        indexes = [models.Index(fields=["tenant_id", "began_at"], name="check_by_time")]

    def __str__(self) -> str:
        return f"{self.what} check at {self.size}: {self.outcome}"
