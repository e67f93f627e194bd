"""Tables of the vault: files, documents and their versions.

A version is never changed: a new text is a new version. What a person wrote (titles, file names, owners) and the
text that was read out of a file stand sealed; digests, sizes, times and states do not.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from muniment.spine.models import TenantModel
from muniment.spine.sealed import SealedText


class Blob(TenantModel):
    """An encrypted file on the disk; its identifier names the file and its key.

    Files of the deployment (law, lists) may be read by every tenant.
    """

    public: ClassVar[bool] = True

    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=120)
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"file {self.id}"


class Document(TenantModel):
    """Something that the firm keeps: a policy, a contract, a certificate."""

    title = SealedText(under="tenant")
    owner = SealedText(under="tenant")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    latest = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"document {self.id}"


class DocumentVersion(TenantModel):
    """One version of a document: its file, the text in it, when it took effect and when it came."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.IntegerField()
    name = SealedText(under="tenant")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=120)
    effective = models.DateField()
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=80)
    text = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    text_sha256 = models.CharField(max_length=64)
    profile = models.CharField(max_length=40)
    pages = models.IntegerField()
    characters = models.IntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of document {self.document_id}"
