"""Opening what an entry committed to, for those who may see it.

A field whose key was destroyed is listed as withheld; the entry itself still verifies.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from muniment.ledger.models import Event
from muniment.ledger.record import BODY_KIND, place
from muniment.proof.canonical import parse
from muniment.proof.errors import Malformed
from muniment.proof.leaf import Opening, parse_opening
from muniment.spine import envelope
from muniment.spine.installation import keyring
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.sealed import TENANT_KEY


@dataclass(frozen=True, slots=True)
class Opened:
    """What could be opened of an event.

    :param openings: fields with salt and value, by slot.
    :param erased: how many parts can no longer be opened because their key was destroyed.
    :param personal: paths of the fields that stand under a person's own key.
    :param gone: names of the keys that are no more; the tenant's own is named by the tenant.
    """

    openings: tuple[Opening, ...]
    erased: int
    personal: frozenset[str] = frozenset()
    gone: frozenset[UUID] = frozenset()

    def value(self, path: str, default: Any = "") -> Any:
        """Return the value of a field, or the default when it is not there."""
        return next((one.value for one in self.openings if one.path == path), default)

    @property
    def facts(self) -> dict[str, Any]:
        """Return the facts by plain name."""
        return {
            one.path.removeprefix("facts."): one.value
            for one in self.openings
            if one.path.startswith("facts.")
        }


def opened(tenant: UUID, event: UUID, body: bytes) -> Opened:
    """Open an event's encrypted body.

    :raises Malformed: when the body has not the form that the ledger writes.
    :raises Tampered: when a part was changed or belongs to another event.
    """
    held = parse(body, largest=len(body))
    if not isinstance(held, dict) or held.get("k") != BODY_KIND:
        raise Malformed("The body of an event has a form that is not known here.")
    found: list[Opening] = []
    personal: set[str] = set()
    gone: set[UUID] = set()
    erased = 0
    ring = keyring()
    for part in held["p"]:
        blob = base64.b64decode(part, validate=True)
        key_id = envelope.key_id_of(blob)
        try:
            key = ring.tenant_key(tenant) if key_id == TENANT_KEY else ring.key(tenant, key_id)
        except KeyDestroyed:
            erased += 1
            gone.add(tenant if key_id == TENANT_KEY else key_id)
            continue
        shown = parse(envelope.open_for(key, blob, place(tenant, event)), largest=1 << 26)
        part_of = [parse_opening(one) for one in shown]
        found.extend(part_of)
        if key_id != TENANT_KEY:
            personal.update(one.path for one in part_of)
    ordered = tuple(sorted(found, key=lambda one: one.slot))
    return Opened(ordered, erased, frozenset(personal), frozenset(gone))


def opened_event(event: Event) -> Opened:
    """Open an entry or a waiting event."""
    return opened(event.tenant_id, event.id, bytes(event.body))
