"""How a party becomes columns and comes back, what may change, what an import would do. Pure: no database."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, TypeVar
from uuid import UUID

from muniment.counterparties.formats import (
    IdentifierInput,
    ImportPlan,
    OwnershipInput,
    PartyInput,
    Reject,
    cells,
)
from muniment.counterparties.formats.party import IDENTIFIER_PROPERTIES, schema_named
from muniment.counterparties.models import Counterparty, Import, ImportState, Kind
from muniment.proof.canonical import canonical
from muniment.spine.actor import Actor
from muniment.spine.blind import blind, identifier, tokens
from muniment.spine.errors import Clash, Invalid, Refused

Read = TypeVar("Read")

#: What of a party stands in the sealed column ``details``.
DETAILS: Final = (
    "given_name",
    "family_name",
    "aliases",
    "weak_aliases",
    "birth_dates",
    "gender",
    "countries",
    "identifiers",
    "addresses",
)
MOST_SEARCH_WORDS: Final = 8


def columns_of(party: PartyInput) -> dict[str, Any]:
    """Return a party as the columns of its row; a person's in the sealed ones only."""
    held = asdict(party)
    person = party.kind == "person"
    numbers = {number.kind: number.value for number in party.identifiers}
    return {
        "reference": party.reference,
        "kind": party.kind,
        "schema": party.schema or ("Person" if person else "Organization"),
        "name_plain": "" if person else party.name,
        "name_sealed": party.name if person else None,
        "details": json.dumps({name: held[name] for name in DETAILS}, ensure_ascii=False, sort_keys=True),
        "country": "" if person else next(iter(party.countries), "")[:8],
        "registration": "" if person else numbers.get("registration", ""),
        "lei": "" if person else numbers.get("lei", ""),
    }


def party_of(row: Counterparty) -> PartyInput:
    """Return a row as the party it stands for, opened in memory."""
    details = json.loads(str(row.details))
    many = {
        name: tuple(details[name])
        for name in ("aliases", "weak_aliases", "birth_dates", "countries", "addresses")
    }
    return PartyInput(
        reference=row.reference,
        kind="person" if row.kind == Kind.PERSON else "organisation",
        name=row.name,
        schema=row.schema,
        given_name=details["given_name"],
        family_name=details["family_name"],
        gender=details["gender"],
        identifiers=tuple(IdentifierInput(**number) for number in details["identifiers"]),
        **many,
    )


def whole(party: PartyInput) -> PartyInput:
    """Return a party with its schema said, so that it has one digest whether it was read or stored."""
    schema = party.schema or ("Person" if party.kind == "person" else "Organization")
    return PartyInput(**{one.name: getattr(party, one.name) for one in fields(party)} | {"schema": schema})


def mark_of(key: bytes, party: PartyInput) -> str:
    """Return the keyed digest by which a change of a party is noticed.

    :param key: the tenant's key of blind indexes.
    """
    return blind(key, "party", whole(party).digest).hex()


def tokens_of(key: bytes, party: PartyInput) -> set[bytes]:
    """Return what the blind index keeps of a party: the words of all its names, and its numbers."""
    words = {word for name in (party.name, *party.aliases, *party.weak_aliases) for word in tokens(name)}
    numbers = {identifier(number.value) for number in party.identifiers} - {""}
    return {blind(key, "name", word) for word in words} | {blind(key, "number", number) for number in numbers}


def typed(text: str) -> str:
    """Return what somebody searched for without signs that no text may hold and no database takes."""
    return "".join(sign for sign in text if unicodedata.category(sign) not in {"Cc", "Cs"}).strip()


def asked(key: bytes, text: str) -> tuple[list[bytes], bytes | None]:
    """Return what a search asks the blind index for: each word of it, or all of it as one number."""
    words = sorted(tokens(text))[:MOST_SEARCH_WORDS]
    number = identifier(text)
    return [blind(key, "name", word) for word in words], blind(key, "number", number) if number else None


def require_right(actor: Actor, name: str) -> None:
    """Refuse a form or a list without personal data to somebody who could not use it.

    :raises Refused: when the actor does not hold the permission.
    """
    if name not in actor.may:
        raise Refused(f"Your role does not allow this ({name}).", todo="Ask an administrator if you need it.")


# ---------------------------------------------------------------- what people type


def _fit(field: str, reader: Callable[[str], Read], value: str) -> Read:
    try:
        return reader(value)
    except cells.UnfitError as unfit:
        raise Invalid(
            f"The {field.replace('_', ' ')} {unfit}.", todo="Correct it and try again.", where=field
        ) from None


def require_number(kind: str, value: str) -> str:
    """Return a number in its normal spelling.

    :param kind: a key of ``IDENTIFIER_PROPERTIES``.
    :raises Invalid: saying which kind of number is not one, and why; the number itself is never repeated.
    """
    try:
        return cells.number(kind, value)
    except cells.UnfitError as unfit:
        raise Invalid(
            f"The number ({kind}) {unfit}.", todo="Correct it and try again.", where="identifiers"
        ) from None


def _each(field: str, reader: Callable[[str], str], values: Iterable[str]) -> tuple[str, ...]:
    kept = [_fit(field, reader, value) for value in values if value.strip()]
    if len(kept) > cells.MOST_VALUES:
        raise Invalid(f"There are more than {cells.MOST_VALUES} values.", todo="Leave some out.", where=field)
    return tuple(dict.fromkeys(kept))


def require_party(given: Mapping[str, Any]) -> PartyInput:
    """Return a party out of what a person or a program wrote, in the form in which all parties are kept.

    :param given: the fields of :class:`PartyInput`; identifiers as (kind, value) pairs.
    :raises Invalid: naming the field that does not fit; the value itself is never repeated.
    """
    kind = _fit("kind", cells.kind_of, str(given.get("kind", "")))
    schema = str(given.get("schema") or "")
    described = schema_named(schema) if schema else None
    if schema and (described is None or described.is_a("Person") != (kind == Kind.PERSON)):
        raise Invalid("This kind of entity does not fit.", todo="Leave it out.", where="schema")
    births = _each("birth_dates", cells.day, given.get("birth_dates", ()))
    if births and kind != Kind.PERSON:
        raise Invalid("An organisation has no birth date.", todo="Leave it out.", where="birth_dates")
    numbers = set()
    for number_kind, value in given.get("identifiers", ()):
        if number_kind not in IDENTIFIER_PROPERTIES:
            raise Invalid(
                "There is no such kind of number.", todo="Choose one of the list.", where="identifiers"
            )
        if str(value).strip():
            numbers.add(IdentifierInput(number_kind, require_number(number_kind, str(value))))
    gender = str(given.get("gender") or "")
    given_name, family_name = (str(given.get(field) or "") for field in ("given_name", "family_name"))
    return PartyInput(
        reference=_fit("reference", cells.naming, str(given.get("reference") or "")),
        kind="person" if kind == Kind.PERSON else "organisation",
        name=_fit("name", cells.naming, str(given.get("name") or "")),
        schema=schema,
        given_name=_fit("given_name", cells.naming, given_name) if given_name else "",
        family_name=_fit("family_name", cells.naming, family_name) if family_name else "",
        aliases=_each("aliases", cells.naming, given.get("aliases", ())),
        weak_aliases=_each("weak_aliases", cells.naming, given.get("weak_aliases", ())),
        birth_dates=births,
        gender=_fit("gender", cells.gender, gender) if gender else "",
        countries=_each("countries", cells.country, given.get("countries", ())),
        identifiers=tuple(sorted(numbers)),
        addresses=_each("addresses", cells.clean, given.get("addresses", ())),
    )


def differing(before: PartyInput, after: PartyInput) -> list[str]:
    """Return the names of the fields in which two states of a party differ; no values."""
    return [one.name for one in fields(PartyInput) if getattr(before, one.name) != getattr(after, one.name)]


# ---------------------------------------------------------------- what an import would do


def require_offered(held: Import) -> None:
    """Refuse a file with which somebody has dealt already.

    :raises Clash: unless it waits for somebody to take it in or to discard it.
    """
    if held.state == ImportState.TAKEN:
        raise Clash("This file was taken in already.", todo="There is nothing to do.")
    if held.state == ImportState.DISCARDED:
        raise Clash("This file was discarded.", todo="Bring it in anew if you need it after all.")


@dataclass(frozen=True, slots=True)
class Known:
    """What an import must know of a party that is here already."""

    id: UUID
    kind: str
    mark: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What an import would do to the register, complete before anything is written.

    :param shown: digest of all of it; what a person confirms is exactly this.
    """

    new: tuple[PartyInput, ...]
    changed: tuple[PartyInput, ...]
    unchanged: int
    owners: tuple[OwnershipInput, ...]
    rejects: tuple[Reject, ...]
    notices: tuple[Reject, ...]
    counts: Mapping[str, int]
    shown: str


#: The import that does nothing.
NOTHING: Final = Settled((), (), 0, (), (), (), {}, "")


def settle(plan: ImportPlan, known: Mapping[str, Known], mark: Callable[[PartyInput], str]) -> Settled:
    """Hold a plan against the register: who is new, who changed, who cannot be taken in.

    A reference that is here already brings the party up to date; one that turns a person into an
    organisation, or the other way round, is refused, since it would be somebody else.
    """
    new, changed, refused, unchanged = [], [], set(), 0
    for party in plan.parties:
        before = known.get(party.reference)
        if before is None:
            new.append(party)
        elif before.kind != party.kind:
            refused.add(party.reference)
        elif before.mark != mark(party):
            changed.append(party)
        else:
            unchanged += 1
    owners = tuple(link for link in plan.owners if not {link.owner, link.owned} & refused)
    rejects = [*plan.rejects]
    rejects += [
        Reject(0, "kind", "is a person here and an organisation there; the reference must be somebody else's")
        for _ in refused
    ]
    counts = {
        **plan.counts,
        "new": len(new),
        "changed": len(changed),
        "unchanged": unchanged,
        "refused": len(refused),
        "links_new": len(owners),
    }
    parts: Sequence[Any] = (
        [[party.digest for party in new], [party.digest for party in changed], unchanged],
        [[link.owner, link.owned, link.role, -1 if link.share is None else link.share] for link in owners],
        [[one.line, one.field, one.why] for one in rejects],
    )
    shown = hashlib.sha256(canonical([list(part) for part in parts])).hexdigest()
    return Settled(tuple(new), tuple(changed), unchanged, owners, tuple(rejects), plan.notices, counts, shown)
