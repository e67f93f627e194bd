"""What every reader of watchlists returns: entities in FollowTheMoney form, counts and a reject report.

Rules it obeys: what came in is what went out plus what was rejected, and both are counted; identifiers are
stable over list versions; an empty list is refused, since taking it in would clear everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from muniment.sources.formats.countries import country_code
from muniment.sources.formats.markup import collapse
from muniment.spine.errors import Invalid, Refused

MAX_VALUES = 2_000
_LONGEST = 8_000


@dataclass(frozen=True, slots=True)
class ListedEntity:
    """One party on a list.

    :param id: stable over versions of the list, e.g. ``ofac-sdn-12345``.
    :param schema: FollowTheMoney schema, e.g. ``Person``.
    :param properties: FollowTheMoney property name to values, in the order of the source.
    """

    id: str
    schema: str
    properties: dict[str, list[str]]

    @property
    def caption(self) -> str:
        """The first name, or the identifier if there is none."""
        return next(iter(self.properties.get("name", [])), self.id)

    def as_ftm(self) -> dict[str, Any]:
        """Return the plain dictionary that FollowTheMoney and screening read."""
        return {
            "id": self.id,
            "schema": self.schema,
            "caption": self.caption,
            "properties": {name: list(values) for name, values in self.properties.items()},
        }


@dataclass(frozen=True, slots=True)
class Reject:
    """One line or member that could not be taken in, and why; the content is not repeated."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class ParsedList:
    """A whole list as read from one publication.

    :param counts: what came in and went out, e.g. ``rows``, ``entities``, ``rejects``, ``aliases``.
    :param generated: the publisher's own date, if the file tells it.
    :param extractor: name and version of the reader, e.g. ``ofac-csv/1``.
    """

    publisher: str
    title: str
    entities: tuple[ListedEntity, ...]
    counts: dict[str, int]
    rejects: tuple[Reject, ...]
    generated: date | None
    extractor: str


@dataclass(slots=True)
class Entry:
    """A party while it is being read: values are trimmed, empty and repeated ones left out."""

    id: str
    schema: str
    properties: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, *values: str | None) -> None:
        """Add values to a property."""
        for value in values:
            text = collapse(value or "").strip("\u00a0 ")[:_LONGEST]
            known = self.properties.setdefault(name, [])
            if text and text not in known and len(known) < MAX_VALUES:
                known.append(text)
            elif not known:
                del self.properties[name]

    def add_country(self, name: str, *values: str | None) -> None:
        """Add countries by their codes; a text that names none goes to the notes."""
        for value in values:
            text = (value or "").strip()
            if not text:
                continue
            code = country_code(text)
            if code is None:
                self.add("notes", f"{name}: {text}")
            else:
                self.add(name, code)

    def listed(self) -> ListedEntity:
        """Return the finished entity."""
        return ListedEntity(self.id, self.schema, self.properties)


def person_names(published: str) -> tuple[str, str, str]:
    """Split a person's name as lists print it: ``LAST, First`` gives ``First LAST``, first and last name.

    :returns: name in speaking order, first names, last name; the last two are empty if the name has no
        single comma.
    """
    last, comma, first = (part.strip() for part in published.partition(","))
    if not comma or not first or not last or "," in first:
        return published.strip(), "", ""
    return f"{first} {last}", first, last


def year_span(first: int, last: int) -> tuple[str, ...]:
    """Return each year of a range that a list gives for a birth date.

    A range of more than twelve years tells nothing to a comparison by year, so it gives no year at all.
    """
    if not 0 <= last - first <= 12:
        return ()
    return tuple(str(year) for year in range(first, last + 1))


def finished(
    *,
    publisher: str,
    title: str,
    entries: Iterable[Entry],
    counts: dict[str, int],
    rejects: list[Reject],
    generated: date | None,
    extractor: str,
) -> ParsedList:
    """Close a list: count it and refuse it if nothing is on it.

    :raises Invalid: if no entry could be read.
    """
    entities = tuple(entry.listed() for entry in entries)
    if not entities:
        raise Invalid(
            "The list holds no entries.", todo="Fetch it again from its publisher; the old list stays in use."
        )
    totals = {**counts, "entities": len(entities), "rejects": len(rejects)}
    return ParsedList(publisher, title, entities, totals, tuple(rejects), generated, extractor)


def shrank(previous_count: int, new_count: int) -> Refused | None:
    """Say why a new version of a list must not be taken in without a person's confirmation.

    Why it matters: a cut-off download looks like a list from which many were removed, and would clear them
    all.

    :returns: the refusal to raise or show if the list lost more than a tenth, else ``None``.
    """
    if previous_count <= 0 or new_count * 10 >= previous_count * 9:
        return None
    return Refused(
        f"The new list has {new_count} entries, the one in use {previous_count}: more than a tenth fewer.",
        todo="Check with the publisher, then confirm that the list really shrank.",
    )
