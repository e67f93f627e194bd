"""Where sessions are kept: under a keyed digest of the key that the browser holds, and sealed to that row.

Rules: the key in the cookie stands nowhere in the database, so whoever reads the tables or a backup of them can ride
nobody's session; what a session remembers (logins, half-done set-ups, messages) is ciphertext, bound to its own row,
so that a row's contents mean nothing in another row.
"""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import base, db
from django.contrib.sessions.models import Session
from django.utils import timezone

from muniment.spine import envelope
from muniment.spine.installation import keyring

_PLACE: Final = b"muniment.session/"
#: Characters of Django's column for the key; as hexadecimal they hold 160 bits of the digest.
_WIDTH: Final = 40


def row_name(key: str) -> str:
    """Return the name of a session's row: HMAC-SHA-256 of the cookie's key, cut to 160 bits (RFC 2104, section 5)."""
    told = key.encode("utf-8", "surrogatepass")
    return hmac.digest(keyring().derive("session-name"), told, "sha256").hex()[:_WIDTH]


def _sealed(name: str, held: dict[str, Any]) -> str:
    plain = json.dumps(held, separators=(",", ":")).encode("utf-8")
    sealed = envelope.seal(keyring().derive("session"), plain, _PLACE + name.encode("ascii"))
    return base64.b64encode(sealed).decode("ascii")


def _opened(name: str, text: str) -> dict[str, Any]:
    """Return what a row holds; nothing when it was changed, moved from another row, or is another installation's."""
    try:
        sealed = base64.b64decode(text, validate=True)
        plain = envelope.open_sealed(keyring().derive("session"), sealed, _PLACE + name.encode("ascii"))
    except (ValueError, envelope.Tampered):
        return {}
    held: dict[str, Any] = json.loads(plain)
    return held


class SessionStore(db.SessionStore):
    """Django's sessions in the database, without their keys."""

    # What Django does asynchronously goes by the same functions, in a thread; its own would write the bare key.
    aload = base.SessionBase.aload
    aexists = base.SessionBase.aexists
    acreate = base.SessionBase.acreate
    asave = base.SessionBase.asave
    adelete = base.SessionBase.adelete

    def load(self) -> dict[str, Any]:
        """Return what the session remembers; nothing, and no key, when there is no such session or it is over."""
        name = row_name(self.session_key or "")
        row = Session.objects.filter(session_key=name, expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
            return {}
        return _opened(name, row.session_data)

    def exists(self, session_key: str) -> bool:
        """Say whether there is a session of this key."""
        return super().exists(row_name(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """End the session of this key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(row_name(key))

    @classmethod
    def end_all_of(cls, person: str) -> int:
        """End every session of somebody; returns how many there were. Rows are opened, since none says whose it is."""
        living = Session.objects.filter(expire_date__gt=timezone.now()).values_list(
            "session_key", "session_data"
        )
        theirs = [name for name, text in living if _opened(name, text).get(SESSION_KEY) == person]
        ended, _ = Session.objects.filter(session_key__in=theirs).delete()
        return ended

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row of this session as it is to be written."""
        name = row_name(self._get_or_create_session_key())  # type: ignore[attr-defined]  # the stubs leave it out
        return Session(session_key=name, session_data=_sealed(name, data), expire_date=self.get_expiry_date())
