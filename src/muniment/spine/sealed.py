"""Sealed fields: columns that hold ciphertext on every database, and plain text only in memory.

Rules this file obeys:

1. What describes a natural person is sealed under that person's own key (``under="subject"``); free text written by
   people and text taken from documents under the tenant's key (``under="tenant"``). Destroying one key makes one
   person unreadable in tables, backups and ledger alike.
2. The additional data binds table, column and row, so that a ciphertext cannot be moved to another place.
3. A key is durable in the key store before data under it are written (the keyring sees to that).
4. A value whose key was destroyed reads as :data:`ERASED`, never as an error and never as an empty text.
5. A sealed column cannot be filtered, sorted or bulk-updated; who tries gets an error at once.

A model with ``under="subject"`` columns says whose key it is by ``subject_key() -> UUID``.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import FieldError
from django.db import models

from muniment.spine import envelope
from muniment.spine.installation import keyring
from muniment.spine.keyring import KeyDestroyed


class Erased(str):
    """The text that stands where a person's data was made unreadable."""

    __slots__ = ()


#: What a reader sees after a key was destroyed.
ERASED = Erased("(erased)")

#: Stands for the tenant's own key where a key identifier is wanted.
TENANT_KEY = UUID(int=0)


class Stored:
    """A ciphertext as it came from the table; opened by the descriptor that knows its place."""

    __slots__ = ("blob",)

    def __init__(self, blob: bytes) -> None:
        self.blob = blob

    def __repr__(self) -> str:
        return f"<sealed, {len(self.blob)} bytes>"


def seal_text(tenant: UUID, key_id: UUID, text: str, place: bytes) -> bytes:
    """Return the text as ciphertext: 16 bytes of key identifier, then the envelope."""
    ring = keyring()
    if key_id == TENANT_KEY:
        key = ring.tenant_key(tenant)
    else:
        ring.ensure_keys(tenant, [key_id])
        key = ring.key(tenant, key_id)
    return envelope.seal_for(key_id, key, text.encode("utf-8"), place)


def open_text(tenant: UUID, blob: bytes, place: bytes) -> str:
    """Return the text of a ciphertext, or :data:`ERASED` when its key is gone.

    :raises Tampered: when the ciphertext was changed or moved.
    """
    key_id = envelope.key_id_of(blob)
    try:
        key = keyring().tenant_key(tenant) if key_id == TENANT_KEY else keyring().key(tenant, key_id)
    except KeyDestroyed:
        return ERASED
    return envelope.open_for(key, blob, place).decode("utf-8")


class _Window:
    """The attribute of a sealed column: plain text to who asks, ciphertext inside until then."""

    def __init__(self, field: SealedText) -> None:
        self.field = field

    def __get__(self, row: Any, owner: Any = None) -> Any:
        if row is None:
            return self
        held = row.__dict__.get(self.field.attname)
        if held is None and self.field.attname not in row.__dict__:
            row.refresh_from_db(fields=[self.field.attname])
            held = row.__dict__[self.field.attname]
        if isinstance(held, Stored):
            # The opened text replaces the ciphertext; saving the column seals it again under a fresh nonce.
            held = open_text(row.tenant_id, held.blob, self.field.place(row))
            row.__dict__[self.field.attname] = held
        return held

    def __set__(self, row: Any, value: Any) -> None:
        row.__dict__[self.field.attname] = value


class SealedText(models.BinaryField[Any, Any]):
    """A text column that stands in the table encrypted.

    :param under: ``"tenant"`` or ``"subject"``; see the rules of this module.
    """

    def __init__(self, *args: Any, under: str = "tenant", **kwargs: Any) -> None:
        if under not in {"tenant", "subject"}:
            raise ValueError("a sealed column stands under the tenant's or the subject's key")
        self.under = under
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Return what a migration needs to write this field again."""
        name, path, args, kwargs = super().deconstruct()
        kwargs["under"] = self.under
        return name, path, args, kwargs

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's signature
        """Put the window in the attribute's place."""
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Window(self))

    def place(self, row: Any) -> bytes:
        """Return where a value stands: table, column and row, as the additional data."""
        return f"{self.model._meta.db_table}\0{self.column}\0{row.pk}".encode()

    def key_of(self, row: Any) -> UUID:
        """Return the identifier of the key under which this row's value is sealed."""
        return TENANT_KEY if self.under == "tenant" else row.subject_key()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Stored | None:  # noqa: ARG002  # Django's signature
        """Wrap what came from the table."""
        return None if value is None else Stored(bytes(value))

    def get_default(self) -> Any:
        """Return the default: an empty text unless null is allowed."""
        return None if self.null else ""

    def to_python(self, value: Any) -> Any:
        """Leave the value as it is; it is text or ciphertext."""
        return value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: ARG002, FBT001  # Django's signature
        """Seal the text for its place in this row."""
        held = model_instance.__dict__.get(self.attname)
        if held is None or isinstance(held, Stored):
            return held
        if isinstance(held, Erased):
            raise FieldError(f"{self.name} was erased and cannot be written back")
        row: Any = model_instance
        return Stored(seal_text(row.tenant_id, self.key_of(row), str(held), self.place(row)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002  # Django's signature
        """Hand the ciphertext to the database.

        :raises FieldError: for plain text, which would mean an update or a filter that cannot be sealed.
        """
        if value is None:
            return None
        if not isinstance(value, Stored):
            raise FieldError(f"{self.name} is sealed: change it on the row and save the row")
        return connection.Database.Binary(value.blob) if connection.vendor == "sqlite" else value.blob

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse every look-up but *is null*: ciphertext cannot be searched."""
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        return None
