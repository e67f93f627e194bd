"""Keys are durable before they are used, bound to their place, and gone when destroyed."""

import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from muniment.spine import keyring, ports
from muniment.spine.errors import Busy, Clash
from muniment.spine.keyfile import KeyFileProvider
from muniment.spine.keyring import KeyDestroyed, Keyring
from muniment.spine.keys import KeyFault
from muniment.spine.keystore import KeyRow, SqlcipherKeyStore
from muniment.spine.scope import DEPLOYMENT

TENANT = UUID(int=1)
OTHER = UUID(int=2)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def keeper(tmp_path: Path) -> KeyFileProvider:
    return KeyFileProvider.create(tmp_path / "key")


@pytest.fixture
def store(tmp_path: Path, keeper: KeyFileProvider) -> Iterator[SqlcipherKeyStore]:
    store = SqlcipherKeyStore(tmp_path / "keys.db", keeper.derive("keystore"))
    yield store
    store.close()


@pytest.fixture
def ring(keeper: KeyFileProvider, store: SqlcipherKeyStore) -> Keyring:
    ring = Keyring(keeper, store)
    ring.create_tenant(TENANT)
    ring.create_tenant(OTHER)
    return ring


def test_tenants_and_the_deployment_have_keys_of_their_own(ring: Keyring) -> None:
    ring.create_tenant(DEPLOYMENT)
    keys = {ring.tenant_key(tenant) for tenant in (TENANT, OTHER, DEPLOYMENT)}
    blind = {ring.blind_key(tenant) for tenant in (TENANT, OTHER, DEPLOYMENT)}
    assert len(keys | blind) == 6
    assert {len(key) for key in keys | blind} == {32}


def test_a_tenant_is_made_once_even_after_its_end(ring: Keyring) -> None:
    key = ring.tenant_key(TENANT)
    with pytest.raises(Clash):
        ring.create_tenant(TENANT)
    assert ring.tenant_key(TENANT) == key
    ring.destroy(TENANT, TENANT)
    with pytest.raises(Clash):
        ring.create_tenant(TENANT)


def test_a_tenant_that_was_never_made_has_no_key(ring: Keyring) -> None:
    stranger = uuid4()
    with pytest.raises(KeyDestroyed) as caught:
        ring.tenant_key(stranger)
    assert (caught.value.tenant, caught.value.key_id) == (stranger, stranger)
    with pytest.raises(KeyDestroyed):
        ring.ensure_keys(stranger, [uuid4()])


def test_keys_outlive_the_process_that_made_them(
    ring: Keyring, keeper: KeyFileProvider, store: SqlcipherKeyStore
) -> None:
    names = [uuid4() for _ in range(5)]
    ring.ensure_keys(TENANT, names)
    again = Keyring(keeper, store)
    assert again.keys(TENANT, names) == {name: ring.key(TENANT, name) for name in names}
    assert again.tenant_key(TENANT) == ring.tenant_key(TENANT)
    assert len(set(again.keys(TENANT, names).values())) == 5


def test_missing_keys_are_made_in_one_batch_and_present_ones_left(
    keeper: KeyFileProvider, store: SqlcipherKeyStore
) -> None:
    batches: list[int] = []

    class Counting(SqlcipherKeyStore):
        def put_many(self, rows: Iterable[KeyRow]) -> int:
            kept = list(rows)
            batches.append(len(kept))
            return super().put_many(kept)

    ring = Keyring(keeper, Counting(store._path, keeper.derive("keystore")))
    ring.create_tenant(TENANT)
    names = [uuid4() for _ in range(4)]
    ring.ensure_keys(TENANT, names[:2])
    first = ring.key(TENANT, names[0])
    ring.ensure_keys(TENANT, [*names, *names], kind="person")
    assert batches == [1, 2, 2]
    assert ring.key(TENANT, names[0]) == first
    ring.keys(TENANT, names)
    ring.ensure_keys(TENANT, names)
    ring.ensure_keys(TENANT, [])
    assert batches == [1, 2, 2]


def test_another_process_that_was_first_is_as_good(keeper: KeyFileProvider, store: SqlcipherKeyStore) -> None:
    name = uuid4()
    rival = Keyring(keeper, store)

    class Late(SqlcipherKeyStore):
        def put_many(self, rows: Iterable[KeyRow]) -> int:
            kept = list(rows)
            if kept[0].kind == "subject":
                rival.ensure_keys(TENANT, [name])
            return super().put_many(kept)

    ring = Keyring(keeper, Late(store._path, keeper.derive("keystore")))
    ring.create_tenant(TENANT)
    ring.ensure_keys(TENANT, [name])
    assert ring.key(TENANT, name) == rival.key(TENANT, name)


def test_a_destroyed_key_is_gone_and_its_name_is_never_used_again(ring: Keyring) -> None:
    gone, kept = uuid4(), uuid4()
    ring.ensure_keys(TENANT, [gone, kept])
    ring.keys(TENANT, [gone, kept])
    assert ring.destroy(TENANT, gone)
    assert not ring.destroy(TENANT, gone)
    with pytest.raises(KeyDestroyed) as caught:
        ring.key(TENANT, gone)
    assert (caught.value.tenant, caught.value.key_id) == (TENANT, gone)
    assert list(ring.keys(TENANT, [gone, kept])) == [kept]
    with pytest.raises(KeyDestroyed):
        ring.ensure_keys(TENANT, [kept, gone, uuid4()])


def test_with_the_tenants_key_everything_of_the_tenant_goes_and_nothing_else(ring: Keyring) -> None:
    name = uuid4()
    for tenant in (TENANT, OTHER):
        ring.ensure_keys(tenant, [name])
        ring.key(tenant, name)
    assert ring.destroy(TENANT, TENANT)
    for ask in (ring.tenant_key, ring.blind_key, lambda tenant: ring.key(tenant, name)):
        with pytest.raises(KeyDestroyed):
            ask(TENANT)
        assert ask(OTHER)


def test_many_keys_are_destroyed_at_once(ring: Keyring, store: SqlcipherKeyStore) -> None:
    names = [uuid4() for _ in range(10)]
    ring.ensure_keys(TENANT, names)
    assert ring.destroy_many(TENANT, names[:6]) == 6
    assert store.count(TENANT) == 5


def test_another_tenants_keys_are_not_found(ring: Keyring) -> None:
    name = uuid4()
    ring.ensure_keys(TENANT, [name])
    ring.key(TENANT, name)
    with pytest.raises(KeyDestroyed):
        ring.key(OTHER, name)


def test_a_key_moved_to_another_name_or_tenant_does_not_open(ring: Keyring, store: SqlcipherKeyStore) -> None:
    name = uuid4()
    ring.ensure_keys(TENANT, [name])
    wrapped = store.get(TENANT, name)
    assert wrapped
    moved = uuid4()
    store.put_many([KeyRow(TENANT, "subject", moved, wrapped), KeyRow(OTHER, "subject", moved, wrapped)])
    for tenant in (TENANT, OTHER):
        with pytest.raises(KeyFault):
            ring.key(tenant, moved)


def test_memory_is_bounded_and_keeps_what_was_used_last(
    keeper: KeyFileProvider, store: SqlcipherKeyStore
) -> None:
    ring = Keyring(keeper, store, size=3)
    ring.create_tenant(TENANT)
    names = [uuid4() for _ in range(4)]
    ring.ensure_keys(TENANT, names)
    for name in (names[0], names[1], names[2], names[0], names[3]):
        ring.key(TENANT, name)
    assert len(ring._keys) == 3
    assert ring._keys.get((TENANT, names[1])) is None
    assert ring._keys.get((TENANT, names[0])) == ring.key(TENANT, names[0])


def test_a_key_destroyed_by_another_process_is_forgotten_within_half_a_second(
    ring: Keyring, keeper: KeyFileProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(keyring, "FORGETTING", [lambda: told.append("names")])
    name, other = uuid4(), uuid4()
    store = SqlcipherKeyStore(tmp_path / "keys.db", keeper.derive("keystore"))
    elsewhere = Keyring(keeper, store)
    with ports.frozen(clock=NOON):
        ring.ensure_keys(TENANT, [name, other])
        assert ring.keys(TENANT, [name, other]).keys() == {name, other}
        assert elsewhere.destroy(TENANT, name)
    with ports.frozen(clock=NOON + timedelta(seconds=keyring.HEED)), pytest.raises(KeyDestroyed):
        ring.key(TENANT, name)
    assert told == ["names"], "names that were compared here are forgotten too"
    with ports.frozen(clock=NOON + timedelta(seconds=2 * keyring.HEED)):
        assert ring.keys(TENANT, [name, other]).keys() == {other}
        assert elsewhere.destroy(OTHER, OTHER)
    with ports.frozen(clock=NOON + timedelta(seconds=3 * keyring.HEED)), pytest.raises(KeyDestroyed):
        ring.tenant_key(OTHER)
    store.close()


def test_a_process_that_does_not_use_keys_heeds_a_destruction_too(
    ring: Keyring, keeper: KeyFileProvider, store: SqlcipherKeyStore
) -> None:
    name = uuid4()
    with ports.frozen(clock=NOON):
        ring.ensure_keys(TENANT, [name])
        ring.key(TENANT, name)
        Keyring(keeper, store).destroy(TENANT, name)
    with ports.frozen(clock=NOON + timedelta(seconds=keyring.HEED)):
        ring.heed()
    assert (len(ring._keys), len(ring._tenants)) == (0, 0)


def test_while_the_store_does_not_answer_keys_live_on_for_their_time_at_most(
    keeper: KeyFileProvider, store: SqlcipherKeyStore
) -> None:
    class Away(SqlcipherKeyStore):
        def generation(self) -> int:
            raise Busy("The key store does not answer just now.")

    name = uuid4()
    ring = Keyring(keeper, Away(store._path, keeper.derive("keystore")))
    with ports.frozen(clock=NOON):
        ring.create_tenant(TENANT)
        ring.ensure_keys(TENANT, [name])
        ring.key(TENANT, name)
        store.destroy(TENANT, name)
    with ports.frozen(clock=NOON + timedelta(seconds=29)):
        assert ring.key(TENANT, name)
    with ports.frozen(clock=NOON + timedelta(seconds=31)), pytest.raises(KeyDestroyed):
        ring.key(TENANT, name)


def test_one_thread_looks_and_the_others_go_on(ring: Keyring) -> None:
    name = uuid4()
    with ports.frozen(clock=NOON):
        ring.ensure_keys(TENANT, [name])
        key = ring.key(TENANT, name)
    with ports.frozen(clock=NOON + timedelta(seconds=1)), ring._looking:
        assert ring.key(TENANT, name) == key


def test_a_key_read_while_it_is_destroyed_does_not_stay_in_memory(
    keeper: KeyFileProvider, store: SqlcipherKeyStore
) -> None:
    name = uuid4()

    class Slow(SqlcipherKeyStore):
        def get_many(self, tenant: UUID, key_ids: Iterable[UUID]) -> dict[UUID, bytes]:
            found = super().get_many(tenant, key_ids)
            if name in found and not destroyed:
                destroyed.append(ring.destroy(tenant, name))
            return found

    destroyed: list[bool] = [True]
    ring = Keyring(keeper, Slow(store._path, keeper.derive("keystore")))
    ring.create_tenant(TENANT)
    ring.ensure_keys(TENANT, [name])
    destroyed.clear()
    ring.key(TENANT, name)
    assert destroyed == [True]
    with pytest.raises(KeyDestroyed):
        ring.key(TENANT, name)


def test_a_forgotten_key_is_read_again(ring: Keyring) -> None:
    name = uuid4()
    ring.ensure_keys(TENANT, [name])
    key = ring.key(TENANT, name)
    ring.forget(TENANT, name)
    ring.forget(TENANT, TENANT)
    assert ring.key(TENANT, name) == key


def test_a_destruction_that_fails_is_forgotten_all_the_same(
    ring: Keyring, store: SqlcipherKeyStore, tmp_path: Path, keeper: KeyFileProvider
) -> None:
    name = uuid4()
    ring.ensure_keys(TENANT, [name])
    ring.key(TENANT, name)
    reader = SqlcipherKeyStore(tmp_path / "keys.db", keeper.derive("keystore"))
    store.close()
    store._patience = 0.05
    with reader._open() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM wrapped_key").fetchall()
        with pytest.raises(Busy):
            ring.destroy(TENANT, name)
        connection.execute("COMMIT")
    with pytest.raises(KeyDestroyed):
        ring.key(TENANT, name)


def test_many_threads_get_the_same_keys(ring: Keyring) -> None:
    names = [uuid4() for _ in range(20)]
    seen: list[dict[UUID, bytes]] = []

    def work() -> None:
        ring.ensure_keys(TENANT, names)
        seen.append(ring.keys(TENANT, names))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    assert all(keys == seen[0] and len(keys) == 20 for keys in seen)


def test_keys_are_random_even_under_frozen_chance(keeper: KeyFileProvider, tmp_path: Path) -> None:
    keys = set()
    for place in ("a", "b"):
        with ports.frozen(random=b"seed"):
            ring = Keyring(keeper, SqlcipherKeyStore(tmp_path / place, bytes(32)))
            ring.create_tenant(TENANT)
            keys.add(ring.tenant_key(TENANT))
    assert len(keys) == 2


def test_deployment_secrets_come_from_the_keeper(ring: Keyring, keeper: KeyFileProvider) -> None:
    assert ring.derive("database") == keeper.derive("database")


def test_nothing_shows_a_key(ring: Keyring) -> None:
    key = ring.tenant_key(TENANT)
    shown = repr(ring) + repr(vars(ring)) + repr(ring._tenants.get((TENANT, TENANT)))
    assert key.hex() not in shown
    assert repr(key) not in shown
    assert repr(ring) == "Keyring(provider=file, in memory=1)"
