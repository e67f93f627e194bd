"""Reads single values: names, dates, countries, numbers, shares; refuses what cannot be meant.

Rules obeyed here: every refusal is a `UnfitError` whose words say what is wanted and never repeat a value that
may be personal (a percentage out of bounds is repeated, the length of a number is said); text is composed (NFC),
trimmed, free of control signs; a cell a spreadsheet would run as a formula is recognised by its first sign
(OWASP, CSV injection) and, where it names somebody, refused.
"""

from __future__ import annotations

import datetime
import re
import unicodedata

from rigour.ids import IMO, LEI
from rigour.territories import lookup_territory

LONGEST_FIELD = 10_000
LONGEST_NAME = 500
LONGEST_NUMBER = 64
MOST_VALUES = 200

_FORMULA = frozenset("=+-@\t\r")
_BLANKS = re.compile(r"\s+")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_POINTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SHARE = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?")
_HELD = re.compile(r"(?P<reference>.+?)(?:\s*[:(\s]\s*(?P<share>\d{1,3}(?:[.,]\d{1,2})?)\s*%\s*\)?)?")
_TAIL = re.compile(r".+?[:(\s]\s*\S*\s*%\s*\)?")
"""A reference with something after it, up to a percent sign, that stands where a share should."""
_BARE = re.compile(r"[\d.,\-]{1,12}")
WANTED_SHARE = "write a number from 0 to 100 with at most two decimals, such as 25.5%"
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
"""ISO 17442-1: eighteen letters and digits, then two check digits."""
_NUMBER = re.compile(r"[\w./\- ]+")
_PERSONS = frozenset({"person", "individual", "natural person", "natural", "p", "human"})
_FIRMS = frozenset(
    {
        "organisation",
        "organization",
        "company",
        "legal entity",
        "entity",
        "firm",
        "o",
        "c",
        "legal",
        "corporate",
    }
)


class UnfitError(ValueError):
    """Why one value is not taken; its words go into the reject report."""


def starts_formula(value: str) -> bool:
    """Say whether a spreadsheet would run this cell, because exports and imports must not carry programs."""
    bare = value.lstrip(" \ufeff\u00a0")
    return bool(bare) and (bare[0] in _FORMULA or unicodedata.normalize("NFKC", bare[0]) in _FORMULA)


def neutral(value: str) -> str:
    """Return the cell fit for an exported table: what would run gets an apostrophe in front (OWASP)."""
    return f"'{value}" if starts_formula(value) else value


def clean(value: str) -> str:
    """Return text composed, trimmed and with single blanks.

    :raises UnfitError: for NUL, other control or undefined signs, lone surrogates or more than 10,000 signs.
    """
    if len(value) > LONGEST_FIELD:
        raise UnfitError(f"is longer than {LONGEST_FIELD} signs")
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", value)).strip()
    for sign in text:
        if unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"}:
            raise UnfitError("holds signs that are not text")
    return text


def naming(value: str) -> str:
    """Return a name or reference.

    :raises UnfitError: when it is empty, over-long, without a letter or digit, or would run as a formula.
    """
    if starts_formula(value):
        raise UnfitError("begins with a sign that spreadsheets run as a formula")
    text = clean(value)
    if not text:
        raise UnfitError("is empty")
    if len(text) > LONGEST_NAME:
        raise UnfitError(f"is longer than {LONGEST_NAME} signs")
    if not any(sign.isalnum() for sign in text):
        raise UnfitError("holds no letter or digit")
    return text


def several(value: str) -> list[str]:
    """Split a cell that holds several values at `;`, `|` or line ends.

    :raises UnfitError: for more than 200 values.
    """
    parts = [part for part in re.split(r"[;|\n]", value) if part.strip()]
    if len(parts) > MOST_VALUES:
        raise UnfitError(f"holds more than {MOST_VALUES} values")
    return parts


def day(value: str) -> str:
    """Return a date as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; `DD.MM.YYYY` is understood.

    :raises UnfitError: for other spellings (03/04/1970 has two meanings) and days that never were.
    """
    text = clean(value)
    pointed = _POINTED.fullmatch(text)
    if pointed:
        text = f"{pointed[3]}-{int(pointed[2]):02d}-{int(pointed[1]):02d}"
    found = _DATE.fullmatch(text)
    if not found or not text.isascii():
        raise UnfitError("is not a date; write YYYY-MM-DD, YYYY-MM or YYYY")
    try:
        datetime.date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        raise UnfitError("is a day that never was") from None
    if not 1850 <= int(found[1]) <= 2100:
        raise UnfitError("is a year outside 1850 to 2100")
    return text


def country(value: str) -> str:
    """Return the two-letter code of a country given by code or name.

    :raises UnfitError: when nobody knows the country.
    """
    text = clean(value)
    found = lookup_territory(text) if text else None
    code = found.ftm_country if found is not None else None
    if not code:
        raise UnfitError("is not a country; write its code or its English name, such as DE or Germany")
    return code


def number(kind: str, value: str) -> str:
    """Return an identifier in its normal spelling.

    :param kind: a key of `party.IDENTIFIER_PROPERTIES`.
    :raises UnfitError: for wrong check digits (LEI, IMO), odd signs or more than 64 of them.
    """
    text = clean(value)
    if len(text) > LONGEST_NUMBER:
        raise UnfitError(f"has {len(text)} signs; a number has at most {LONGEST_NUMBER}")
    if not _NUMBER.fullmatch(text):
        raise UnfitError(
            "holds signs that are no part of a number; write letters, digits, blanks and . / - _ only"
        )
    if kind in {"lei", "imo"}:
        form = LEI if kind == "lei" else IMO
        plain = form.normalize(text) or text
        # The library's check of an LEI is of its check digits alone, which one text in 97 fits, of any length.
        if not form.is_valid(text) or (kind == "lei" and not _LEI.fullmatch(plain)):
            raise UnfitError(_unfit_code(kind, text))
        text = plain
    return text


def _unfit_code(kind: str, text: str) -> str:
    found = sum(sign.isalnum() for sign in text.upper().removeprefix("IMO" if kind == "imo" else ""))
    name, length, signs = ("LEI", 20, "letters and digits") if kind == "lei" else ("IMO number", 7, "digits")
    if found != length:
        return f"has {found} {signs if kind == 'lei' else 'signs'} where an {name} has {length} {signs}"
    return f"is no {name}: its check digits do not fit the rest; compare it with the paper it was copied from"


def share(value: str) -> int:
    """Return a percentage as hundredths of a percent.

    :raises UnfitError: when it is not a percentage from 0 to 100 with at most two decimals.
    """
    text = clean(value)
    shown = text.rstrip("% ")
    found = _SHARE.fullmatch(text)
    if not found:
        was = f"is “{shown} %”, which is" if _BARE.fullmatch(shown) else "is"
        raise UnfitError(f"{was} not a share; {WANTED_SHARE}")
    whole = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if whole > 10_000:
        raise UnfitError(f"is “{shown} %”, which is more than the whole; {WANTED_SHARE}")
    return whole


def held(value: str) -> tuple[str, int | None]:
    """Return reference and share out of `C-002`, `C-002 60%`, `C-002: 60 %` or `C-002 (60%)`.

    :raises UnfitError: when there is no reference or the share is impossible.
    """
    text = naming(value)
    found = _HELD.fullmatch(text)
    if not found:
        raise UnfitError("is not a reference with a percentage")
    stated = found["share"]
    if stated is None and _TAIL.fullmatch(text):
        tail = re.split(r"[:(\s]", text)[-1].rstrip(")% ")
        was = f"“{tail} %”" if _BARE.fullmatch(tail) else "something that is no number"
        raise UnfitError(f"has {was} where the share should stand; {WANTED_SHARE}")
    return found["reference"].strip(), None if stated is None else share(stated)


def kind_of(value: str) -> str:
    """Return `person` or `organisation`.

    :raises UnfitError: for any other word.
    """
    text = clean(value).casefold()
    if text in _PERSONS:
        return "person"
    if text in _FIRMS:
        return "organisation"
    raise UnfitError("is neither person nor organisation; write one of these two words")


def gender(value: str) -> str:
    """Return `male`, `female` or `other`.

    :raises UnfitError: for any other word.
    """
    text = clean(value).casefold()
    known = {"m": "male", "male": "male", "f": "female", "female": "female", "other": "other", "x": "other"}
    if text not in known:
        raise UnfitError("is none of male, female, other; m, f and x are understood too")
    return known[text]
