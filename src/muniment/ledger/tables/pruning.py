"""Tables of keeping: for how long, the bounds that were signed, and what is carried over of what is gone.

Rules: what a tenant chooses is changed by actions; bounds are append-only; the shortest time of keeping is a constraint
here as it is a rule in ``ledger/rules.py``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models

from muniment.spine.guard import Kept
from muniment.spine.models import Row, TenantManager, TenantModel


class Retention(TenantModel):
    """For how many months entries of a class are kept; an empty class stands for all that are not named."""

    cls = models.CharField(max_length=40, blank=True)
    months = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "cls"], name="one_retention_per_class"),
            models.CheckConstraint(
                condition=models.Q(months__gte=12, months__lte=1200), name="entries_are_kept_for_a_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cls or 'everything'}: {self.months} months"


class Prune(Row):
    """A bound below which entries of one class may go: the signed decision of the entry ``entry``, one row a class.

    The guard of the entries asks this table; ``ledger verify`` asks the entry.
    """

    kept: ClassVar[Kept] = Kept.APPEND_ONLY

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    entry = models.UUIDField()
    number = models.IntegerField()
    cls = models.CharField(max_length=40)
    bound = models.BigIntegerField()
    before = models.DateTimeField()
    at = models.DateTimeField()

    class Meta(Row.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number", "cls"], name="one_bound_per_class"),
            models.CheckConstraint(
                condition=models.Q(before__lte=models.F("at") - timedelta(days=365)),
                name="nothing_younger_than_a_year_is_pruned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cls} below {self.bound}"


class Carried(Row):
    """What a later check must still know of pruned entries, in parts; the pruning entry commits the root over them.

    ``id`` is random, ``entry`` the pruning's. ``body`` is canonical JSON.
    """

    kept: ClassVar[Kept] = Kept.QUEUE

    objects: ClassVar[TenantManager[Any]] = TenantManager()

    entry = models.UUIDField(db_index=True)
    part = models.IntegerField()
    body = models.BinaryField()
