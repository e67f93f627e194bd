"""Tables of the cases: what waits for a decision, what belongs to it, who asked and who decided.

A decision is one row from the asking to the answer, so that one check constraint can refuse the same person twice.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from muniment.spine.models import TenantModel
from muniment.spine.sealed import SealedText


class State(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", "open"
    PROPOSED = "proposed", "proposed"
    DECIDED = "decided", "decided"
    WITHDRAWN = "withdrawn", "withdrawn"


class Outcome(models.TextChoices):
    """What may be decided about a case."""

    CLEARED = "cleared", "cleared"
    CONFIRMED = "confirmed", "confirmed"
    ACCEPTED_RISK = "accepted_risk", "risk accepted"
    TO_REMEDY = "to_remedy", "to be remedied"


class Answer(models.TextChoices):
    """How somebody answered who was asked to decide."""

    ASKED = "asked", "asked"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    VOID = "void", "void"


class ItemKind(models.TextChoices):
    """What can belong to a case."""

    FINDING = "finding", "finding"
    MATCH = "match", "match"
    EVIDENCE = "evidence", "evidence"


class Case(TenantModel):
    """Something that waits for somebody else's decision."""

    number = models.IntegerField()
    title = SealedText(under="tenant")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default="", blank=True)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="one_case_per_number"),
            models.CheckConstraint(
                condition=Q(state="decided", closed_at__isnull=False) & ~Q(outcome="")
                | Q(state="withdrawn", closed_at__isnull=False, outcome="")
                | Q(state__in=["open", "proposed"], closed_at__isnull=True, outcome=""),
                name="a_closed_case_says_how",
            ),
        ]
        indexes = [models.Index(fields=["tenant_id", "state", "due_at"], name="case_queue")]

    def __str__(self) -> str:
        return f"case {self.number}"


class Item(TenantModel):
    """A finding, a match or a document that belongs to a case, as it was when it was attached."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="items")
    kind = models.CharField(max_length=12, choices=ItemKind.choices)
    item_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    attached_by = models.CharField(max_length=80)
    attached_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "item_id"], name="one_item_once_in_a_case")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class Decision(TenantModel):
    """A decision that was asked for with a rationale, bound to what was shown, and how it was answered."""

    ledger_words: ClassVar[str] = "decision"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    rationale = SealedText(under="tenant")
    requested_by = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    bound_digest = models.CharField(max_length=64)
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.ASKED)
    decided_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # null is what the paired constraints speak of
    decided_at = models.DateTimeField(null=True)
    reason = SealedText(under="tenant", null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="nobody_decides_their_own_proposal",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, answer__in=["asked", "void"])
                | Q(decided_by__isnull=False, decided_at__isnull=False, answer__in=["approved", "rejected"]),
                name="a_decision_has_a_person_and_a_time",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(answer="asked"), name="one_open_question_per_case"
            ),
        ]

    def __str__(self) -> str:
        return f"decision {self.id}: {self.answer}"
