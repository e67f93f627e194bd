"""What all processes of an installation remember together for some minutes: attempts to sign in, codes that were used.

allauth keeps its limits and the codes it has seen in Django's cache. In a process of its own each would count for
itself and forget with a restart, so this cache is a table. Rules: a key stands there as a keyed digest, since allauth's
keys hold addresses and persons; a value is JSON and never a pickle, so that whoever writes the table runs nothing here;
who adds first has it, whichever process asks.
"""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import Any, Final

from allauth.mfa import app_settings as factors
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, transaction

from muniment.access.models import Remembered
from muniment.spine import ports
from muniment.spine.installation import keyring

#: How allauth's key of a used code begins.
_USED_CODE: Final = "allauth.mfa.totp.used?"


class SharedMemory(BaseCache):
    """A cache in the table of what is remembered."""

    def __init__(self, _place: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _name(self, key: str, version: int | None) -> str:
        told = self.make_key(key, version=version).encode("utf-8", "surrogatepass")
        return hmac.digest(keyring().derive("shared-memory"), told, "sha256").hex()

    def _row(self, key: str, value: Any, timeout: Any, version: int | None) -> Remembered:
        usual = timeout is DEFAULT_TIMEOUT or timeout is None
        seconds = float((self.default_timeout or 0) if usual else timeout)
        if key.startswith(_USED_CODE):
            # allauth forgets a used code after one period and takes it for as many as the tolerance allows.
            seconds = max(seconds, factors.TOTP_PERIOD * (2 * factors.TOTP_TOLERANCE + 1))
        until = ports.now() + timedelta(seconds=seconds)
        return Remembered(name=self._name(key, version), value=json.dumps(value), until=until)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Remember something unless it is remembered already; say whether it was new."""
        row = self._row(key, value, timeout, version)
        Remembered.objects.filter(name=row.name, until__lte=ports.now()).delete()
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is remembered under a key."""
        row = Remembered.objects.filter(name=self._name(key, version), until__gt=ports.now()).first()
        return default if row is None else json.loads(row.value)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Remember something, whatever was there before."""
        Remembered.objects.bulk_create(
            [self._row(key, value, timeout, version)],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["value", "until"],
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Remember something longer; say whether it was there."""
        row = self._row(key, None, timeout, version)
        held = Remembered.objects.filter(name=row.name, until__gt=ports.now())
        return held.update(until=row.until) == 1

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget something; say whether it was there."""
        return Remembered.objects.filter(name=self._name(key, version)).delete()[0] == 1

    def clear(self) -> None:
        """Forget everything."""
        Remembered.objects.all().delete()
