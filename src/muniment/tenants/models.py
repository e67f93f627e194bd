"""The register of tenants."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from muniment.spine.models import TenantModel


class Tenant(TenantModel):
    """One customer organisation. Its identifier is its tenant identifier, so a tenant sees one row: its own.

    The deployment's scope sees all of them, since it has to work for each.
    """

    seen_by_deployment: ClassVar[bool] = True

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=models.F("tenant_id")), name="a_tenant_is_its_own_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.name
