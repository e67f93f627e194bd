"""What OFAC writes into the last column of its lists: birth dates, documents, numbers, weak names, links.

Rules it obeys: pieces are divided by semicolons; each piece is read by how it begins; a piece that is not
understood goes to the notes word for word. Names in quotation marks are weak: OFAC itself says they alone
prove nothing.
"""

from __future__ import annotations

import re

from muniment.sources.formats.countries import country_code
from muniment.sources.formats.listed import Entry, person_names, year_span

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
    "nov": 11, "dec": 12,
}  # fmt: skip
_DATE = re.compile(r"(?:(?:([0-9]{1,2}) )?([A-Z][a-z]{2}) )?([0-9]{4})")
_WEAK = re.compile(r"[afn]\.k\.a\. ['\"](.{1,300})['\"]", re.DOTALL)
_DOCUMENT = re.compile(
    r"(?P<label>[^0-9]{0,80}?"
    r"(?:No\.|Number|ID|#|Passport|Identification|Registry|Document|IMO|Code|BIC|Card|INN)"
    r"(?: (?:No\.|Number|#))?)[ :]+(?P<number>[^\s(][^(]{0,80}?)"
    r"(?: \((?P<country>[^)]{1,60})\))?(?P<rest> (?:issued|expires|alt\.|;).{0,120})?"
)
_SINCE = (
    ("Organization", "Organization Established Date ", "incorporationDate"),
    ("Airplane", "Aircraft Manufacture Date ", "buildDate"),
)
_PLACES = {"nationality": "nationality", "citizen": "citizenship"}
_BY_LABEL = (
    ("passport", "passportNumber"),
    ("imo", "imoNumber"),
    ("tax id", "taxNumber"),
    ("v.a.t", "vatCode"),
    ("swift", "swiftBic"),
    ("legal entity number", "leiCode"),
    ("d-u-n-s", "dunsCode"),
)
_FORMS = {
    "imoNumber": re.compile(r"[0-9]{7}"),
    "leiCode": re.compile(r"[0-9A-Z]{20}"),
    "email": re.compile(r"[^@\s]{1,100}@[^@\s]{1,100}\.[a-z]{2,20}"),
    "website": re.compile(r"\S{4,300}"),
}
_COMPANY_LABELS = (
    "registration", "company", "commercial", "registry", "license", "business", "matricula", "folio",
    "c.r.", "nit", "ruc", "rif",
)  # fmt: skip
_STARTS = (
    ("MMSI ", {"Vessel": "mmsi"}),
    ("Aircraft Model ", {"Airplane": "model"}),
    ("Aircraft Tail Number ", {"Airplane": "registrationNumber"}),
    ("Aircraft Manufacturer's Serial Number (MSN) ", {"Airplane": "serialNumber"}),
    ("Email Address ", {"Person": "email", "Organization": "email"}),
    ("Website ", {"Person": "website", "Organization": "website"}),
    ("Former Vessel Flag ", {"Vessel": "pastFlags"}),
    ("Gender ", {"Person": "gender"}),
)


def read_remarks(entry: Entry, remarks: str) -> None:
    """Write what the remarks say into an entry."""
    for piece in _pieces(remarks):
        text = piece.removeprefix("alt. ")
        if not (_place_or_date(entry, text) or _simple(entry, text) or _document(entry, text)):
            entry.add("notes", piece)


def _pieces(remarks: str) -> list[str]:
    pieces = [piece.strip() for piece in remarks.split(";")]
    if pieces:
        pieces[-1] = pieces[-1].removesuffix(".")
    return [piece for piece in pieces if piece]


def _place_or_date(entry: Entry, text: str) -> bool:
    weak = _WEAK.fullmatch(text)
    if weak:
        entry.add("weakAlias", person_names(weak[1])[0] if entry.schema == "Person" else weak[1])
        return True
    if entry.schema == "Person":
        return _birth(entry, text)
    for schema, start, prop in _SINCE:
        if entry.schema == schema and text.startswith(start):
            dates = read_dates(text.removeprefix(start))
            entry.add(prop, *dates)
            return bool(dates)
    return False


def _birth(entry: Entry, text: str) -> bool:
    word, _, rest = text.partition(" ")
    if word == "DOB":
        dates = read_dates(rest)
        entry.add("birthDate", *dates)
        # The words stay too where they say more than the dates made of them: "circa", ranges.
        if not dates or len(rest) > 11 or "circa" in rest:
            entry.add("notes", text)
    elif word == "POB":
        entry.add("birthPlace", rest)
        entry.add("birthCountry", country_code(rest.rpartition(",")[2]))
    elif word in _PLACES:
        entry.add_country(_PLACES[word], rest)
    else:
        return False
    return True


def _simple(entry: Entry, text: str) -> bool:
    for start, props in _STARTS:
        if text.startswith(start) and entry.schema in props:
            prop, value = props[entry.schema], text.removeprefix(start)
            if prop == "pastFlags":
                entry.add_country(prop, value)
                return True
            if prop in _FORMS and not _FORMS[prop].fullmatch(value):
                return False
            entry.add(prop, value.lower() if prop == "gender" else value)
            return True
    return False


def _document(entry: Entry, text: str) -> bool:
    found = _DOCUMENT.fullmatch(text)
    if found is None or not any(sign.isdigit() for sign in found["number"]):
        return False
    label = found["label"].lower()
    prop = _document_property(entry.schema, label)
    if prop is None:
        return False
    number = found["number"].strip().removeprefix("IMO ")
    if prop in _FORMS and not _FORMS[prop].fullmatch(number):
        return False
    entry.add(prop, number)
    # The document's kind and issuer are evidence of their own.
    if prop != "imoNumber":
        entry.add("notes", text)
    return True


def _document_property(schema: str, label: str) -> str | None:
    if schema == "Vessel":
        return "imoNumber" if "vessel registration" in label or "imo" in label else None
    if schema == "Airplane":
        return None
    for word, prop in _BY_LABEL:
        if word in label and (prop != "passportNumber" or schema == "Person"):
            return None if prop == "imoNumber" and schema == "Person" else prop
    if schema == "Organization" and label.startswith(_COMPANY_LABELS):
        return "registrationNumber"
    return "idNumber"


def read_dates(text: str) -> tuple[str, ...]:
    """Return the dates that a remark tells, as precise as told: day, month, year; each year of a range."""
    text = text.removeprefix("circa ").strip(" .")
    first, to, last = (
        text.replace("-", " to ").partition(" to ") if text.count("-") == 1 else text.partition(" to ")
    )
    start = _date(first.removeprefix("circa "))
    if start is None:
        return ()
    if not to:
        return (start,)
    end = _date(last.removeprefix("circa "))
    if end is None:
        return ()
    return year_span(int(start[:4]), int(end[:4]))


def _date(text: str) -> str | None:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, month, year = found.groups()
    if month is None:
        return str(year)
    number = _MONTHS.get(month.lower())
    if number is None:
        return None
    if day is None:
        return f"{year}-{number:02d}"
    return f"{year}-{number:02d}-{int(day):02d}" if 1 <= int(day) <= 31 else None
