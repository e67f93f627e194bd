"""Reader of the United Nations Security Council Consolidated List in XML.

Rules it obeys: an alias of low quality is weak; an approximate birth date counts as its year, a range as
its years; the original script is a name like any other; an entry without number or name goes to the reject
report.
"""

from __future__ import annotations

import re
from datetime import date

from muniment.sources.formats.listed import Entry, ParsedList, Reject, finished, year_span
from muniment.sources.formats.markup import Element, collapse, read_xml
from muniment.spine.errors import Invalid

EXTRACTOR = "un-xml/1"

_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_DAY = re.compile(r"([0-9]{4})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])", re.ASCII)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)
_QUALITY = {"low": "weakAlias", "f.k.a.": "previousName"}


def parse(content: bytes) -> ParsedList:
    """Read the UN list.

    Why it matters: its sanctions bind every member state; screening must see each name in each script.

    :raises Invalid: if the file is not this list, or no entry is in it.
    """
    root = read_xml(content)
    if root.tag != "CONSOLIDATED_LIST":
        raise Invalid("This is not the consolidated list of the UN Security Council.", where="line 1")
    entries: dict[str, Entry] = {}
    rejects: list[Reject] = []
    rows = {"INDIVIDUAL": 0, "ENTITY": 0}
    for tag, schema in (("INDIVIDUAL", "Person"), ("ENTITY", "Organization")):
        for member in root.iterfind(f"{tag}S/{tag}" if tag == "INDIVIDUAL" else "ENTITIES/ENTITY"):
            rows[tag] += 1
            entry, why = _entry(member, tag, schema)
            if entry is not None and entry.id in entries:
                entry, why = None, "The number was used by an earlier entry."
            if entry is None:
                rejects.append(Reject(f"line {member.sourceline}", why))
            else:
                entries[entry.id] = entry
    counts = {"rows": sum(rows.values()), "individuals": rows["INDIVIDUAL"], "organisations": rows["ENTITY"]}
    return finished(
        publisher="United Nations Security Council",
        title="United Nations Security Council Consolidated List",
        entries=entries.values(),
        counts=counts,
        rejects=rejects,
        generated=_generated(root.get("dateGenerated", "")),
        extractor=EXTRACTOR,
    )


def _entry(member: Element, tag: str, schema: str) -> tuple[Entry | None, str]:
    number = _text(member, "DATAID")
    if not (number.isascii() and number.isdecimal() and len(number) <= 12):
        return None, "The entry has no number."
    entry = Entry(f"un-{number}", schema)
    names = [_text(member, part) for part in _PARTS]
    whole = " ".join(name for name in names if name)
    if schema == "Person":
        entry.add("name", whole)
        _person(entry, member)
    else:
        # One field may hold a name and its translation, divided by semicolons.
        entry.add("name", *whole.split(";"))
    entry.add("alias", _text(member, "NAME_ORIGINAL_SCRIPT"))
    if "name" not in entry.properties:
        return None, "The entry has no name."
    for alias in member.iterfind(f"{tag}_ALIAS"):
        _alias(entry, alias)
    for address in member.iterfind(f"{tag}_ADDRESS"):
        _address(entry, address)
    entry.add("topics", "sanction")
    entry.add("program", _text(member, "UN_LIST_TYPE"))
    entry.add(
        "notes", f"Reference number {reference}" if (reference := _text(member, "REFERENCE_NUMBER")) else ""
    )
    entry.add("notes", f"Listed on {listed}" if (listed := _text(member, "LISTED_ON")) else "")
    entry.add("notes", _text(member, "COMMENTS1"))
    return entry, ""


def _person(entry: Entry, member: Element) -> None:
    entry.add("title", *_values(member, "TITLE"))
    entry.add("position", *_values(member, "DESIGNATION"))
    entry.add("gender", _text(member, "GENDER").lower())
    entry.add_country("nationality", *_values(member, "NATIONALITY"))
    for birth in member.iterfind("INDIVIDUAL_DATE_OF_BIRTH"):
        _birth(entry, birth)
    for place in member.iterfind("INDIVIDUAL_PLACE_OF_BIRTH"):
        parts = [_text(place, part) for part in ("STREET", "CITY", "STATE_PROVINCE", "COUNTRY")]
        entry.add("birthPlace", ", ".join(part for part in parts if part))
        entry.add_country("birthCountry", _text(place, "COUNTRY"))
        entry.add("notes", _text(place, "NOTE"))
    for document in member.iterfind("INDIVIDUAL_DOCUMENT"):
        _document(entry, document)


def _birth(entry: Entry, birth: Element) -> None:
    kind = _text(birth, "TYPE_OF_DATE").upper()
    day = _DAY.fullmatch(_text(birth, "DATE")[:10])
    years = [year for year in (_text(birth, "YEAR"), *([day[1]] if day else [])) if _YEAR.fullmatch(year)]
    first, last = _text(birth, "FROM_YEAR"), _text(birth, "TO_YEAR")
    if _YEAR.fullmatch(first) and _YEAR.fullmatch(last):
        entry.add("birthDate", *year_span(int(first), int(last)))
        entry.add("notes", f"Born between {first} and {last}")
    elif day is not None and kind in {"EXACT", ""}:
        entry.add("birthDate", day[0])
    elif years:
        entry.add("birthDate", years[0])
        if kind != "EXACT":
            entry.add("notes", f"Born approximately {day[0] if day else years[0]}")
    entry.add("notes", _text(birth, "NOTE"))


def _document(entry: Entry, document: Element) -> None:
    number = _text(document, "NUMBER")
    kinds = [_text(document, part) for part in ("TYPE_OF_DOCUMENT", "TYPE_OF_DOCUMENT2")]
    if not number:
        entry.add("notes", " ".join([*kinds, _text(document, "NOTE")]).strip())
        return
    words = " ".join(kinds).lower()
    prop = (
        "passportNumber"
        if any(word in words for word in ("passport", "passeport", "pasaporte"))
        else "idNumber"
    )
    # Some numbers stand behind words; the words stay in the notes.
    entry.add(prop if len(number) <= 40 else "notes", number)
    issuers = [
        _text(document, part)
        for part in ("CITY_OF_ISSUE", "COUNTRY_OF_ISSUE", "ISSUING_COUNTRY", "DATE_OF_ISSUE", "NOTE")
    ]
    entry.add(
        "notes",
        ", ".join(part for part in [" ".join(kind for kind in kinds if kind), number, *issuers] if part),
    )


def _alias(entry: Entry, alias: Element) -> None:
    prop = _QUALITY.get(_text(alias, "QUALITY").lower(), "alias")
    entry.add(prop, _text(alias, "ALIAS_NAME"))
    entry.add("notes", _text(alias, "NOTE"))
    if entry.schema == "Person":
        day = _DAY.fullmatch(_text(alias, "DATE_OF_BIRTH")[:10])
        if day:
            entry.add("notes", f"Born {day[0]} under an alias")


def _address(entry: Entry, address: Element) -> None:
    parts = [_text(address, part) for part in ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")]
    text = ", ".join(part for part in parts if part)
    country = _text(address, "COUNTRY")
    if text != country:
        entry.add("address", text)
    entry.add_country("country", country)
    entry.add("notes", _text(address, "NOTE"))


def _values(member: Element, tag: str) -> list[str]:
    return [collapse(value.text or "").strip() for value in member.iterfind(f"{tag}/VALUE")]


def _text(member: Element, tag: str) -> str:
    return collapse(member.findtext(tag) or "").strip()


def _generated(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
