"""The spine as a Django app: it installs the guards after each migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def _install(sender: AppConfig, using: str, **_: Any) -> None:
    # The signal comes once for each app, when all tables are there already; once is enough.
    if sender.label != "spine":
        return
    from muniment.spine import guard  # noqa: PLC0415  # models are not loaded when apps are configured

    guard.install(connections[using])


class SpineConfig(AppConfig):
    """Mechanism without words of the field: tenancy, guards, keys, jobs."""

    name = "muniment.spine"
    label = "spine"

    def ready(self) -> None:
        """Reinstall the guards whenever any app's tables have been migrated."""
        post_migrate.connect(_install, dispatch_uid="muniment.guard")
