"""Who does something: a person, an API token, or the system itself; never nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from muniment.spine.scope import DEPLOYMENT


class ActorKind(StrEnum):
    """The three kinds of those who act."""

    PERSON = "person"
    TOKEN = "token"  # noqa: S105  # the word, not a secret
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts, with all that the door and the ledger need to know of them.

    :param id: random identifier of the person or token, or the system's own name (``system:worker``).
    :param tenant: the tenant in which they act; :data:`DEPLOYMENT` for the installation itself.
    :param may: names of the actions that they are permitted.
    :param via: how the request came: ``page``, ``api``, ``cli``, ``job``.
    :param address: network address it came from; personal data, so it is sealed in the ledger.
    :param factors: what they proved when signing in, e.g. ``password``, ``totp``, ``token``.
    :param role: name of the role that gave the permissions, for the words on the screen.
    """

    id: str
    kind: ActorKind
    tenant: UUID
    may: frozenset[str] = field(repr=False)
    via: str = "job"
    address: str = field(default="", repr=False)
    factors: frozenset[str] = frozenset()
    role: str = ""

    @property
    def origin(self) -> dict[str, object]:
        """Return how and from where the actor came, as the ledger keeps it."""
        return {
            "kind": str(self.kind),
            "via": self.via,
            "address": self.address,
            "factors": sorted(self.factors),
            "role": self.role,
        }


def system(name: str, *, may: frozenset[str], tenant: UUID = DEPLOYMENT, via: str = "job") -> Actor:
    """Return the system as an actor, with a short list of rights and the tenant it works for."""
    return Actor(id=f"system:{name}", kind=ActorKind.SYSTEM, tenant=tenant, may=may, via=via, role="system")
