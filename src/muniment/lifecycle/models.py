"""Tables of erasure: orders to erase, the keys that were destroyed by them, and legal holds.

An order is one row from the asking to the execution, so that check constraints can refuse the same person twice and
an execution that nobody ordered. What people wrote stands sealed under the tenant's key.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from muniment.spine.models import TenantModel
from muniment.spine.sealed import SealedText


class Kind(models.TextChoices):
    """Whose data an order erases."""

    COUNTERPARTY = "counterparty", "counterparty"
    ACCOUNT = "account", "account"
    TENANT = "tenant", "the whole organisation"


class State(models.TextChoices):
    """Where an order stands; *cleared* means that the keys are gone and the certificate is not there yet."""

    ASKED = "asked", "asked for"
    REFUSED = "refused", "refused"
    ORDERED = "ordered", "ordered"
    CLEARED = "cleared", "being finished"
    EXECUTED = "executed", "carried out"


class Basis(models.TextChoices):
    """Why data is erased; the codes stand in the log."""

    REQUEST = "gdpr-17-1", "the person asked for it (GDPR Article 17(1))"
    NOT_NEEDED = "gdpr-5-1-e", "no longer needed (GDPR Article 5(1)(e))"
    UNLAWFUL = "gdpr-17-1-d", "processed unlawfully (GDPR Article 17(1)(d))"
    LEGAL_DUTY = "gdpr-17-1-e", "a law demands it (GDPR Article 17(1)(e))"
    CONTRACT_END = "contract-end", "the contract has ended"


class What(models.TextChoices):
    """What a destroyed key opened."""

    SUBJECT = "subject", "a person's data"
    FILE = "file", "a file"
    TENANT = "tenant", "everything of the organisation"


class Erasure(TenantModel):
    """An order to erase: who asked, who confirmed, what became of it.

    ``cleaned_at`` says when the pages of the database were rewritten; empty while that is still to be done.
    ``request_event`` and ``order_event`` name the entries of the asking and of the answer; ``held`` lists what a legal
    hold kept readable: (what, key, hold).
    """

    number = models.IntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    target = models.UUIDField(db_index=True)
    basis = models.CharField(max_length=20, choices=Basis.choices)
    asked_for = SealedText(under="tenant")
    reason = SealedText(under="tenant")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    request_event = models.UUIDField(null=True)
    answered_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # null is what the paired constraints speak of
    answered_at = models.DateTimeField(null=True)
    answer_reason = SealedText(under="tenant", null=True)
    order_event = models.UUIDField(null=True)
    executed_at = models.DateTimeField(null=True)
    executed_event = models.UUIDField(null=True)
    cleaned_at = models.DateTimeField(null=True)
    counts: models.JSONField[Any, Any] = models.JSONField(default=dict)
    held: models.JSONField[Any, Any] = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="one_erasure_per_number"),
            models.UniqueConstraint(
                fields=["tenant_id", "target"],
                condition=Q(state__in=["asked", "ordered", "cleared"]),
                name="one_open_erasure_per_person",
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
                name="nobody_confirms_their_own_erasure",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="asked",
                    answered_by__isnull=True,
                    answered_at__isnull=True,
                    executed_at__isnull=True,
                )
                | Q(
                    state__in=["refused", "ordered", "cleared"],
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                    executed_at__isnull=True,
                )
                | Q(
                    state="executed",
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                    executed_at__isnull=False,
                ),
                name="an_erasure_says_who_ordered_it",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.number}"


class ErasedKey(TenantModel):
    """One key that was destroyed by an order."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="keys")
    key_id = models.UUIDField()
    what = models.CharField(max_length=8, choices=What.choices)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "key_id"], name="a_key_is_destroyed_once"),
        ]

    def __str__(self) -> str:
        return f"erased key {self.id}"


class HoldOn(models.TextChoices):
    """What a legal hold keeps."""

    SUBJECT = "subject", "a person"
    CASE = "case", "a case"
    TENANT = "tenant", "everything"


class Hold(TenantModel):
    """A legal hold: what must not be erased, since when, why, and who lifted it."""

    ledger_words: ClassVar[str] = "hold"

    number = models.IntegerField()
    on = models.CharField(max_length=8, choices=HoldOn.choices)
    target = models.UUIDField(db_index=True)
    reason = SealedText(under="tenant")
    placed_by = models.CharField(max_length=80)
    placed_at = models.DateTimeField()
    lift_asked_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # null is what the paired constraints speak of
    lift_asked_at = models.DateTimeField(null=True)
    lift_reason = SealedText(under="tenant", null=True)
    lifted_by = models.CharField(max_length=80, null=True)  # noqa: DJ001  # as above
    lifted_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="one_hold_per_number"),
            models.CheckConstraint(
                condition=Q(lift_asked_by__isnull=True, lift_asked_at__isnull=True)
                | Q(lift_asked_by__isnull=False, lift_asked_at__isnull=False),
                name="a_lift_says_who_asked",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True, lifted_at__isnull=True)
                | Q(lifted_by__isnull=False, lifted_at__isnull=False, lift_asked_by__isnull=False),
                name="a_lifted_hold_was_asked_for",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True) | ~Q(lifted_by=F("lift_asked_by")),
                name="nobody_lifts_a_hold_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.number}"
