"""Makes an installation in an empty folder: folders, keys, tables, the deployment's log, a local certificate.

Rules this file obeys: nothing that is there is overwritten; what cannot be finished is taken back, so that the folder
can be used again; every folder and every secret belongs to its owner alone; the certificate authority's own key is
thrown away when it has signed, so that nobody can sign another server with it.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import suppress
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from muniment.access.rules import OPERATOR, WORKER
from muniment.ledger import logs
from muniment.ledger.models import Log
from muniment.ops import actions
from muniment.proof.standalone import verifier_source
from muniment.spine import certificate, config, ports
from muniment.spine.actor import system
from muniment.spine.errors import Clash
from muniment.spine.installation import key_store, keyring
from muniment.spine.keyfile import KeyFileProvider
from muniment.spine.keystore_postgres import PostgresKeyStore
from muniment.spine.migrating import migrate, waiting_steps
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@dataclass(frozen=True, slots=True)
class Installed:
    """What was made: the folder, the deployment's log, and where the certificate to be trusted lies."""

    home: Path
    origin: str
    certificate: Path


def certificate_folder(home: Path) -> Path:
    """Return the folder of the server's certificate and key."""
    return home / "tls"


def install() -> Installed:
    """Make the installation that the settings describe, so that it can be served.

    :raises Clash: when there is an installation already.
    :raises Busy: when a folder or the database cannot be written.
    """
    settings = config.current()
    _require_nothing_here(settings)
    made: list[Path] = []
    try:
        for folder in (settings.home, settings.data, settings.home / "keys", settings.signing_keys):
            _make(folder, made)
        _make(settings.master_key.parent, made)
        KeyFileProvider.create(settings.master_key)
        made.append(settings.master_key)
        store = key_store()
        if isinstance(store, PostgresKeyStore):
            store.create()
        steps = waiting_steps()
        migrate()
        _require_no_log()
        keyring().create_tenant(DEPLOYMENT)
        log = logs.begin(DEPLOYMENT)
        actions.install(
            system("operator", may=OPERATOR, via="cli"),
            version=version("muniment"),
            verifier=hashlib.sha256(verifier_source().encode()).hexdigest(),
        )
        actions.migrate(system("worker", may=WORKER, via="cli"), steps=steps)
        made.append(certificate_folder(settings.home))
        certificate = certify(settings)
        sample = settings.home / "muniment.toml"
        if not sample.exists():
            made.append(sample)
            sample.write_text(sample_settings(), encoding="utf-8")
    except BaseException:
        connection.close()
        key_store.cache_clear()
        _take_back(made)
        raise
    return Installed(settings.home, log.origin, certificate)


def _require_nothing_here(settings: config.Settings) -> None:
    here = [settings.master_key, settings.database_file, settings.key_store_file, settings.signing_keys]
    if any(path.exists() for path in here):
        raise Clash(
            "There is an installation here already, or what is left of one.",
            todo="Choose another folder, or remove this one if nothing in it is needed any more.",
        )
    if settings.on_postgres and Log._meta.db_table in connection.introspection.table_names():
        _require_no_log()


def _require_no_log() -> None:
    """Refuse a database that belongs to another installation; its rows could not be opened with new keys."""
    with tenant_scope(DEPLOYMENT):
        if Log.everything.exists():
            raise Clash(
                "The database belongs to an installation already.",
                todo="Name an empty database, or use the keys that belong to this one.",
            )


def _make(folder: Path, made: list[Path]) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
        made.append(folder)
    elif folder == config.current().home:
        folder.chmod(0o700)


def _take_back(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def certify(settings: config.Settings) -> Path:
    """Make a local certificate authority and a server certificate for this machine's names.

    :returns: the authority's certificate, which people tell their browser to trust.
    """
    name = urlsplit(settings.public_url).hostname or "localhost"
    return certificate.certify(certificate_folder(settings.home), [name], ports.now())


def sample_settings() -> str:
    """Return a settings file that changes nothing: every setting as a comment, with what it is for and its default."""
    lines = [
        "# Settings of this Muniment installation. A line without # in front is in force;",
        "# a variable MUNIMENT_<NAME> goes before it. Unknown names stop the start.",
        "",
    ]
    for item in fields(config.Settings):
        if item.name == "home":
            continue
        lines += [f"# {item.metadata['doc']}", f"# {item.name} = {_toml(item.default)}", ""]
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    return str(value) if isinstance(value, int) else f'"{value}"'
