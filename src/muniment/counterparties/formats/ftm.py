"""Reads counterparties from FollowTheMoney entities, one JSON object a line.

Rules obeyed here: a line that is not sound JSON (syntax, duplicate keys, half characters, too deep, too long)
refuses the whole file with the line named, since two readers could understand it differently; an entity of a
kind we do not keep, or with an impossible value, is reported and the rest goes on. Every line is accounted
for: it becomes a party, a link, an identifier of a party, or a reject.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from muniment.counterparties.formats import cells
from muniment.counterparties.formats.owners import MISSING, settle_owners
from muniment.counterparties.formats.party import (
    IDENTIFIER_PROPERTIES,
    IdentifierInput,
    ImportPlan,
    OwnershipInput,
    PartyInput,
    Reject,
    schema_named,
)
from muniment.spine.errors import Invalid

if TYPE_CHECKING:
    from followthemoney.schema import Schema

MOST_BYTES = 200 * 1024 * 1024
MOST_LINE = 1024 * 1024
MOST_LINES = 500_000
DEEPEST = 8

_KINDS = {name: kind for kind, name in IDENTIFIER_PROPERTIES.items()}
_COUNTRY_PROPERTIES = ("nationality", "citizenship", "country", "jurisdiction", "mainCountry")
_ENDS: Mapping[str, tuple[str, str]] = {
    "Ownership": ("owner", "asset"),
    "Directorship": ("director", "organization"),
}

Properties = Mapping[str, list[str]]
Read = TypeVar("Read")


def read_ftm(raw: bytes, *, known: Collection[str] = (), most_lines: int = MOST_LINES) -> ImportPlan:
    """Read FollowTheMoney JSON lines into a plan; nothing is stored.

    :param known: references that exist already and may be named by links.
    :param most_lines: refuse files with more lines.
    :raises Invalid: when the file as a whole cannot be read; the line is named.
    """
    if not raw.strip():
        raise Invalid("The file is empty.", todo="Choose a file with one JSON object a line.")
    if len(raw) > MOST_BYTES:
        raise Invalid("The file is larger than 200 MiB.", todo="Split it.")
    reading = _Reading()
    for line, entity in _entities(raw, most_lines):
        if entity is None:
            reading.blank += 1
        else:
            reading.take(line, entity)
    return reading.plan(known)


def _entities(raw: bytes, most_lines: int) -> Iterator[tuple[int, dict[str, Any] | None]]:
    body = raw.removeprefix(b"\xef\xbb\xbf")
    for line, piece in enumerate(body.split(b"\n"), start=1):
        where = f"line {line}"
        if line > most_lines:
            raise Invalid(f"The file has more than {most_lines} lines.", todo="Split it.", where=where)
        if not piece.strip():
            yield line, None
            continue
        if len(piece) > MOST_LINE:
            raise Invalid("A line is longer than 1 MiB.", where=where)
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"line {line}, byte {error.start}"
            raise Invalid("The file is not UTF-8.", todo="Save it as UTF-8.", where=where) from None
        yield line, _parsed(text, where)


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_short_int)
        _sound(value, 0)
    except RecursionError:
        raise Invalid("A line is nested too deeply.", where=where) from None
    except _UnsoundError as error:
        raise Invalid(str(error), where=where) from None
    except ValueError:
        raise Invalid("A line is not JSON.", todo="Give one JSON object a line.", where=where) from None
    if not isinstance(value, dict):
        raise Invalid("A line is not a JSON object.", todo="Give one entity a line.", where=where)
    return value


class _UnsoundError(ValueError):
    """JSON that two readers could understand differently."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _UnsoundError("An object names the same key twice.")
    return found


def _no_constant(_text: str) -> Any:
    raise _UnsoundError("NaN and infinities are not JSON.")


def _short_int(text: str) -> int:
    if len(text) > 17:
        raise _UnsoundError("A number is too long to be kept exactly.")
    return int(text)


def _sound(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise _UnsoundError("A line is nested too deeply.")
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise _UnsoundError("A text holds half a character.")
    elif isinstance(value, dict):
        for key, member in value.items():
            _sound(key, depth + 1)
            _sound(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _sound(member, depth + 1)


class _FaultError(Exception):
    """Why one entity is not taken: the field and the reason."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(why)
        self.place = place
        self.why = why


@dataclass
class _Reading:
    """One file being read: what came of its lines so far."""

    rows: int = 0
    blank: int = 0
    accepted: int = 0
    rejected: int = 0
    parties: dict[str, PartyInput] = field(default_factory=dict)
    claims: list[OwnershipInput] = field(default_factory=list)
    papers: list[tuple[int, str, IdentifierInput]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    idents: set[str] = field(default_factory=set)

    def take(self, line: int, entity: dict[str, Any]) -> None:
        """Read one entity into a party, a link or an identifier, or into rejects."""
        self.rows += 1
        try:
            self._take(line, entity)
        except _FaultError as fault:
            self.rejected += 1
            self.rejects.append(Reject(line, fault.place, fault.why))

    def _take(self, line: int, entity: dict[str, Any]) -> None:
        ident = _guarded("id", cells.naming, entity.get("id"))
        if ident in self.idents:
            raise _FaultError("id", "is used by an earlier line")
        named = entity.get("schema")
        schema = schema_named(named) if isinstance(named, str) else None
        if schema is None:
            raise _FaultError("schema", "is not known to FollowTheMoney")
        properties = _properties(entity.get("properties"), schema)
        if schema.is_a("LegalEntity"):
            self.parties[ident] = _party(ident, schema, properties)
            self.accepted += 1
        elif schema.name in _ENDS:
            self._links(line, schema.name, properties)
        elif schema.is_a("Identification"):
            self._paper(line, schema, properties)
        else:
            raise _FaultError("schema", "is a kind of entity that is not imported")
        self.idents.add(ident)

    def _links(self, line: int, schema: str, properties: Properties) -> None:
        first, second = _ENDS[schema]
        stated = properties.get("percentage", [])
        if len(stated) > 1:
            raise _FaultError("percentage", "is given more than once")
        share = _guarded("percentage", cells.share, stated[0]) if stated else None
        pairs = [(a, b) for a in properties.get(first, ()) for b in properties.get(second, ())]
        if len(pairs) != 1:
            raise _FaultError(first, "does not name exactly one party on each side")
        owner = _guarded(first, cells.naming, pairs[0][0])
        owned = _guarded(second, cells.naming, pairs[0][1])
        role = "owner" if schema == "Ownership" else "director"
        self.claims.append(OwnershipInput(owner, owned, share, role, line))  # type: ignore[arg-type]  # both are roles

    def _paper(self, line: int, schema: Schema, properties: Properties) -> None:
        holders = properties.get("holder", [])
        numbers = properties.get("number", []) or properties.get("passportNumber", [])
        if len(holders) != 1 or not numbers:
            raise _FaultError("holder", "does not name exactly one holder and a number")
        kind = "passport" if schema.is_a("Passport") else "id"
        for value in numbers:
            text = _guarded("number", partial(cells.number, kind), value)
            self.papers.append((line, holders[0], IdentifierInput(kind, text)))

    def plan(self, known: Collection[str]) -> ImportPlan:
        """Attach identifiers to their holders, settle the links and close the books."""
        good: set[int] = set()
        for line, holder, identifier in self.papers:
            party = self.parties.get(holder)
            if party is None:
                continue
            good.add(line)
            merged = tuple(sorted({*party.identifiers, identifier}))
            self.parties[holder] = replace(party, identifiers=merged)
        lost = sorted({line for line, _, _ in self.papers} - good)
        self.rejects += [Reject(line, "holder", MISSING) for line in lost]
        owners, refused, rings = settle_owners(self.claims, {*self.parties, *known})
        return ImportPlan(
            parties=tuple(self.parties.values()),
            owners=tuple(owners),
            rejects=tuple(sorted(self.rejects + refused)),
            notices=tuple(rings),
            counts={
                "rows": self.rows,
                "accepted": self.accepted + len(good) + len(owners),
                "rejected": self.rejected + len(lost) + len(refused),
                "blank": self.blank,
                "links": len(self.claims),
                "links_accepted": len(owners),
                "links_rejected": len(refused),
            },
        )


def _properties(given: Any, schema: Schema) -> Properties:
    if not isinstance(given, dict):
        raise _FaultError("properties", "are missing")
    found: dict[str, list[str]] = {}
    for name, values in given.items():
        if name not in schema.properties:
            continue
        if not isinstance(values, list) or len(values) > cells.MOST_VALUES:
            raise _FaultError("properties", f"are not lists of up to {cells.MOST_VALUES} texts")
        for value in values:
            if not isinstance(value, str):
                raise _FaultError(name, "is not text")
            text = _guarded(name, cells.clean, value)
            if text:
                found.setdefault(name, []).append(text)
    return found


def _party(ident: str, schema: Schema, properties: Properties) -> PartyInput:
    person = schema.is_a("Person")

    def every(reader: Callable[[str], str], *names: str) -> tuple[str, ...]:
        values = [_guarded(name, reader, value) for name in names for value in properties.get(name, ())]
        return tuple(dict.fromkeys(values))

    names = every(cells.naming, "name", "alias", "previousName")
    if not names:
        raise _FaultError("name", "is empty")
    identifiers = {
        IdentifierInput(kind, _guarded(name, partial(cells.number, kind), value))
        for name, kind in _KINDS.items()
        for value in properties.get(name, ())
    }
    return PartyInput(
        reference=ident,
        kind="person" if person else "organisation",
        name=names[0],
        schema=schema.name,
        given_name=next(iter(every(cells.naming, "firstName")), ""),
        family_name=next(iter(every(cells.naming, "lastName")), ""),
        aliases=names[1:],
        weak_aliases=every(cells.naming, "weakAlias"),
        birth_dates=every(cells.day, "birthDate"),
        gender=next(iter(every(cells.gender, "gender")), ""),
        countries=every(cells.country, *_COUNTRY_PROPERTIES),
        identifiers=tuple(sorted(identifiers)),
        addresses=every(cells.clean, "address"),
    )


def _guarded(place: str, reader: Callable[[str], Read], value: Any) -> Read:
    if not isinstance(value, str):
        raise _FaultError(place, "is not text")
    try:
        return reader(value)
    except cells.UnfitError as unfit:
        raise _FaultError(place, str(unfit)) from None
