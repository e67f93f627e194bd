"""What a keeper of the deployment key must be able to do, whichever it is (file, token, remote service).

Rules: the deployment key itself never leaves its keeper. It wraps tenant keys, each bound to a context, and
gives secrets by purpose. A keeper that cannot be reached is `Busy`; bytes that do not unwrap are a
`KeyFault`, which no user can mend. Neither ever says a word about the key.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from muniment.spine.envelope import KEY_BYTES


class KeyFault(Exception):
    """A wrapped key does not unwrap: changed, moved to another context, or under another key."""

    def __init__(
        self, what: str = "A wrapped key does not open: changed, moved or under another key."
    ) -> None:
        super().__init__(what)


class KeyProvider(Protocol):
    """A keeper of the deployment key."""

    @property
    def name(self) -> str:
        """Say which kind of keeper this is, for `check` and the docs."""

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Encrypt a key and bind it to its context.

        :raises Busy: when the keeper cannot be reached.
        """

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Return the key that was wrapped for this context.

        :raises KeyFault: when it was changed, moved, or wrapped by another deployment key.
        :raises Busy: when the keeper cannot be reached.
        """

    def derive(self, purpose: str) -> bytes:
        """Return the deployment's 32 secret bytes for one purpose: always the same, and no other purpose's.

        :raises Busy: when the keeper cannot be reached.
        """

    def check(self) -> None:
        """Prove that the keeper still holds the key it started with.

        :raises Busy: when the keeper cannot be reached.
        :raises MunimentError: when it holds something else, or not safely.
        """


def derive(key: bytes, purpose: str) -> bytes:
    """Return 32 bytes that follow from a key and a purpose but lead back to neither.

    HKDF-SHA-256 (RFC 5869) without salt, since the input is already uniformly random.
    """
    return HKDF(SHA256(), KEY_BYTES, None, b"muniment/v1/" + purpose.encode()).derive(key)


def key_context(tenant: UUID, key_id: UUID) -> bytes:
    """Return the bytes that bind a wrapped key to its tenant and its own name, without ambiguity."""
    return b"muniment/v1/key" + tenant.bytes + key_id.bytes
