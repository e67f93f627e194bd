"""Tables of the scans: what was held against what, and each finding with both its anchors.

What comes out of the firm's documents (the quote, and the sentence that repeats it) stands sealed; what comes
out of the law does not. A finding of evidence or conflict without a passage of a document cannot be stored.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from muniment.spine.models import TenantModel
from muniment.spine.sealed import SealedText


class ScanState(models.TextChoices):
    """Where a scan stands."""

    QUEUED = "queued", "queued"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class Assessment(models.TextChoices):
    """What a person said of a finding."""

    PROPOSED = "proposed", "proposed"
    ACCEPTED = "accepted", "accepted"
    DISAGREED = "disagreed", "disagreed"


class Scan(TenantModel):
    """The duties of certain acts held against the firm's documents at one moment.

    ``acts`` lists [act, snapshot, digest]; ``documents`` lists [version, digest]; ``digest`` is over all findings.
    """

    number = models.IntegerField()
    state = models.CharField(max_length=10, choices=ScanState.choices, default=ScanState.QUEUED)
    acts = models.JSONField()
    documents = models.JSONField()
    requested_by = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    versions = models.JSONField(default=dict)
    rules = models.JSONField(default=list)
    stats = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, default="", blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="one_scan_per_number"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "failed"], finished_at__isnull=True, digest="")
                | (Q(state="done", finished_at__isnull=False) & ~Q(digest="")),
                name="a_finished_scan_has_a_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"scan {self.number}"


class Failure(TenantModel):
    """Why a scan was given up, in plain words; tried again and given up again, it has several."""

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="failures")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta(TenantModel.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="a_failure_has_a_reason")]

    def __str__(self) -> str:
        return f"failure of scan {self.scan_id}"


class Replay(TenantModel):
    """A scan done again from the stored bytes: who asked when, and the digest that came out or why none did."""

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="replays")
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    recorded = models.CharField(max_length=64)
    again = models.CharField(max_length=64, default="", blank=True)
    failure = models.CharField(max_length=300, default="", blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["scan"], condition=Q(ended_at__isnull=True), name="one_replay_at_a_time_per_scan"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, again="", failure="")
                | (Q(ended_at__isnull=False, failure="") & ~Q(again=""))
                | (Q(ended_at__isnull=False, again="") & ~Q(failure="")),
                name="a_replay_ends_with_a_digest_or_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"replay of scan {self.scan_id}"

    @property
    def same(self) -> bool | None:
        """Whether the same findings came out; nothing while it has not ended, or ended without a digest."""
        return self.again == self.recorded if self.again else None


class Finding(TenantModel):
    """A duty held against the firm's documents: what is proposed, why, and both anchors."""

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="findings")
    position = models.IntegerField()
    act = models.CharField(max_length=60)
    snapshot_id = models.UUIDField()
    duty_key = models.CharField(max_length=140)
    eid = models.CharField(max_length=120)
    article = models.CharField(max_length=120)
    chapter = models.CharField(max_length=120, default="", blank=True)
    duty = models.JSONField()
    status = models.CharField(max_length=24)
    confidence = models.IntegerField()
    why = SealedText(under="tenant")
    basis = models.CharField(max_length=80)
    searched = models.IntegerField()
    overlap = models.IntegerField()
    law_digest = models.CharField(max_length=64)
    law_start = models.IntegerField()
    law_end = models.IntegerField()
    law_quote = models.TextField()
    version_id = models.UUIDField(null=True)
    version_digest = models.CharField(max_length=64, default="", blank=True)
    page = models.IntegerField(null=True)
    start = models.IntegerField(null=True)
    end = models.IntegerField(null=True)
    quote = SealedText(under="tenant", null=True)
    digest = models.CharField(max_length=64)
    assessment = models.CharField(max_length=12, choices=Assessment.choices, default=Assessment.PROPOSED)
    assessed_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # null is what the paired constraint speaks of
    assessed_at = models.DateTimeField(null=True)
    reason = SealedText(under="tenant", null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["scan", "act", "duty_key"], name="one_finding_per_duty"),
            models.CheckConstraint(
                condition=Q(status__in=["no_evidence_found", "cannot_tell"])
                | Q(version_id__isnull=False, start__isnull=False, end__isnull=False, quote__isnull=False),
                name="a_finding_has_both_anchors",
            ),
            models.CheckConstraint(
                condition=Q(assessment="proposed", assessed_by__isnull=True, assessed_at__isnull=True)
                | Q(assessed_by__isnull=False, assessed_at__isnull=False),
                name="an_assessment_has_a_person_and_a_time",
            ),
        ]
        indexes = [models.Index(fields=["scan", "position"], name="finding_in_order")]

    def __str__(self) -> str:
        return f"finding {self.act} {self.duty_key}"
