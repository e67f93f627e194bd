"""Public sources: snapshots of exact bytes, the provisions of acts, the entries of lists.

They belong to the deployment and every tenant reads them. Texts and entries stand in encrypted files, so that no table
holds what a watchlist says of a person; the tables hold identifiers, spans and digests.
"""

from __future__ import annotations

from django.db import models

from muniment.spine.models import PublicModel


class SnapshotKind(models.TextChoices):
    """What a snapshot is of."""

    ACT = "act", "act"
    LIST = "list", "list"


class Authenticity(models.TextChoices):
    """What standing the text has."""

    OFFICIAL = "official", "official"
    CONSOLIDATED = "consolidated", "consolidated"
    UNOFFICIAL = "unofficial", "unofficial"
    INVENTED = "invented", "invented"


class Snapshot(PublicModel):
    """One publication as it was at one moment: exact bytes, who published them, how they were read.

    ``key`` is the CELEX number of an act or the name of a list; ``version`` the publisher's label
    (``OJ:2022-12-27``, ``CONS:2024-01-09``, ``2023-11-22``).
    """

    kind = models.CharField(max_length=8, choices=SnapshotKind.choices)
    key = models.CharField(max_length=60)
    version = models.CharField(max_length=60)
    language = models.CharField(max_length=8, default="en")
    title = models.TextField()
    publisher = models.CharField(max_length=120)
    source_uri = models.TextField(default="")
    licence = models.TextField(default="")
    authenticity = models.CharField(max_length=16, choices=Authenticity.choices)
    completeness = models.CharField(max_length=16)
    extractor = models.CharField(max_length=40)
    retrieved_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    text_blob = models.UUIDField()
    text_sha256 = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)

    class Meta(PublicModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["key", "version", "language", "sha256"], name="one_snapshot_of_the_same_bytes"
            ),
        ]
        indexes = [models.Index(fields=["kind", "key", "imported_at"], name="snapshot_by_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class SnapshotFile(PublicModel):
    """One file of a snapshot, as it came."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    blob_id = models.UUIDField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Provision(PublicModel):
    """One addressable part of an act: where it stands in the act's text, and the digests of its words."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="provisions")
    eid = models.CharField(max_length=120)
    kind = models.CharField(max_length=16)
    number = models.CharField(max_length=40)
    heading = models.TextField(default="")
    parent = models.CharField(max_length=120, default="")
    anchor = models.CharField(max_length=80, default="")
    start = models.IntegerField()
    end = models.IntegerField()
    sort_key = models.CharField(max_length=200)
    completeness = models.CharField(max_length=16)
    verbatim_sha256 = models.CharField(max_length=64)
    canonical_sha256 = models.CharField(max_length=64)

    class Meta(PublicModel.Meta):
        constraints = [models.UniqueConstraint(fields=["snapshot", "eid"], name="one_provision_per_name")]

    def __str__(self) -> str:
        return self.eid


class ListEntry(PublicModel):
    """One entry of a list: its publisher's identifier and where it stands in the list's file of entries."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="entries")
    entity_id = models.CharField(max_length=120)
    schema = models.CharField(max_length=40)
    start = models.BigIntegerField()
    length = models.IntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta(PublicModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "entity_id"], name="one_entry_per_identifier")
        ]

    def __str__(self) -> str:
        return self.entity_id
