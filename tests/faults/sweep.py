"""What somebody does who owns the database, tried on every table and column: run in an installation of its own.

``python -m tests.faults.sweep`` writes one JSON document. Each change is made with all guards taken away, within a
transaction that is taken back; between the two ``verify_log`` says what it sees.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import django
from django.db import DatabaseError, connection, models, transaction

if __name__ == "__main__":
    django.setup()

from muniment.ledger import rows, verify
from muniment.spine import ports
from muniment.spine.guard import GuardedTable, Kept, guarded_tables
from muniment.spine.models import Tally
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.spine.sealed import SealedText, Stored


class Back(Exception):
    """Ends a transaction whose change was only tried."""


@contextmanager
def tried() -> Iterator[Any]:
    """Yield a cursor that no guard stops; everything is taken back afterwards."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(
                    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND"
                    " connamespace = 'public'::regnamespace"
                )
                for table, name in cursor.fetchall():
                    cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            else:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f'DROP TRIGGER "{name}"')
            yield cursor
            raise Back
    except Back:
        pass


def other(field: models.Field[Any, Any], value: Any) -> Any:  # noqa: PLR0911  # one line for each kind of column
    """Return a value that the column did not hold."""
    kind = field.get_internal_type()
    if isinstance(value, Stored):
        return Stored(value.blob[:-1] + bytes([value.blob[-1] ^ 1]))
    if isinstance(field, SealedText):
        return Stored(b"x" * 64)
    if kind == "BinaryField":
        held = bytes(value or b"x")
        return held[:-1] + bytes([held[-1] ^ 1])
    if kind == "BooleanField":
        return not value
    if kind in {"UUIDField", "ForeignKey", "OneToOneField"}:
        return uuid4()
    if kind == "DateTimeField":
        return (value or ports.now()) + timedelta(microseconds=1)
    if kind == "DateField":
        return value + timedelta(days=1)
    if kind == "JSONField":
        return ["tampered"]
    if isinstance(value, str) or kind in {"CharField", "TextField"}:
        return "x" if not value else value[:-1] + ("y" if value[-1] == "x" else "x")
    return (value or 0) + 10_007


def stored(field: models.Field[Any, Any], value: Any) -> Any:
    """Return a value as the database keeps it."""
    return field.get_db_prep_save(value, connection)


def change(cursor: Any, item: GuardedTable, field: models.Field[Any, Any], pk: Any, value: Any) -> None:
    """Put another value into one column of one row."""
    key = item.model._meta.pk
    cursor.execute(
        f'UPDATE "{item.table}" SET "{field.column}" = %s WHERE "{item.key}" = %s',  # noqa: S608  # names of our models
        [stored(field, value), stored(key, pk)],
    )
    if cursor.rowcount != 1:
        raise RuntimeError(f"{item.table} was not changed")


def remove(cursor: Any, item: GuardedTable, pk: Any) -> None:
    """Take one row away."""
    cursor.execute(
        f'DELETE FROM "{item.table}" WHERE "{item.key}" = %s',  # noqa: S608  # names of our models
        [stored(item.model._meta.pk, pk)],
    )
    if cursor.rowcount != 1:
        raise RuntimeError(f"{item.table} kept its row")


def add(cursor: Any, item: GuardedTable, pk: Any) -> Any:
    """Put a copy of a row beside it, with another identifier and what must be unique changed; returns the former."""
    fields = item.model._meta.concrete_fields
    held = dict(
        zip(
            [field.attname for field in fields],
            item.model._base_manager.filter(pk=pk).values_list(*[field.attname for field in fields]).get(),
            strict=True,
        )
    )
    unique = {
        name
        for one in item.model._meta.constraints
        if isinstance(one, models.UniqueConstraint)
        for name in one.fields
    }
    for field in fields:
        if (field.unique or field.name in unique or field.attname in unique) and field.attname != "tenant_id":
            held[field.attname] = other(field, held[field.attname])
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    cursor.execute(
        f'INSERT INTO "{item.table}" ({names}) VALUES ({marks})',  # noqa: S608  # names of our models
        [stored(field, held[field.attname]) for field in fields],
    )
    return held[item.model._meta.pk.attname]


def seen(tenant: Any) -> list[str]:
    """Return what the deep check says of one log; that it breaks down is a fault of ours and is said so."""
    try:
        return verify.verify_log(tenant, deep=True).faults
    except Exception as fault:  # noqa: BLE001  # whatever it is, the test wants to name it
        return [f"BROKE DOWN: {type(fault).__name__}: {fault}"]


def plain_id(pk: Any) -> str:
    """Return an identifier as sentences about rows name it."""
    return str(getattr(pk, "hex", pk))


def columns(item: GuardedTable, pk: Any, tenant: Any) -> list[str]:
    """Return the columns of a guarded table that may change without its row's digest changing."""
    loose = []
    with tenant_scope(tenant):
        for field in item.model._meta.concrete_fields:
            if field.primary_key:
                continue
            value = item.model._base_manager.filter(pk=pk).values_list(field.attname, flat=True).get()
            [before] = rows.digests(item, [plain_id(pk)])
            with tried() as cursor:
                change(cursor, item, field, pk, other(field, value))
                [after] = rows.digests(item, [plain_id(pk)])
                if before == after:
                    loose.append(field.column)
    return loose


def one_column(item: GuardedTable) -> models.Field[Any, Any]:
    """Return the column that is changed as an example: the last one that is no tie to something else."""
    return [
        field
        for field in item.model._meta.concrete_fields
        if not field.primary_key and field.attname != "tenant_id" and not field.is_relation
    ][-1]


def guarded(item: GuardedTable, found: dict[str, Any]) -> None:
    """Change, remove and add a row of a guarded table."""
    first = item.model._base_manager.values_list("pk", "tenant_id").first()
    if first is None:
        found["empty"].append(item.table)
        return
    pk, tenant = first
    field = one_column(item)
    value = item.model._base_manager.filter(pk=pk).values_list(field.attname, flat=True).get()
    with tried() as cursor:
        change(cursor, item, field, pk, other(field, value))
        found["changed"][item.table] = [plain_id(pk), field.column, seen(tenant)]
    with tried() as cursor:
        remove(cursor, item, pk)
        found["removed"][item.table] = [plain_id(pk), "", seen(tenant)]
    with tried() as cursor:
        new = add(cursor, item, pk)
        found["added"][item.table] = [plain_id(new), "", seen(tenant)]
    found["loose"][item.table] = columns(item, pk, tenant)


def of_the_ledger(item: GuardedTable, found: dict[str, Any]) -> None:
    """Change every column of the newest row of a table of the ledger, and remove the row."""
    held = item.model._base_manager
    # What is the deployment's alone has no row of a tenant's.
    held = held if item.public else held.exclude(tenant_id=DEPLOYMENT)
    last = held.values_list("pk", "tenant_id").last()
    if last is None:
        found["empty"].append(item.table)
        return
    pk, tenant = last
    for field in item.model._meta.concrete_fields:
        if field.primary_key or field.attname == "tenant_id":
            continue
        value = item.model._base_manager.filter(pk=pk).values_list(field.attname, flat=True).get()
        try:
            with tried() as cursor:
                change(cursor, item, field, pk, other(field, value))
                found["ledger"][f"{item.table}.{field.column}"] = seen(tenant)
        except DatabaseError as fault:
            found["ledger"][f"{item.table}.{field.column}"] = [
                f"the database refuses it: {type(fault).__name__}"
            ]
    with tried() as cursor:
        remove(cursor, item, pk)
        found["ledger"][f"{item.table} removed"] = seen(tenant)


def main() -> None:
    """Try everything and print what was seen."""
    found: dict[str, Any] = {
        "empty": [],
        "changed": {},
        "removed": {},
        "added": {},
        "loose": {},
        "ledger": {},
        "before": {},
    }
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA ignore_check_constraints = ON")
    for log in verify.logs.every():
        found["before"][str(log.tenant_id)] = seen(log.tenant_id)
    for item in guarded_tables():
        (guarded if item.kept is Kept.GUARDED else of_the_ledger)(item, found)
    # Not guarded, since refusals are counted outside actions; what is counted there is an entry in the end.
    of_the_ledger(GuardedTable(Tally, Kept.QUEUE, public=False), found)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
