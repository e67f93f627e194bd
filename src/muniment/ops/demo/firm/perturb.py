"""How a listed name turns into what a firm has in its books.

Rules: each way takes the tokens of a name and gives another spelling of it, or None when it does not apply;
nothing is drawn by chance, so the same name always gives the same spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_FORMS = (
    ("LIMITED LIABILITY COMPANY", "LLC"),
    ("JOINT STOCK COMPANY", "JSC"),
    ("PUBLIC LIMITED COMPANY", "PLC"),
    ("COMPANY LIMITED", "CO. LTD"),
    ("PRIVATE LIMITED", "PVT LTD"),
    ("LIMITED", "LTD"),
    ("CORPORATION", "CORP"),
    ("INCORPORATED", "INC"),
    ("COMPANY", "CO"),
    ("INTERNATIONAL", "INTL"),
    ("ORGANIZATION", "ORG"),
    ("GENERAL", "GEN."),
)
_ROMANISED = (
    ("MOHAMMAD", "MUHAMMED"), ("MOHAMMED", "MUHAMMAD"), ("MUHAMMAD", "MOHAMED"), ("ABDUL", "ABD AL"),
    ("HUSSEIN", "HOSSEIN"), ("HUSAYN", "HUSSEIN"), ("AHMAD", "AHMED"), ("SERGEI", "SERGEY"),
    ("SERGEY", "SERGEI"), ("ALEKSANDR", "ALEXANDER"), ("ALEXANDER", "ALEKSANDR"), ("KH", "H"), ("YU", "IU"),
    ("YEV", "EV"), ("IY", "Y"), ("EI", "EY"), ("EY", "EI"), ("OU", "U"), ("OO", "OU"), ("Q", "K"),
    ("ZH", "J"), ("CK", "K"), ("PH", "F"), ("DJ", "J"), ("TS", "C"), ("LL", "L"), ("SS", "S"), ("EE", "I"),
)  # fmt: skip
_CYRILLIC = (
    ("SHCH", "Щ"), ("ZH", "Ж"), ("KH", "Х"), ("TS", "Ц"), ("CH", "Ч"), ("SH", "Ш"), ("YU", "Ю"),
    ("YA", "Я"), ("YE", "Е"), ("YO", "Ё"), ("IY", "ИЙ"), ("EY", "ЕЙ"), ("AY", "АЙ"), ("A", "А"),
    ("B", "Б"), ("V", "В"), ("G", "Г"), ("D", "Д"), ("E", "Е"), ("Z", "З"), ("I", "И"),
    ("J", "ДЖ"), ("K", "К"), ("L", "Л"), ("M", "М"), ("N", "Н"), ("O", "О"), ("P", "П"),
    ("Q", "К"), ("R", "Р"), ("S", "С"), ("T", "Т"), ("U", "У"), ("F", "Ф"), ("H", "Х"),
    ("C", "К"), ("W", "В"), ("X", "КС"), ("Y", "Ы"), ("'", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """One way to change a listed party's particulars.

    :param name: the word the truth is recorded with.
    :param kind: "person" or "organisation".
    :param spell: gives the new name from the tokens of the listed one, or None when it does not apply.
    :param born: gives the birth date from the listed one; None leaves it as it is.
    """

    name: str
    kind: str
    spell: Callable[[list[str]], str | None]
    born: Callable[[str], str] | None = None


def tokens(name: str) -> list[str]:
    """Split a listed name; "LAST, First" is turned round first. Accents stay."""
    last, comma, first = name.partition(", ")
    whole = f"{first} {last}" if comma and "," not in first else name
    return re.findall(r"[^\s,]+", unicodedata.normalize("NFC", whole))


def latin(name: str) -> bool:
    """Tell whether a name is written in Latin letters only."""
    return all(not sign.isalpha() or "LATIN" in unicodedata.name(sign, "") for sign in name)


def cased(words: list[str]) -> str:
    """Write tokens as people write them: "IVAN PETROV" becomes "Ivan Petrov", short forms stay."""
    return " ".join(_cased(word) for word in words)


def _cased(word: str) -> str:
    if word.upper() in {"OF", "AND", "THE", "FOR"}:
        return word.lower()
    return word.title() if word.isupper() and len(word) > 3 and word.replace("-", "").isalpha() else word


def _long(words: list[str], least: int = 5) -> int | None:
    at = max(range(len(words)), key=lambda index: (len(words[index]), -index))
    return at if len(words[at]) >= least and words[at].isalpha() else None


def swapped(words: list[str]) -> str | None:
    """Swap two neighbouring letters in the longest token: a typing error."""
    at = _long(words)
    if at is None:
        return None
    word = words[at]
    for middle in (len(word) // 2, len(word) // 2 + 1, len(word) // 2 - 1):
        if middle + 1 < len(word) and word[middle].lower() != word[middle + 1].lower():
            changed = word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :]
            return cased([*words[:at], changed, *words[at + 1 :]])
    return None


def initial(words: list[str]) -> str | None:
    """Shorten the first name to its letter."""
    if len(words) < 3 or len(words[0]) < 3:
        return None
    return cased([f"{words[0][0]}.", *words[1:]])


def reordered(words: list[str]) -> str | None:
    """Put the family name first, without a comma."""
    return cased([words[-1], *words[:-1]]) if len(words) in (2, 3) else None


def cyrillic(words: list[str]) -> str | None:
    """Write the name in Cyrillic letters, sign for sign."""
    text = unicodedata.normalize("NFD", " ".join(words).upper())
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    if not re.fullmatch(r"[A-Z' ]+", text) or len(words) not in (2, 3):
        return None
    text = re.sub(r"(?<=[B-DF-HJ-NP-TV-XZ])Y\b", "IY", text)
    for ours, theirs in _CYRILLIC:
        text = text.replace(ours, theirs)
    return text.title()


def unchanged(words: list[str]) -> str | None:
    """Leave the name as it is, for a change elsewhere."""
    return cased(words) if len(words) >= 2 else None


def without_middle(words: list[str]) -> str | None:
    """Drop the second of at least three tokens."""
    return cased([words[0], *words[2:]]) if len(words) >= 3 and len(words[1]) > 3 else None


def romanised(words: list[str]) -> str | None:
    """Spell the name by another custom of romanisation."""
    whole = " ".join(words).upper()
    for one, other in _ROMANISED:
        if one in whole and len(words) >= 2:
            return whole.replace(one, other, 1).title()
    return None


def joined(words: list[str]) -> str | None:
    """Write the first two words as one."""
    if len(words) < 3 or not (words[0] + words[1]).isalpha() or min(len(words[0]), len(words[1])) < 4:
        return None
    return cased([(words[0] + words[1]).title(), *words[2:]])


def form_shortened(words: list[str]) -> str | None:
    """Shorten the form of the company: LIMITED LIABILITY COMPANY becomes LLC."""
    whole = " ".join(words)
    for long, short in _FORMS:
        if re.search(rf"\b{long}\b", whole, re.IGNORECASE) and len(words) > len(long.split()) + 1:
            return re.sub(rf"\b{long}\b", short, whole, count=1, flags=re.IGNORECASE)
    return None


def last_first(words: list[str]) -> str | None:
    """Put the last word of at least three first."""
    if len(words) < 3 or not words[-1].isalpha() or not words[0].isalpha():
        return None
    return cased([words[-1], *words[:-1]])


def lost_letter(words: list[str]) -> str | None:
    """Lose one letter of the longest token."""
    at = _long(words, 6)
    if at is None or len(words) < 2:
        return None
    word = words[at]
    return cased([*words[:at], word[: len(word) // 2] + word[len(word) // 2 + 1 :], *words[at + 1 :]])


def other_day(born: str) -> str:
    """Move a birth date: day and month change places where that gives a date, else the next day."""
    day = date.fromisoformat(born)
    if day.day <= 12 and day.day != day.month:
        return date(day.year, day.day, day.month).isoformat()
    return (day + timedelta(days=1)).isoformat()


WAYS = (
    Way("typo: two letters swapped", "person", swapped),
    Way("first name shortened to its initial", "person", initial),
    Way("family name first", "person", reordered),
    Way("written in Cyrillic", "person", cyrillic),
    Way("other birth date", "person", unchanged, other_day),
    Way("middle name dropped", "person", without_middle),
    Way("other romanisation", "person", romanised),
    Way("words joined", "organisation", joined),
    Way("company form shortened", "organisation", form_shortened),
    Way("word order changed", "organisation", last_first),
    Way("typo: one letter lost", "organisation", lost_letter),
    Way("typo: two letters swapped", "organisation", swapped),
)
