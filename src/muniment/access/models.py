"""People, their roles, and API tokens.

A person belongs to one tenant; whoever works for two has two accounts. Names stand sealed under the person's own key,
and signing in finds a person by a keyed index, so that no table tells who works where.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from muniment.spine.models import Row, TenantManager, TenantModel
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
    created_at = models.DateTimeField()

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(Row.Meta):
        default_manager_name = "objects"

    def __str__(self) -> str:
        return str(self.name)

    def subject_key(self) -> UUID:
        """Return the identifier of this person's own key."""
        return self.id


class Token(TenantModel):
    """A secret with which a program acts for a person; only its hash is kept."""

    seen_by_deployment: ClassVar[bool] = True

    person_id = models.UUIDField()
    label = SealedText(under="tenant")
    secret_hash = models.CharField(max_length=64)
    permissions = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.id}"
