"""The table of questions that people keep: a filter of the ledger under a name."""

from __future__ import annotations

from django.db import models

from muniment.spine.models import TenantModel
from muniment.spine.sealed import SealedText


class Question(TenantModel):
    """A filter that somebody keeps, for themselves or for everybody who reads the ledger.

    ``asked`` are the fields of the address by name, but for those into which anything can be typed: they stand in
    ``words``, as JSON. ``name`` is what a person wrote.
    """

    name = SealedText(under="tenant")
    asked = models.JSONField()
    words = SealedText(under="tenant", null=True)
    shared = models.BooleanField(default=False)
    kept_by = models.CharField(max_length=80, db_index=True)
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"question {self.id}"
