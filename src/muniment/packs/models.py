"""Tables of the packs: which proof was built of which case, and whom it was given to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from muniment.spine.models import TenantModel
from muniment.spine.sealed import SealedText


class PackState(models.TextChoices):
    """Where a pack stands."""

    QUEUED = "queued", "queued"
    BUILT = "built", "built"
    FAILED = "failed", "failed"


class Pack(TenantModel):
    """The proof of one case in one file, as it was built at one moment."""

    case_id = models.UUIDField()
    case_number = models.IntegerField()
    state = models.CharField(max_length=10, choices=PackState.choices, default=PackState.QUEUED)
    requested_by = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    blob_id = models.UUIDField(null=True)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    size = models.BigIntegerField(default=0)
    origin = models.CharField(max_length=120, default="", blank=True)
    log_size = models.BigIntegerField(default=0)
    contents = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "failed"], made_at__isnull=True, blob_id__isnull=True)
                | Q(state="built", made_at__isnull=False, blob_id__isnull=False),
                name="a_built_pack_has_a_file",
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "case_id"],
                condition=Q(state="queued"),
                name="one_pack_being_built_per_case",
            ),
        ]

    def __str__(self) -> str:
        return f"pack of case {self.case_number}"


class Breakdown(TenantModel):
    """Why a pack could not be built, in plain words; tried again and given up again, it has several."""

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="breakdowns")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta(TenantModel.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="a_breakdown_has_a_reason")]

    def __str__(self) -> str:
        return f"breakdown of {self.pack_id}"


class Handover(TenantModel):
    """A copy of a pack that left the house: when, by whom, and to whom they said it goes."""

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="handovers")
    taken_by = models.CharField(max_length=80)
    taken_at = models.DateTimeField()
    given_to = SealedText(under="tenant")

    def __str__(self) -> str:
        return f"copy of {self.pack_id}"
