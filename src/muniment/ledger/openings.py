"""Opening what an entry committed to, for those who may see it.

A field whose key was destroyed is listed as withheld; the entry itself still verifies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from muniment.ledger.body import Part, first_openings, read_part, sealed_parts
from muniment.ledger.models import Event
from muniment.ledger.numbers import NUMBERED
from muniment.ledger.record import place
from muniment.ledger.words import moment
from muniment.proof.errors import Malformed
from muniment.proof.leaf import Opening, arranged
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
    :param closed: how many slots are known to be filled and stand under keys that are gone.
    :param fault: why nothing could be opened although the keys are there; empty otherwise.
    """

    openings: tuple[Opening, ...]
    erased: int
    personal: frozenset[str] = frozenset()
    gone: frozenset[UUID] = frozenset()
    closed: int = 0
    fault: str = ""

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


def opened(tenant: UUID, event: UUID, body: bytes, at: datetime) -> Opened:
    """Open an event's encrypted body.

    :param at: the time in the event's row, where newer bodies leave it.
    :raises Malformed: when the body has not the form that the ledger writes.
    :raises Tampered: when a part was changed or belongs to another event.
    """
    first = body[:1] not in NUMBERED
    own: Part | None = None
    apart: list[Part] = []
    found: Iterable[Opening] = ()
    personal: set[str] = set()
    gone: set[UUID] = set()
    ring = keyring()
    for blob in sealed_parts(body):
        key_id = envelope.key_id_of(blob)
        tenants_own = key_id == TENANT_KEY
        try:
            key = ring.tenant_key(tenant) if tenants_own else ring.key(tenant, key_id)
        except KeyDestroyed:
            gone.add(tenant if tenants_own else key_id)
            continue
        plain = envelope.open_for(key, blob, place(tenant, event))
        if first:
            shown = first_openings(plain)
            found = [*found, *shown]
            paths = [one.path for one in shown]
        else:
            part = read_part(plain, tenants_own=tenants_own)
            own, apart = (part, apart) if tenants_own else (own, [*apart, part])
            paths = [path for _, path, _ in part.fields]
        if not tenants_own:
            personal.update(paths)
    if own is not None:
        fields = [
            (slot, path, moment(at) if value is None else value, part.seed)
            for part in (own, *apart)
            for slot, path, value in part.fields
        ]
        _, found = arranged(own.seed, fields, own.closed)
    ordered = tuple(sorted(found, key=lambda one: one.slot))
    closed = 0 if own is None else len(own.closed.keys() - {one.slot for one in ordered})
    return Opened(ordered, len(gone), frozenset(personal), frozenset(gone), closed)


def opened_event(event: Event) -> Opened:
    """Open an entry or a waiting event."""
    return opened(event.tenant_id, event.id, bytes(event.body), event.at)


def opened_if_whole(event: Event) -> Opened:
    """Open an entry for a page; one whose body was changed opens to nothing and says so, and hides no other."""
    try:
        return opened_event(event)
    except (Malformed, envelope.Tampered, ValueError, KeyError, IndexError):
        return Opened((), 0, fault="The sealed body of this entry is not the one that was recorded.")
