"""A key store of each kind, and an empty database for the second kind."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from muniment.spine.keystore import KeyStore, SqlcipherKeyStore
from muniment.spine.keystore_postgres import PostgresKeyStore

ADMIN = os.environ.get("MUNIMENT_TEST_POSTGRES", "")


@pytest.fixture
def dsn() -> Iterator[str]:
    if not ADMIN:
        pytest.skip("no PostgreSQL: set MUNIMENT_TEST_POSTGRES to a superuser's DSN on a disposable server")
    name = f"keys_{secrets.token_hex(6)}"
    with psycopg.connect(ADMIN, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield psycopg.conninfo.make_conninfo(ADMIN, dbname=name)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlcipher", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyStore]:
    if request.param == "sqlcipher":
        made: KeyStore = SqlcipherKeyStore(tmp_path / "keys.db", b"r" * 32)
    else:
        made = PostgresKeyStore(request.getfixturevalue("dsn"))
        made.create()
        made.create()
    yield made
    made.close()
