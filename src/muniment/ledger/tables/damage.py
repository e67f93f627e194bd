"""The table of damage that somebody found and that two persons accept: what it was, kept as it stood.

Rules: written by actions, so that the entry commits each row; what was found, what is lost, why, and the damaged row
itself are sealed. ``ledger verify`` asks the entries, and never this table, what was accepted.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from muniment.spine.models import TenantModel
from muniment.spine.sealed import SealedText


class Damage(TenantModel):
    """One piece of damage: proposed by one person, and accepted once another one has confirmed it.

    :ivar name: what is damaged, such as ``waiting:7f3…``. :ivar digest: SHA-256 of ``evidence``.
    :ivar number: the number that is lost with it, as lane and number; empty when none is.
    :ivar found: the sentence of the check. :ivar evidence: the row as it stood, canonical JSON.
    """

    ledger_stream = "damage"

    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    number = models.CharField(max_length=60, blank=True)
    found = SealedText(under="tenant")
    lost = SealedText(under="tenant")
    reason = SealedText(under="tenant")
    evidence = SealedText(under="tenant")
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    accepted_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # null is what the paired constraint speaks of
    accepted_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_by__isnull=True, accepted_at__isnull=True)
                | (
                    Q(accepted_by__isnull=False, accepted_at__isnull=False) & ~Q(accepted_by=F("proposed_by"))
                ),
                name="damage_is_accepted_by_two",
            ),
        ]

    def __str__(self) -> str:
        return self.name
