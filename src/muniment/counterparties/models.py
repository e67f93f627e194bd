"""Tables of the counterparties: persons and organisations, who owns whom, and the files they came in.

Whatever describes a natural person stands sealed under that person's own key, whose name is the row's
identifier; an organisation's name, country and numbers are ordinary columns and the rest of it stands under
the tenant's key. A person is found again by a keyed blind index and by nothing else. Digests of persons are
keyed too: a plain digest of a name and a birth date can be guessed, and would outlive the person's key.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from muniment.spine.models import TenantModel
from muniment.spine.sealed import TENANT_KEY, SealedText


class Kind(models.TextChoices):
    """What a counterparty is."""

    PERSON = "person", "person"
    ORGANISATION = "organisation", "organisation"


class Status(models.TextChoices):
    """Whether the firm deals with it."""

    ACTIVE = "active", "active"
    ENDED = "ended", "ended"


class Standing(models.TextChoices):
    """What the last screening said; *changed* when the party is no longer what was screened."""

    UNSCREENED = "unscreened", "not screened yet"
    CLEAR = "clear", "clear"
    CONSIDER = "consider", "also consider"
    ALERT = "alert", "alert"
    CHANGED = "changed", "changed since"


class Counterparty(TenantModel):
    """A person or an organisation that the firm deals with, or that owns one of those.

    ``mark`` is a keyed digest of the party as it would be screened now, ``screened_mark`` as it was
    screened last.
    """

    ledger_stream: ClassVar[str] = "counterparties"

    reference = models.CharField(max_length=500)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    schema = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    name_plain = models.CharField(max_length=500, default="", blank=True)
    name_sealed = SealedText(under="subject", null=True)
    details = SealedText(under="subject")
    country = models.CharField(max_length=8, default="", blank=True)
    registration = models.CharField(max_length=64, default="", blank=True)
    lei = models.CharField(max_length=20, default="", blank=True)
    mark = models.CharField(max_length=32)
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.UNSCREENED)
    screened_at = models.DateTimeField(null=True)
    screened_mark = models.CharField(max_length=32, default="", blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "reference"], name="one_counterparty_per_reference"),
            models.CheckConstraint(
                condition=Q(
                    kind="person",
                    name_sealed__isnull=False,
                    name_plain="",
                    country="",
                    registration="",
                    lei="",
                )
                | Q(kind="organisation", name_sealed__isnull=True) & ~Q(name_plain=""),
                name="a_person_never_stands_in_the_clear",
            ),
            models.CheckConstraint(
                condition=Q(standing="unscreened", screened_at__isnull=True, screened_mark="")
                | ~Q(standing="unscreened") & Q(screened_at__isnull=False) & ~Q(screened_mark=""),
                name="who_was_screened_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["tenant_id", "standing", "reference"], name="counterparty_standing")]

    def __str__(self) -> str:
        return f"counterparty {self.id}"

    def subject_key(self) -> UUID:
        """Return the key under which this party's sealed columns stand."""
        return self.id if self.kind == Kind.PERSON else TENANT_KEY

    @property
    def name(self) -> str:
        """The party's name, opened when it is a person's."""
        return str(self.name_sealed) if self.kind == Kind.PERSON else str(self.name_plain)


class Ownership(TenantModel):
    """One party's hold over another; ``share`` in hundredths of a percent, null when nobody said."""

    ledger_stream: ClassVar[str] = "counterparties"

    owner = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="holdings")
    owned = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="owners")
    role = models.CharField(max_length=10)
    share = models.IntegerField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner", "owned", "role"], name="one_link_of_a_kind"),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "director"]) & ~Q(owner=F("owned")), name="nobody_owns_itself"
            ),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=10_000),
                name="a_share_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


class ImportState(models.TextChoices):
    """How far an import has come."""

    OFFERED = "offered", "offered"
    TAKEN = "taken", "taken in"
    DISCARDED = "discarded", "discarded"


class Import(TenantModel):
    """A file of counterparties as it came, and what became of it.

    ``taken_at`` and ``taken_by`` say when and by whom it was taken in or discarded: a column of its own for the
    latter would change the digest of every row that the ledger knows already.
    """

    name = SealedText(under="tenant")
    form = models.CharField(max_length=4)
    blob_id = models.UUIDField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.OFFERED)
    offered_at = models.DateTimeField()
    offered_by = models.CharField(max_length=80)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, default="", blank=True)
    counts = models.JSONField(default=dict)
    rejects = SealedText(under="tenant", null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(state="offered", taken_at__isnull=True, taken_by="")
                | Q(state__in=["taken", "discarded"], taken_at__isnull=False) & ~Q(taken_by=""),
                name="an_import_says_who_took_it_in",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.id}"


class BlindToken(TenantModel):
    """One word of a party's names, or one of its numbers, as the keyed index keeps it."""

    ledger_stream: ClassVar[str] = "counterparties"

    counterparty = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="tokens")
    index = models.BinaryField(max_length=16, db_index=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["counterparty", "index"], name="one_token_once_a_party"),
        ]

    def __str__(self) -> str:
        return f"token {self.id}"
