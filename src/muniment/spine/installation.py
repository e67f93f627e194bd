"""The opened installation: its settings, its keys, its key store. One per process.

Keys are opened when they are first needed, so that commands which need none (help, settings check) work on a
machine where the keys are not.
"""

from __future__ import annotations

import ssl
from functools import cache

from muniment.spine import config
from muniment.spine.egress import Egress
from muniment.spine.errors import Invalid
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


@cache
def egress() -> Egress:
    """Return the one way out, as the settings allow it: to nowhere unless they name a destination.

    :raises Invalid: when the file of authorities cannot be read.
    """
    settings = config.current()
    trusted = ssl.create_default_context()
    if settings.egress_authorities:
        try:
            trusted.load_verify_locations(cafile=settings.egress_authorities)
        except OSError:
            raise Invalid(
                "The certificates of authorities cannot be read.",
                todo="Mend MUNIMENT_EGRESS_AUTHORITIES.",
                where="egress_authorities",
            ) from None
    return Egress(settings.allow_egress, private=settings.allow_egress_private, context=trusted, seconds=5)


def forget() -> None:
    """Close what is open and forget it; the next use opens it again (tests, forked workers)."""
    if key_store.cache_info().currsize:
        key_store().close()
    for opened in (keyring, key_store, database_key, provider, egress):
        opened.cache_clear()
    config.current.cache_clear()
