"""What an import yields: parties, owners, and what was refused and why, before anything is stored.

Rules obeyed here: everything counted in is accepted or rejected, never lost (`ImportPlan.counts`); a reject
names line, field and reason but never repeats the cell, since it may be personal data; a party has one
canonical form and one digest, so that a screening can name exactly what it looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from muniment.proof.canonical import canonical
from muniment.proof.errors import Malformed
from muniment.spine.errors import Invalid

if TYPE_CHECKING:
    from followthemoney.schema import Schema

Kind = Literal["person", "organisation"]
Role = Literal["owner", "director"]

IDENTIFIER_PROPERTIES: Mapping[str, str] = {
    "bic": "swiftBic",
    "id": "idNumber",
    "imo": "imoNumber",
    "inn": "innCode",
    "lei": "leiCode",
    "ogrn": "ogrnCode",
    "passport": "passportNumber",
    "registration": "registrationNumber",
    "tax": "taxNumber",
    "vat": "vatCode",
}
"""Our identifier kinds and the FollowTheMoney property each is screened as."""


@dataclass(frozen=True, order=True)
class IdentifierInput:
    """A number that names a party: its kind (a key of `IDENTIFIER_PROPERTIES`) and its text."""

    kind: str
    value: str


@dataclass(frozen=True)
class PartyInput:
    """A person or organisation as the import understood it.

    :param reference: the firm's own key for the party; unique within an import.
    :param schema: the FollowTheMoney schema it is screened as.
    :param birth_dates: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    :param countries: two-letter codes in small letters, as FollowTheMoney writes them.
    """

    reference: str
    kind: Kind
    name: str
    schema: str = ""
    given_name: str = ""
    family_name: str = ""
    aliases: tuple[str, ...] = ()
    weak_aliases: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    gender: str = ""
    countries: tuple[str, ...] = ()
    identifiers: tuple[IdentifierInput, ...] = ()
    addresses: tuple[str, ...] = ()

    def canonical(self) -> bytes:
        """Return the party's one canonical form, so that equal parties have equal digests.

        :raises Invalid: when a text is not in normal form, which no importer here lets pass.
        """
        try:
            return canonical(to_ftm(self))
        except Malformed as error:
            raise Invalid(error.what, todo="Mend the text at its source.") from None

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form."""
        return hashlib.sha256(self.canonical()).hexdigest()


@dataclass(frozen=True)
class OwnershipInput:
    """One party's hold over another.

    :param owner: reference of the owner or director.
    :param owned: reference of the party held.
    :param share: hundredths of a percent, 0 to 10,000; None when nobody said.
    :param line: where it was read.
    """

    owner: str
    owned: str
    share: int | None
    role: Role = "owner"
    line: int = 0


@dataclass(frozen=True, order=True)
class Reject:
    """One thing that was not taken in, or was taken in with a remark: where, which field, and why."""

    line: int
    field: str
    why: str


@dataclass(frozen=True)
class ImportPlan:
    """Everything an import would do, complete before anything is written.

    :param rejects: what is left out; several may concern one row.
    :param notices: what is taken in but should be looked at.
    :param counts: `rows` = `accepted` + `rejected`; `links` = `links_accepted` + `links_rejected`; `blank`.
    """

    parties: tuple[PartyInput, ...]
    owners: tuple[OwnershipInput, ...]
    rejects: tuple[Reject, ...]
    counts: Mapping[str, int]
    notices: tuple[Reject, ...] = field(default_factory=tuple)


def schema_named(name: str) -> Schema | None:
    """Return the FollowTheMoney schema of this name, or None."""
    # Reading it takes longer than all else that a command starts with.
    from followthemoney import model  # noqa: PLC0415  see above

    return model.get(name)


def to_ftm(party: PartyInput) -> dict[str, Any]:
    """Return the party as a FollowTheMoney-shaped dict, because that is what screening asks with.

    Lists are sorted and free of repeats, so the result does not depend on the order of the file.

    :returns: `{"id", "schema", "properties": {name: [text, ...]}}`.
    """
    schema = party.schema or ("Person" if party.kind == "person" else "Organization")
    described = schema_named(schema)
    person = party.kind == "person"
    properties: dict[str, set[str]] = {"name": {party.name}, "alias": set(party.aliases)}
    properties["weakAlias"] = set(party.weak_aliases)
    properties["nationality" if person else "country"] = set(party.countries)
    properties["address"] = set(party.addresses)
    if person:
        properties["firstName"] = {party.given_name}
        properties["lastName"] = {party.family_name}
        properties["birthDate"] = set(party.birth_dates)
        properties["gender"] = {party.gender}
    for identifier in party.identifiers:
        name = IDENTIFIER_PROPERTIES.get(identifier.kind, "idNumber")
        known = described is not None and name in described.properties
        properties.setdefault(name if known else "idNumber", set()).add(identifier.value)
    kept = {name: sorted(values - {""}) for name, values in properties.items()}
    return {
        "id": party.reference,
        "schema": schema,
        "properties": {name: values for name, values in sorted(kept.items()) if values},
    }
