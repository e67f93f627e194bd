"""The order of keys: deployment key (its keeper) over tenant keys over the keys that seal.

Rules: a key is durable in the key store before anybody can seal with it. Each wrapped key is bound to its
tenant and its own name, so that none can be put in another's place. A tenant's key wraps and derives and is
never used as it is. Unwrapped keys are kept in memory, few enough and not for long: the process that destroys
one forgets it at once; in another one, whoever uses a key more than `HEED` seconds later forgets all of them
first, since the store's number of destructions has changed; while the store does not answer a process, a key
lives on there for `max_age` seconds at most. Keys come from the operating system's generator, never from a
replaceable port.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID

from muniment.spine import ports
from muniment.spine.envelope import KEY_BYTES, Tampered, forget_ciphers, open_sealed, seal
from muniment.spine.errors import Busy, Clash
from muniment.spine.keys import KeyFault, KeyProvider, derive, key_context
from muniment.spine.keystore import KeyRow, KeyStore

#: Seconds between two looks at whether a key was destroyed elsewhere.
HEED: Final = 0.5
#: What else a process forgets when a key was destroyed elsewhere: names that it compared.
FORGETTING: Final[list[Callable[[], None]]] = []


class KeyDestroyed(Exception):
    """The key is gone for good, or never was: what stood under it cannot be read by anybody any more."""

    def __init__(self, tenant: UUID, key_id: UUID) -> None:
        super().__init__(f"There is no key {key_id} of tenant {tenant}.")
        self.tenant = tenant
        self.key_id = key_id


@dataclass(frozen=True, slots=True, repr=False)
class _TenantKeys:
    sealing: bytes
    wrapping: bytes
    blind: bytes


Held = TypeVar("Held")


class _Memory(Generic[Held]):
    """What was unwrapped lately: bounded in number and in age, safe between threads."""

    def __init__(self, size: int, max_age: float) -> None:
        self._size = size
        self._max_age = max_age
        self._held: OrderedDict[tuple[UUID, UUID], tuple[Held, float]] = OrderedDict()
        self._lock = threading.Lock()
        self._age = 0

    def get(self, name: tuple[UUID, UUID]) -> Held | None:
        at = ports.monotonic()
        with self._lock:
            entry = self._held.get(name)
            if entry is None:
                return None
            if not 0 <= at - entry[1] <= self._max_age:
                del self._held[name]
                return None
            self._held.move_to_end(name)
            return entry[0]

    def age(self) -> int:
        """Return a number that changes when anything is forgotten; see `keep`."""
        return self._age

    def keep(self, name: tuple[UUID, UUID], held: Held, age: int) -> None:
        """Keep what was read, unless something was forgotten since `age`: it may be just this."""
        at = ports.monotonic()
        with self._lock:
            if age != self._age:
                return
            self._held[name] = (held, at)
            self._held.move_to_end(name)
            if len(self._held) > self._size:
                self._held.popitem(last=False)

    def forget(self, name: tuple[UUID, UUID]) -> None:
        with self._lock:
            self._age += 1
            self._held.pop(name, None)

    def forget_tenant(self, tenant: UUID) -> None:
        with self._lock:
            self._age += 1
            for name in [name for name in self._held if name[0] == tenant]:
                del self._held[name]

    def forget_all(self) -> None:
        with self._lock:
            self._age += 1
            self._held.clear()

    def __len__(self) -> int:
        return len(self._held)


class Keyring:
    """All keys of an installation, by tenant and name.

    :param size: how many data keys are kept unwrapped in memory.
    :param max_age: seconds after which a key in memory is looked up again.
    """

    def __init__(
        self, provider: KeyProvider, store: KeyStore, *, size: int = 65_536, max_age: float = 30.0
    ) -> None:
        self._provider = provider
        self._store = store
        self._keys: _Memory[bytes] = _Memory(size, max_age)
        self._tenants: _Memory[_TenantKeys] = _Memory(size, max_age)
        self._looking = threading.Lock()
        self._looked: float | None = None
        self._generation: int | None = None

    def __repr__(self) -> str:
        return f"Keyring(provider={self._provider.name}, in memory={len(self._keys) + len(self._tenants)})"

    def create_tenant(self, tenant: UUID) -> None:
        """Make the tenant's key; durable when this returns.

        :raises Clash: when the tenant has, or had, one.
        :raises Busy: when the keeper or the store cannot be reached.
        """
        wrapped = self._provider.wrap(os.urandom(KEY_BYTES), context=key_context(tenant, tenant))
        if not self._store.put_many([KeyRow(tenant, "tenant", tenant, wrapped)]):
            raise Clash("This tenant has a key already.", todo="Choose a new tenant.")

    def tenant_key(self, tenant: UUID) -> bytes:
        """Return the key under which the tenant's own texts are sealed.

        :raises KeyDestroyed: when the tenant has none, or no longer.
        """
        return self._tenant(tenant).sealing

    def blind_key(self, tenant: UUID) -> bytes:
        """Return the key of the tenant's blind indexes (see `blind`).

        :raises KeyDestroyed: when the tenant has none, or no longer.
        """
        return self._tenant(tenant).blind

    def ensure_keys(self, tenant: UUID, ids: Iterable[UUID], kind: str = "subject") -> None:
        """Make the keys that are missing among these names, all in one durable step.

        Call it before the data under them is written: a crash in between leaves a key without data, never
        data without a key.

        :raises KeyDestroyed: when one of them was destroyed; such a name is never used again.
        :raises Busy: when the keeper or the store cannot be reached; none was made then.
        """
        self.heed()
        wanted = [key_id for key_id in dict.fromkeys(ids) if self._keys.get((tenant, key_id)) is None]
        if not wanted:
            return
        wrapping = self._tenant(tenant).wrapping
        known = self._store.get_many(tenant, wanted)
        missing = [key_id for key_id in wanted if key_id not in known]
        if not missing:
            return
        made = self._store.put_many(
            KeyRow(tenant, kind, key_id, seal(wrapping, os.urandom(KEY_BYTES), key_context(tenant, key_id)))
            for key_id in missing
        )
        if made < len(missing):
            # Another process was first, which is as good, or the name bears a gravestone, which is not.
            known = self._store.get_many(tenant, missing)
            for key_id in missing:
                if key_id not in known:
                    raise KeyDestroyed(tenant, key_id)

    def key(self, tenant: UUID, key_id: UUID) -> bytes:
        """Return one key, ready to seal and open with.

        :raises KeyDestroyed: when it is gone, or never was.
        :raises KeyFault: when what the store holds under this name was changed or exchanged.
        :raises Busy: when the keeper or the store cannot be reached.
        """
        self.heed()
        held = self._keys.get((tenant, key_id))
        if held is None:
            held = self.keys(tenant, [key_id]).get(key_id)
        if held is None:
            raise KeyDestroyed(tenant, key_id)
        return held

    def keys(self, tenant: UUID, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return many keys in one look; those that are gone are left out.

        :raises KeyDestroyed: when the tenant itself has no key any more.
        :raises KeyFault: when what the store holds under a name was changed or exchanged.
        :raises Busy: when the keeper or the store cannot be reached.
        """
        self.heed()
        found: dict[UUID, bytes] = {}
        wanted: list[UUID] = []
        for key_id in dict.fromkeys(ids):
            held = self._keys.get((tenant, key_id))
            if held is None:
                wanted.append(key_id)
            else:
                found[key_id] = held
        if wanted:
            age = self._keys.age()
            wrapping = self._tenant(tenant).wrapping
            for key_id, wrapped in self._store.get_many(tenant, wanted).items():
                key = _unwrap(wrapping, wrapped, key_context(tenant, key_id))
                self._keys.keep((tenant, key_id), key, age)
                found[key_id] = key
        return found

    def destroy(self, tenant: UUID, key_id: UUID) -> bool:
        """Destroy one key for good and return whether there was one.

        With the tenant's own id as the name, the tenant's key goes, and with it everything of that tenant.

        :raises Busy: when the store cannot be reached, or traces remain in its log; call again.
        """
        return self.destroy_many(tenant, [key_id]) == 1

    def destroy_many(self, tenant: UUID, ids: Iterable[UUID]) -> int:
        """Destroy keys for good in one step and return how many there were.

        :raises Busy: when the store cannot be reached, or traces remain in its log; call again.
        """
        names = list(ids)
        try:
            return self._store.destroy_many(tenant, names)
        finally:
            for key_id in names:
                self.forget(tenant, key_id)

    def forget(self, tenant: UUID, key_id: UUID) -> None:
        """Drop a key from this process's memory; it can be read again while it exists."""
        self._keys.forget((tenant, key_id))
        if key_id == tenant:
            self._tenants.forget_tenant(tenant)
            self._keys.forget_tenant(tenant)
        forget_ciphers()

    def derive(self, purpose: str) -> bytes:
        """Return the deployment's 32 secret bytes for one purpose (database, cookies, …).

        :raises Busy: when the keeper cannot be reached.
        """
        return self._provider.derive(purpose)

    def heed(self) -> None:
        """Forget every key in memory when one was destroyed elsewhere; asks the store at most each `HEED` seconds.

        While the store does not answer, what is in memory lives on for as long as `max_age` says.
        """
        at = ports.monotonic()
        if self._looked is not None and 0 <= at - self._looked < HEED:
            return
        if not self._looking.acquire(blocking=False):
            return  # another thread looks just now
        try:
            self._looked = at
            try:
                generation = self._store.generation()
            except Busy:
                return
            if generation != self._generation:
                before, self._generation = self._generation, generation
                self._keys.forget_all()
                self._tenants.forget_all()
                forget_ciphers()
                if before is not None:
                    for forget in FORGETTING:
                        forget()
        finally:
            self._looking.release()

    def _tenant(self, tenant: UUID) -> _TenantKeys:
        self.heed()
        held = self._tenants.get((tenant, tenant))
        if held is None:
            age = self._tenants.age()
            wrapped = self._store.get(tenant, tenant)
            if wrapped is None:
                raise KeyDestroyed(tenant, tenant)
            root = self._provider.unwrap(wrapped, context=key_context(tenant, tenant))
            held = _TenantKeys(derive(root, "seal"), derive(root, "wrap"), derive(root, "blind"))
            self._tenants.keep((tenant, tenant), held, age)
        return held


def _unwrap(wrapping: bytes, wrapped: bytes, context: bytes) -> bytes:
    try:
        return open_sealed(wrapping, wrapped, context)
    except Tampered:
        raise KeyFault from None
