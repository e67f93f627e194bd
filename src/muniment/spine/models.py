"""Bases of every table: a tenant's rows, the deployment's public rows, and what they share.

A model that is neither cannot be forgotten by accident: a house test holds each model against
:data:`muniment.spine.guard.UNGUARDED`.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import models
from django_tasks.utils import get_random_id

from muniment.spine import ports
from muniment.spine.guard import Kept
from muniment.spine.scope import DEPLOYMENT, active_tenant, current_tenant

M = TypeVar("M", bound=models.Model)


def new_id() -> UUID:
    """Return a random 128-bit identifier."""
    return ports.new_id()


class TenantManager(models.Manager[M]):
    """A manager that sees the rows of the current tenant and fails without one."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the current tenant's rows.

        :raises NoTenant: outside every tenant scope.
        """
        return super().get_queryset().filter(tenant_id=current_tenant())


class PublicManager(models.Manager[M]):
    """A manager of deployment-wide rows; a tenant scope is needed all the same."""

    def get_queryset(self) -> models.QuerySet[M]:
        """Return the deployment's rows.

        :raises NoTenant: outside every tenant scope.
        """
        current_tenant()
        return super().get_queryset().filter(tenant_id=DEPLOYMENT)


class Row(models.Model):
    """What every guarded row has: a random identifier and a tenant."""

    kept: ClassVar[Kept] = Kept.GUARDED
    public: ClassVar[bool] = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(editable=False, db_index=True, default=active_tenant)

    class Meta:
        abstract = True
        base_manager_name = "everything"

    #: Unscoped on purpose: Django's own machinery (deferred loading, digests) uses it; row-level security and the
    #: triggers still apply.
    everything: ClassVar[models.Manager[Any]] = models.Manager()


class TenantModel(Row):
    """A row of one tenant."""

    class Meta(Row.Meta):
        abstract = True

    objects: ClassVar[TenantManager[Any]] = TenantManager()


class PublicModel(Row):
    """A row of the deployment that every tenant may read: law, lists, their snapshots."""

    public: ClassVar[bool] = True

    class Meta(Row.Meta):
        abstract = True

    objects: ClassVar[PublicManager[Any]] = PublicManager()


class Job(models.Model):
    """One job and its lease."""

    id = models.CharField(primary_key=True, max_length=32, default=get_random_id, editable=False)
    tenant_id = models.UUIDField(null=True)
    path = models.CharField(max_length=200)
    queue = models.CharField(max_length=40, default="default")
    arguments = models.TextField()
    priority = models.IntegerField(default=0)
    state = models.CharField(max_length=12, default="ready")
    result = models.TextField(default="")
    failure = models.CharField(max_length=200, default="")
    enqueued_at = models.DateTimeField()
    run_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    worker = models.CharField(max_length=80, default="")
    lease_until = models.DateTimeField(null=True)

    class Meta:
        app_label = "spine"
        indexes = [models.Index(fields=["state", "run_at"], name="job_to_run")]

    def __str__(self) -> str:
        return f"{self.path} ({self.state})"


class Tally(models.Model):
    """Refusals that were too many to be put on record one by one: counted here until the count itself is.

    One row for each kind and actor, whatever comes, so that nobody fills the disk by being refused.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField()
    actor = models.CharField(max_length=80)
    actor_kind = models.CharField(max_length=12)
    role = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    since = models.DateTimeField(db_index=True)
    times = models.BigIntegerField(default=1)
    voucher = models.BinaryField(max_length=32, default=bytes)

    class Meta:
        app_label = "spine"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "actor", "kind"], name="one_tally_per_actor_and_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.times} since {self.since.isoformat()}"
