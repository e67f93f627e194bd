"""Tables of the screenings: runs, what each run said of each party, and the matches it found.

What a run says of a person stands sealed under that person's own key; clear results are kept with the same
care as alerts. The digest of a person's result is sealed too, since a plain one could be guessed.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from muniment.spine.models import TenantModel
from muniment.spine.sealed import TENANT_KEY, SealedText


class RunState(models.TextChoices):
    """How far a run has come."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "under way"
    FINISHED = "finished", "finished"
    FAILED = "failed", "failed"


class Verdict(models.TextChoices):
    """What the scorers say: the reference decides on an alert, the second opinion can only add *consider*."""

    ALERT = "alert", "alert"
    CONSIDER = "consider", "also consider"
    BELOW = "below", "below both"
    CLEAR = "clear", "clear"


class MatchState(models.TextChoices):
    """What people have said of a match."""

    OPEN = "open", "open"
    REOPENED = "reopened", "reopened"
    CLEARED = "cleared", "cleared"
    CONFIRMED = "confirmed", "confirmed"
    NOTED = "noted", "noted"


class ScreeningRun(TenantModel):
    """One screening of everybody against certain versions of certain lists.

    ``lists`` names each by snapshot, key, version, digest and number of entries; ``digest`` is over all
    results by reference and does not depend on when or where it ran.
    """

    number = models.IntegerField()
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    lists = models.JSONField()
    threshold = models.IntegerField()
    cutoff = models.IntegerField()
    exhaustive = models.BooleanField(default=False)
    versions = models.JSONField(default=dict)
    config_hash = models.CharField(max_length=64, default="", blank=True)
    parties = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    alerts = models.IntegerField(default=0)
    considers = models.IntegerField(default=0)
    clears = models.IntegerField(default=0)
    digest = models.CharField(max_length=64, default="", blank=True)
    why = models.CharField(max_length=200, default="", blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="one_run_per_number"),
            models.CheckConstraint(
                condition=Q(state="finished", finished_at__isnull=False) & ~Q(digest="")
                | Q(state="failed", finished_at__isnull=False) & ~Q(why="")
                | Q(state__in=["queued", "running"], finished_at__isnull=True, digest=""),
                name="a_finished_run_has_a_digest",
            ),
            models.CheckConstraint(
                condition=Q(cutoff__gt=0, cutoff__lte=models.F("threshold"), threshold__lte=1000),
                name="the_cutoff_lies_below_the_threshold",
            ),
        ]

    def __str__(self) -> str:
        return f"screening {self.number}"


class OfAParty(TenantModel):
    """What every row about a party has: whose it is, and so under which key it stands."""

    ledger_stream: ClassVar[str] = "screening"

    counterparty_id = models.UUIDField(db_index=True)
    person = models.BooleanField()

    class Meta(TenantModel.Meta):
        abstract = True

    def subject_key(self) -> UUID:
        """Return the key under which this row's sealed columns stand."""
        return self.counterparty_id if self.person else TENANT_KEY


class Screened(OfAParty):
    """What one run said of one party, clear or not.

    ``result`` is the canonical record that a replay must reproduce; ``query`` the party as it was asked
    with; scores are parts of a thousand, cut off and never rounded up.
    """

    run = models.ForeignKey(ScreeningRun, on_delete=models.PROTECT, related_name="results")
    reference = models.CharField(max_length=500)
    query = SealedText(under="subject")
    result = SealedText(under="subject")
    digest = SealedText(under="subject")
    party_mark = models.CharField(max_length=32)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    best = models.IntegerField()
    alerts = models.IntegerField()
    considers = models.IntegerField()
    candidates = models.IntegerField()
    screened_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["run", "counterparty_id"], name="screened_once_a_run"),
        ]
        indexes = [models.Index(fields=["run", "verdict", "reference"], name="screened_by_verdict")]

    def __str__(self) -> str:
        return f"result {self.id}"


class Match(OfAParty):
    """One entry of a list that came near a party, and what people said of it.

    A match that was cleared stays quiet in later runs (``carried_from``) while the entry and the party are
    exactly what they were; else it is *reopened*. ``record`` is the explanation, ``digest`` covers all that
    is decided about.
    """

    screened = models.ForeignKey(Screened, on_delete=models.PROTECT, related_name="matches")
    snapshot_id = models.UUIDField()
    list_key = models.CharField(max_length=60)
    list_version = models.CharField(max_length=60)
    entity_id = models.CharField(max_length=200)
    entity_sha256 = models.CharField(max_length=64)
    party_mark = models.CharField(max_length=32)
    score = models.IntegerField()
    tier = models.SmallIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    state = models.CharField(max_length=10, choices=MatchState.choices)
    record = SealedText(under="subject")
    digest = models.CharField(max_length=64)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, default="", blank=True)
    case_id = models.UUIDField(null=True)
    carried_from = models.UUIDField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["screened", "list_key", "entity_id"], name="one_match_per_entry"),
            models.CheckConstraint(
                condition=Q(state__in=["cleared", "confirmed"], settled_at__isnull=False) & ~Q(settled_by="")
                | Q(state__in=["open", "reopened", "noted"], settled_at__isnull=True, settled_by=""),
                name="a_settled_match_says_by_whom",
            ),
        ]
        indexes = [
            models.Index(fields=["counterparty_id", "list_key", "entity_id"], name="match_of_a_pair"),
            models.Index(fields=["tenant_id", "state", "tier"], name="match_queue"),
        ]

    def __str__(self) -> str:
        return f"match {self.id}"
