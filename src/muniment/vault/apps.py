"""The vault as a Django app."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.apps import AppConfig

from muniment.spine.errors import Absent


def _every_file(tenant: UUID) -> Iterator[str]:
    """Yield a sentence for each stored file of a tenant that is missing or was changed."""
    from muniment.vault import storage  # noqa: PLC0415  # models are not loaded when apps are configured
    from muniment.vault.models import Blob  # noqa: PLC0415  # as above

    for blob in Blob.everything.filter(tenant_id=tenant).iterator(chunk_size=500):
        try:
            storage.check(tenant, blob.id, blob.sha256, blob.size)
        except storage.Damaged as why:
            yield why.fault
        except Absent:
            continue  # its key was destroyed; whether by order, the room that carries orders out says


class VaultConfig(AppConfig):
    """Documents and evidence, encrypted."""

    name = "muniment.vault"
    label = "vault"

    def ready(self) -> None:
        """Let the deep check of the ledger read every stored file."""
        from muniment.ledger import verify  # noqa: PLC0415  # it imports models

        verify.DEEP_CHECKS.append(_every_file)
