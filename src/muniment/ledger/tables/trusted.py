"""Tables of what readers trust: the keys that follow each other in a log, and the witnesses that two persons accepted.

Rules: both are written by actions, so that the entry commits each row; what is public stands in the clear.
"""

from __future__ import annotations

from django.db import models

from muniment.spine.models import PublicModel, TenantModel


class LogKey(TenantModel):
    """A pair of keys that follows another one in a log; the first pair of a log has no row.

    :ivar number: 1 for the first successor. :ivar announced: the event that names these keys.
    :ivar until: until when the keys before also sign. :ivar retired: the event that let those go.
    """

    number = models.PositiveIntegerField()
    vkeys = models.TextField()
    announced = models.UUIDField()
    announced_at = models.DateTimeField()
    until = models.DateTimeField()
    retired = models.UUIDField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="one_key_per_number_of_a_log"),
            models.CheckConstraint(
                condition=models.Q(retired__isnull=True, retired_at__isnull=True)
                | models.Q(retired__isnull=False, retired_at__isnull=False),
                name="keys_are_let_go_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"keys number {self.number} of a log"


class WitnessPolicy(PublicModel):
    """A file of witnesses that one person proposed and, once another one accepted it, is in force."""

    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    body = models.TextField()
    proposed_by = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    accepted_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # null is what the paired constraint speaks of
    accepted_at = models.DateTimeField(null=True)

    class Meta(PublicModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["number"], name="one_witness_policy_per_number"),
            models.CheckConstraint(
                condition=models.Q(accepted_by__isnull=True, accepted_at__isnull=True)
                | (
                    models.Q(accepted_by__isnull=False, accepted_at__isnull=False)
                    & ~models.Q(accepted_by=models.F("proposed_by"))
                ),
                name="witnesses_are_changed_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"witnesses, version {self.number}"
