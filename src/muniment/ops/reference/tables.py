"""The reference page of every stored column: whether it is sealed, and under which key."""

from __future__ import annotations

from typing import Any

from muniment.ops.reference.marks import first_sentence, table
from muniment.spine.guard import guarded_tables
from muniment.spine.sealed import SealedText

KEYS = {"tenant": "the tenant's", "subject": "the person's own"}


def columns() -> str:
    """Write every column of every guarded table."""
    parts = [
        "# Columns\n",
        "What stands where. *Sealed* columns hold ciphertext (AES-256-GCM, bound to table, column and row) on both",
        "databases. What is not sealed is protected by the encrypted database file (SQLCipher), or on PostgreSQL by",
        "the operator's disk encryption, which Muniment cannot see and therefore calls *attested*.\n",
    ]
    for item in guarded_tables():
        rows = [_row(field) for field in item.model._meta.concrete_fields]
        who = "every tenant reads it, the installation writes it" if item.public else "one tenant's rows"
        parts += [
            f"\n## {item.table}\n",
            f"{first_sentence(item.model.__doc__)} Kept {item.kept}; {who}.\n",
            table(("column", "type", "sealed", "under which key"), rows),
        ]
    return "\n".join(parts)


def _row(field: Any) -> tuple[str, str, str, str]:
    if isinstance(field, SealedText):
        return (f"`{field.column}`", "text", "yes", KEYS[field.under])
    kind = field.get_internal_type().removesuffix("Field")
    return (f"`{field.column}`", kind, "no", "")
