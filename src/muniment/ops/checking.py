"""Looks an installation over: keys, tables, guards, certificate. Says what is wrong and what could not be seen.

Rules this file obeys: it changes nothing; each question is asked even when the one before could not be answered; no
secret is shown.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.x509 import load_pem_x509_certificate
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from muniment.ledger import clock, lag, logs, witnessing
from muniment.ledger.checks import runs
from muniment.ledger.pushing import follow
from muniment.ledger.time import bounds
from muniment.ledger.trust import accepting, replacing
from muniment.lifecycle import leftover
from muniment.ops.installing import certificate_folder
from muniment.spine import config, ports
from muniment.spine.errors import Busy, MunimentError
from muniment.spine.guard import guarded_tables
from muniment.spine.installation import key_store, provider
from muniment.spine.scope import DEPLOYMENT, tenant_scope

SOON: Final = timedelta(days=30)
#: For how long what an erasure deleted may wait to be rewritten; the worker tries each five minutes.
WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it must be.

    :param about: what was looked at: ``keys``, ``tables``, ``guards``…
    :param known: whether it is wrong; if not, it could not be seen.
    """

    about: str
    what: str
    todo: str = ""
    known: bool = True


def troubles() -> list[Trouble]:
    """Return everything that is not as it must be, in the order in which it is mended."""
    settings = config.current()
    if not settings.master_key.exists() and not settings.data.exists():
        todo = "Make one with: muniment init --home FOLDER."
        return [Trouble("installation", "There is no installation in this folder.", todo)]
    found: list[Trouble] = []
    for about, look in LOOKS.items():
        found += _looked(about, look, settings)
    return found


def _looked(
    about: str, look: Callable[[config.Settings], Iterator[Trouble]], settings: config.Settings
) -> list[Trouble]:
    found = []
    try:
        for one in look(settings):
            found.append(one)  # noqa: PERF402  # what was found before a fault is kept
    except MunimentError as why:
        found.append(Trouble(about, why.what, why.todo, known=not isinstance(why, Busy)))
    except DatabaseError as why:
        kind = type(why).__name__
        found.append(
            Trouble(about, f"The database did not answer ({kind}).", "See that it runs.", known=False)
        )
    return found


def _keys(settings: config.Settings) -> Iterator[Trouble]:
    provider().check()
    key_store().count()
    for folder in (settings.home, settings.signing_keys):
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            yield Trouble("keys", "A folder of the installation is open to others.", f"chmod 700 {folder}")
    if settings.master_key.is_relative_to(settings.data):
        yield Trouble("keys", "The master key lies in the folder of the data.", "Move it and set key_file.")


def _tables(_settings: config.Settings) -> Iterator[Trouble]:
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        yield Trouble("tables", f"{len(waiting)} changes of the tables wait.", "Run: muniment migrate.")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            yield from _role(cursor)
        else:
            yield from _pragmas(cursor)


def _pragmas(cursor: Any) -> Iterator[Trouble]:
    for name, wanted in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        cursor.execute(f"PRAGMA {name}")
        is_ = cursor.fetchone()[0]
        if is_ != wanted:
            yield Trouble("tables", f"{name} is {is_} and must be {wanted}: commits could be lost.")
    cursor.execute("PRAGMA cipher_version")
    if not cursor.fetchone():
        yield Trouble("tables", "The database library does not encrypt.", "Install sqlcipher3.")


def _role(cursor: Any) -> Iterator[Trouble]:
    # What a role is a member of it may become by name, whatever it inherits.
    cursor.execute(
        "SELECT bool_or(rolsuper OR rolbypassrls) FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')"
    )
    if cursor.fetchone() != (False,):
        yield Trouble(
            "tables", "The role of the application may pass by row-level security.", "Take that right away."
        )
    # The connection's own temporary table, where the guards note what changed, counts for nothing.
    cursor.execute(
        "SELECT count(*) FROM pg_tables WHERE pg_has_role(current_user, tableowner, 'MEMBER')"
        " AND schemaname NOT LIKE 'pg_temp%'"
    )
    owned = cursor.fetchone()[0]
    if owned:
        todo = "Give them to the role in database_owner, then run: muniment migrate."
        yield Trouble("tables", f"The role of the application owns {owned} tables.", todo)


def _guards(_settings: config.Settings) -> Iterator[Trouble]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'guard' AND tgenabled = 'O'"
            )
            guarded = {str(row[0]).strip('"') for row in cursor.fetchall()}
            cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
            guarded &= {str(row[0]) for row in cursor.fetchall()}
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            names = {str(row[0]) for row in cursor.fetchall()}
            guarded = {
                item.table
                for item in guarded_tables()
                if {f"guard_{item.table}_{verb}" for verb in ("insert", "update", "delete")} <= names
            }
    for item in guarded_tables():
        if item.table not in guarded:
            yield Trouble("guards", f"The table {item.table} is not under guard.", "Run: muniment migrate.")


def _logs(_settings: config.Settings) -> Iterator[Trouble]:
    held = logs.every()
    if not held:
        yield Trouble(
            "ledger", "The installation has no log.", "The set-up was broken off: begin in another folder."
        )
    for log in held:
        for alone in replacing.unconfirmed(log):
            yield Trouble("ledger", f"{log.origin}: {alone}.", replacing.ASK)
        for pair in logs.pairs(log):
            if pair.signs(log.size) and not logs.key_path(log, pair.number).is_file():
                yield Trouble(
                    "ledger", f"The signing keys of the log {log.origin} are not here.", "Restore them."
                )


def _checks(_settings: config.Settings) -> Iterator[Trouble]:
    """Say what the last checks of the ledger found, and that none was done for too long."""
    for log in logs.every():
        with tenant_scope(log.tenant_id):
            state = runs.standing(ports.now())
        for sentence in state.alarm:
            yield Trouble(
                "ledger", sentence, "Keep everything as it is, and run: muniment ledger verify --deep."
            )
        if state.late and state.whole is not None:
            since = state.whole.began_at.date().isoformat()
            yield Trouble(
                "ledger", f"{log.origin} was not checked since {since}.", "See that muniment serve runs."
            )


def _witnesses(_settings: config.Settings) -> Iterator[Trouble]:
    """Say how far behind the witnesses are; nothing when none were named."""
    force = accepting.in_force()
    if force.fault:
        yield Trouble("witnesses", force.fault, force.todo)
    found = force.policy
    if found is None:
        return
    named = {party.url for party in found.witnesses}
    for log in logs.every():
        one = lag.lag(log, found, ports.now())
        if one.late:
            waits = int(one.waits.total_seconds())
            yield Trouble(
                "witnesses",
                f"{one.behind} entries of {one.origin} are not witnessed; the oldest has waited {waits} s.",
                "See that the witnesses can be reached, or run: muniment ledger settle.",
            )
        asked = witnessing.last_round(log)
        for heard in asked.heard if asked else ():
            if heard.fault and heard.url in named:
                todo = "Keep everything as it is and ask the witness." if heard.alarm else ""
                yield Trouble("witnesses", f"{heard.url}, asked about {log.origin}: {heard.fault}", todo)


def _clock(_settings: config.Settings) -> Iterator[Trouble]:
    with tenant_scope(DEPLOYMENT):
        found = clock.state()
    if not found.trusted:
        yield Trouble(
            "clock",
            "The clock was set forward by more than a day, and nothing is destroyed until two people confirm it.",
            "Look with: muniment clock show.",
        )


def _time(_settings: config.Settings) -> Iterator[Trouble]:
    """Say what is wrong with the time-stamps; nothing when no authority was named."""
    with tenant_scope(DEPLOYMENT):
        found = bounds.time_state()
    if found.unreadable:
        yield Trouble("time", found.unreadable, "Mend MUNIMENT_TIMESTAMP_AUTHORITIES.")
    elif found.late:
        yield Trouble(
            "time",
            "There has been no new time-stamp for hours.",
            "See that an authority can be reached, or run: muniment ledger stamp.",
        )
    for one in found.heard:
        if one.fault:
            yield Trouble("time", f"{one.name}: {one.fault}", "")
        elif one.far:
            yield Trouble(
                "time", f"The clock differs from that of {one.name} by {abs(one.off)} s.", "Set it right."
            )


def _certificate(settings: config.Settings) -> Iterator[Trouble]:
    folder = certificate_folder(settings.home)
    chain: Path = folder / "server.pem"
    key = folder / "server.key"
    if not (chain.is_file() and key.is_file()):
        yield Trouble(
            "certificate",
            "There is no certificate for the server.",
            "Put server.pem and server.key into tls.",
        )
        return
    if stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Trouble("certificate", "The server's key is open to others.", f"chmod 600 {key}")
    ends = load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc
    if ends < ports.now() + SOON:
        yield Trouble(
            "certificate", f"The certificate ends on {ends.date().isoformat()}.", "Put a new one into tls."
        )


def _pushing(settings: config.Settings) -> Iterator[Trouble]:
    """Say that the collector has not acknowledged entries for too long, or refused some for good."""
    for one in map(follow.behind, logs.living()) if settings.otlp_address else ():
        if one.late(ports.now()):
            yield Trouble(
                "pushing",
                f"{one.entries} entries of {one.origin} wait for the collector. {one.fault}".strip(),
                "See that the collector can be reached and takes them: muniment ledger pushed.",
            )
    for log in logs.living() if settings.otlp_address else ():
        for aside in follow.aside_lately(log, ports.now()):
            yield Trouble(
                "pushing",
                f"The collector refused {aside.what} of {log.origin} and has no copy: {aside.why}".strip(),
                "Take them over with an export; this is told for 30 days.",
            )


def _erased(_settings: config.Settings) -> Iterator[Trouble]:
    """Say that deleted rows of what was erased keep their bytes for too long, which only their owner can change."""
    found = leftover.left()
    if found.since is not None and ports.now() - found.since > WAIT:
        yield Trouble(
            "erasure",
            f"What {found.count} erasures deleted still has its bytes in the database.",
            "Run, with MUNIMENT_DATABASE_OWNER set: muniment erase-subject clean.",
        )


def _settings(settings: config.Settings) -> Iterator[Trouble]:
    if settings.debug:
        yield Trouble("settings", "Details of faults are shown on pages.", "Take debug out of the settings.")


LOOKS: Final[dict[str, Callable[[config.Settings], Iterator[Trouble]]]] = {
    "settings": _settings,
    "keys": _keys,
    "tables": _tables,
    "guards": _guards,
    "ledger": _logs,
    "checks": _checks,
    "witnesses": _witnesses,
    "clock": _clock,
    "erasure": _erased,
    "pushing": _pushing,
    "time": _time,
    "certificate": _certificate,
}
