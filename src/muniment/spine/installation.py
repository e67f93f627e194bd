"""The opened installation: its settings, its keys, its key store. One per process.

Keys are opened when they are first needed, so that commands which need none (help, settings check) work on a
machine where the keys are not.
"""

from __future__ import annotations

from functools import cache

from muniment.spine import config
from muniment.spine.keyfile import KeyFileProvider
from muniment.spine.keyring import Keyring
from muniment.spine.keystore import KeyStore, SqlcipherKeyStore
from muniment.spine.keystore_postgres import PostgresKeyStore


@cache
def provider() -> KeyFileProvider:
    """Return the provider of the deployment key.

    :raises Busy: when the key file is missing or is not private to its owner.
    """
    return KeyFileProvider(config.current().master_key)


@cache
def database_key() -> bytes:
    """Return the 32-byte key of the SQLCipher file."""
    return provider().derive("database-file")


@cache
def key_store() -> KeyStore:
    """Return the store of wrapped keys."""
    settings = config.current()
    if settings.key_store:
        return PostgresKeyStore(settings.key_store)
    return SqlcipherKeyStore(settings.key_store_file, provider().derive("key-store-file"))


@cache
def keyring() -> Keyring:
    """Return the keyring over the provider and the key store."""
    return Keyring(provider(), key_store())


def forget() -> None:
    """Close what is open and forget it; the next use opens it again (tests, forked workers)."""
    if key_store.cache_info().currsize:
        key_store().close()
    for opened in (keyring, key_store, database_key, provider):
        opened.cache_clear()
    config.current.cache_clear()
