"""Reader of FollowTheMoney entities as JSON lines, the form in which most lists can be had.

Rules it obeys: one JSON object a line; a line that is not sound JSON makes the whole file unreadable, since
what follows it cannot be trusted; a sound line that is no known kind of party goes to the reject report;
addresses, sanctions and links between parties are counted but not listed as parties.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from followthemoney import model
from followthemoney.schema import Schema

from muniment.sources.formats.jsontext import read_json
from muniment.sources.formats.listed import Entry, ParsedList, Reject, finished
from muniment.spine.errors import Invalid

EXTRACTOR = "ftm-json/1"
MAX_BYTES = 256 * 1024 * 1024
MAX_LINE = 1024 * 1024
MAX_LINES = 2_000_000

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}", re.ASCII)


def parse(content: bytes, *, publisher: str, title: str, generated: date | None = None) -> ParsedList:
    """Read a list of FollowTheMoney entities.

    :param publisher: who published it, as the person who brings the file in says.
    :raises Invalid: if the file is not sound JSON lines, or holds no party.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES // (1024 * 1024)} MB.")
    entries: dict[str, Entry] = {}
    rejects: list[Reject] = []
    rows = others = 0
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if number > MAX_LINES:
            raise Invalid(f"The file has more than {MAX_LINES} lines.")
        if not line.strip():
            continue
        where = f"line {number}"
        told = read_json(line, limit=MAX_LINE, where=where)
        rows += 1
        entry, why = _entry(told)
        if entry is not None and entry.id in entries:
            entry, why = None, "The identifier was used by an earlier line."
        if entry is not None:
            entries[entry.id] = entry
        elif why:
            rejects.append(Reject(where, why))
        else:
            others += 1
    return finished(
        publisher=publisher,
        title=title,
        entries=entries.values(),
        counts={"rows": rows, "not_parties": others},
        rejects=rejects,
        generated=generated,
        extractor=EXTRACTOR,
    )


def _entry(told: Any) -> tuple[Entry | None, str]:
    """Return the entry, or why there is none; neither for a sound object that is no party."""
    if not isinstance(told, dict):
        return None, "The line is not an object."
    identifier, name, properties = (told.get(key) for key in ("id", "schema", "properties"))
    schema = model.get(name) if isinstance(name, str) else None
    why = ""
    if not isinstance(identifier, str) or not _ID.fullmatch(identifier):
        why = "The entity has no usable identifier."
    elif schema is None:
        why = "The schema is unknown."
    elif not isinstance(properties, dict):
        why = "The entity has no properties."
    if why or schema is None or not schema.matchable or schema.is_a("Address"):
        return None, why
    entry = Entry(str(identifier), schema.name)
    why = _fill(entry, schema, properties)
    if not why and "name" not in entry.properties:
        why = "The entity has no name."
    return (None, why) if why else (entry, "")


def _fill(entry: Entry, schema: Schema, properties: Any) -> str:
    """Write the properties; return why they are unsound, or nothing."""
    for name, told in properties.items():
        values = [told] if isinstance(told, str) else told
        prop = schema.get(name)
        if prop is None:
            return "A property does not belong to the schema."
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            return "A property holds something else than texts."
        if any("\0" in value for value in values):
            return "A property holds a NUL character."
        if not prop.stub:
            entry.add(name, *values)
    return ""
