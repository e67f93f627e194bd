"""The number by which other processes learn that a key was destroyed; on both databases."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4

import psycopg
import pytest

from muniment.spine.keystore import KeyRow, KeyStore
from muniment.spine.keystore_postgres import PostgresKeyStore

TENANT = UUID(int=1)
#: In the run on PostgreSQL too, where there is a server for the second of the stores.
pytestmark = pytest.mark.database


def rows(count: int) -> list[KeyRow]:
    return [KeyRow(TENANT, "subject", uuid4(), secrets.token_bytes(61)) for _ in range(count)]


def test_each_destruction_changes_the_generation_and_nothing_else_does(store: KeyStore) -> None:
    kept = rows(3)
    before = store.generation()
    store.put_many(kept)
    assert store.generation() == before
    store.destroy_many(TENANT, [row.key_id for row in kept[:2]])
    once = store.generation()
    assert once > before
    store.destroy_many(TENANT, [row.key_id for row in kept[:2]])
    assert store.generation() == once
    store.destroy(TENANT, kept[2].key_id)
    assert store.generation() > once


def test_on_postgresql_a_store_of_before_generations_gets_its_table_with_the_first_destruction(
    dsn: str,
) -> None:
    store = PostgresKeyStore(dsn)
    store.create()
    (one,) = rows(1)
    store.put_many([one])
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE destruction")
    assert store.generation() == 0
    assert store.destroy(TENANT, one.key_id)
    assert store.generation() == 1
    store.close()
