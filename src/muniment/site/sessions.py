"""What a session remembers stands sealed in its row: logins.

Half-done set-ups and messages are nobody else's business.
"""

from __future__ import annotations

import json
from typing import Any, Final

from muniment.spine import envelope
from muniment.spine.installation import keyring

_PLACE: Final = b"muniment.session"


class SealedSessions:
    """Turns a session into bytes and back: JSON under AES-256-GCM with a key of the deployment."""

    def dumps(self, obj: Any) -> bytes:
        """Return the session as ciphertext."""
        plain = json.dumps(obj, separators=(",", ":")).encode("utf-8")
        return envelope.seal(keyring().derive("session"), plain, _PLACE)

    def loads(self, data: bytes) -> Any:
        """Return the session that a ciphertext holds.

        :raises ValueError: when it was changed or sealed by another installation; Django then begins a new
        session.
        """
        try:
            return json.loads(envelope.open_sealed(keyring().derive("session"), data, _PLACE))
        except envelope.Tampered as why:
            raise ValueError("not a session of this installation") from why
