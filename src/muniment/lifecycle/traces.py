"""What stands under a key, counted by the database without opening anything; and what names a person in the clear.

A sealed value begins with the name of its key, in tables as in the bodies of entries, so that the database itself
finds all of them. What is named here: rows, openings of entries, files of imports in which a person stands, stored
proofs that show what was said of them.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import connection

from muniment.cases.models import Item, ItemKind
from muniment.counterparties import queries as parties
from muniment.counterparties.models import Counterparty, Import
from muniment.ledger.body import sealed_parts
from muniment.ledger.models import Entry, Outbox
from muniment.packs.models import Pack, PackState
from muniment.screening.models import Match
from muniment.spine import envelope
from muniment.spine.errors import Absent
from muniment.spine.guard import guarded_tables
from muniment.spine.scope import current_tenant
from muniment.spine.sealed import SealedText
from muniment.vault.models import Blob

#: Characters of base64 that follow from the sixteen bytes of a key's name alone.
_NAMED: Final = 21


def _tenant() -> Any:
    return current_tenant().hex if connection.vendor != "postgresql" else current_tenant()


def _personal_tables() -> Iterator[tuple[str, list[str]]]:
    for model in apps.get_models():
        columns = [
            str(field.column)
            for field in model._meta.concrete_fields
            if isinstance(field, SealedText) and field.under == "subject"
        ]
        if columns:
            yield model._meta.db_table, columns


def rows_under(key: UUID) -> int:
    """Return how many rows of the tenant have a value under this key."""
    found = 0
    with connection.cursor() as cursor:
        for table, columns in _personal_tables():
            wanted = " OR ".join(f"substr({column}, 1, 16) = %s" for column in columns)
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE tenant_id = %s AND ({wanted})",  # noqa: S608  # our own names
                [_tenant(), *[key.bytes] * len(columns)],
            )
            found += int(cursor.fetchone()[0])
    return found


def openings_under(key: UUID) -> int:
    """Return how many entries of the tenant's log, placed or waiting, have a part under this key."""
    # In a body of version 2 the name of the key stands as it is, in one of version 1 at the beginning of a base64 text.
    names = [key.bytes, b'"' + base64.b64encode(key.bytes)[:_NAMED]]
    told = "position(%s in body)" if connection.vendor == "postgresql" else "instr(body, %s)"
    found = 0
    with connection.cursor() as cursor:
        for model in (Entry, Outbox):
            wanted = (
                f"SELECT count(*) FROM {model._meta.db_table}"  # noqa: S608  # our own names
                f" WHERE ({told} > 0 OR {told} > 0) AND tenant_id = %s"
            )
            cursor.execute(wanted, [*names, _tenant()])
            found += int(cursor.fetchone()[0])
    return found


def files_of(party: Counterparty) -> list[UUID]:
    """Return the stored files that show a person: those they came in, and proofs of cases about them."""
    return [*imports_with(party), *(blob for _case, blob in proofs_about(party.id))]


def imports_with(party: Counterparty) -> list[UUID]:
    """Return the files of counterparties in which a person stands by reference, name or number."""
    wanted = [party.reference, party.name]
    found = []
    for one in Import.objects.order_by("offered_at", "id"):
        try:
            raw = parties.file_of(one)
        except Absent:
            continue
        if mentions(raw, wanted):
            found.append(one.blob_id)
    return found


def mentions(raw: bytes, wanted: Iterable[str]) -> bool:
    """Return whether a file holds one of these texts as whole words, however it is encoded."""
    texts = [text for text in wanted if text]
    told = "|".join(re.escape(form) for text in texts for form in (text, json.dumps(text)[1:-1]))
    pattern = re.compile(rf"(?<!\w)(?:{told})(?!\w)", re.IGNORECASE)
    encodings = ["utf-8", "cp1252"]
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings.append("utf-16")
    return bool(texts) and any(pattern.search(raw.decode(name, "replace")) for name in encodings)


def cases_about(person: UUID) -> list[UUID]:
    """Return the cases to which a match of this person belongs."""
    matches = Match.objects.filter(counterparty_id=person).values("id")
    return list(
        Item.objects.filter(kind=ItemKind.MATCH, item_id__in=matches)
        .order_by("case_id")
        .values_list("case_id", flat=True)
        .distinct()
    )


def proofs_about(person: UUID) -> list[tuple[UUID, UUID]]:
    """Return (case, file) of each stored proof of a case about this person."""
    rows = Pack.objects.filter(case_id__in=cases_about(person), state=PackState.BUILT).order_by(
        "made_at", "id"
    )
    return [(case, blob) for case, blob in rows.values_list("case_id", "blob_id") if blob is not None]


def every_key() -> list[tuple[str, UUID]]:
    """Return the names of all keys of the tenant that its rows and entries speak of: (what, name)."""
    found: dict[UUID, str] = {}
    with connection.cursor() as cursor:
        for table, columns in _personal_tables():
            for column in columns:
                wanted = f"SELECT DISTINCT substr({column}, 1, 16) FROM {table}"  # noqa: S608  # our own names
                cursor.execute(f"{wanted} WHERE tenant_id = %s AND {column} IS NOT NULL", [_tenant()])
                found |= {UUID(bytes=bytes(row[0])): "subject" for row in cursor.fetchall()}
    for model in (Entry, Outbox):
        for body in model.objects.order_by("id").values_list("body", flat=True).iterator(chunk_size=500):
            for part in sealed_parts(bytes(body)):
                found.setdefault(envelope.key_id_of(part), "subject")
    for blob in Blob.objects.values_list("id", flat=True):
        found[blob] = "file"
    found.pop(UUID(int=0), None)
    return sorted(((what, name) for name, what in found.items()), key=lambda pair: pair[1].bytes)


def row_count() -> int:
    """Return how many guarded rows the tenant has, in all tables."""
    return sum(
        item.model._base_manager.filter(tenant_id=current_tenant()).count()
        for item in guarded_tables()
        if item.kept == "guarded"
    )
