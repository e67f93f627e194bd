"""People, their roles, API tokens, the answers given to repeatable API calls, and what was tried lately.

A person belongs to one tenant; whoever works for two has two accounts. Names stand sealed under the person's
own key, and signing in finds a person by a keyed index, so that no table tells who works where.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import hashers
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from muniment.spine.models import Row, TenantManager, TenantModel, new_id
from muniment.spine.scope import DEPLOYMENT, current_tenant
from muniment.spine.sealed import SealedText


class PersonManager(TenantManager[Any]):
    """People of the current tenant; the deployment's own scope, where signing in happens, sees all."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Return the people who may be seen from here.

        :raises NoTenant: outside every tenant scope.
        """
        if current_tenant() == DEPLOYMENT:
            return models.QuerySet(self.model, using=self._db)
        return super().get_queryset()


class Person(AbstractBaseUser, Row):
    """Somebody with an account."""

    seen_by_deployment: ClassVar[bool] = True
    #: Events about a person are numbered with all other events about people, never by person.
    ledger_stream: ClassVar[str] = "access.Person"

    last_login = None  # the ledger knows when people signed in
    login_index = models.BinaryField(max_length=16, unique=True)
    login = SealedText(under="subject")
    name = SealedText(under="subject")
    role = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)
    #: Somebody else chose the password; it opens nothing but the page where it is changed.
    first_password = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(Row.Meta):
        default_manager_name = "objects"

    def __str__(self) -> str:
        return f"person {self.id}"

    def subject_key(self) -> UUID:
        """Return the identifier of this person's own key."""
        return self.id

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether this is the person's password, and change nothing.

        Django would write a fresh hash here when the cost factors have risen; a row of ours changes in
        actions only.
        """
        return bool(raw_password) and hashers.check_password(raw_password, self.password)


class Token(TenantModel):
    """A secret with which a program acts for a person; only its hash is kept."""

    seen_by_deployment: ClassVar[bool] = True
    #: Tokens belong to people, so their events are not numbered by token either.
    ledger_stream: ClassVar[str] = "access.Token"

    person_id = models.UUIDField(db_index=True)
    label = SealedText(under="tenant")
    secret_hash = models.CharField(max_length=64)
    permissions = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.id}"


class ApiCallManager(models.Manager["ApiCall"]):
    """Answers kept for the current tenant."""

    def get_queryset(self) -> models.QuerySet[ApiCall]:
        """Return the current tenant's kept answers.

        :raises NoTenant: outside every tenant scope.
        """
        return super().get_queryset().filter(tenant_id=current_tenant())


class ApiCall(models.Model):
    """What was answered to an API write that named an ``Idempotency-Key``; kept for a day, sealed, unguarded.

    It is no record of the firm's: the change is the action's, and the ledger has it. Only digests of key and
    request are kept, and the answer under the tenant's key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(editable=False)
    actor = models.CharField(max_length=80)
    key_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    status = models.IntegerField(default=0)
    answer = SealedText(under="tenant", null=True)
    at = models.DateTimeField()

    objects: ClassVar[ApiCallManager] = ApiCallManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "actor", "key_digest"], name="one_answer_per_key"),
        ]
        indexes = [models.Index(fields=["tenant_id", "at"], name="answers_by_age")]

    def __str__(self) -> str:
        return f"answer {self.id}"


class Remembered(models.Model):
    """What was tried or used in the last minutes, so that every process of the installation knows of it.

    No record of the firm's: the ledger has who came in and who was refused. The name is a keyed digest.
    """

    name = models.CharField(primary_key=True, max_length=64)
    value = models.TextField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"remembered until {self.until.isoformat()}"
