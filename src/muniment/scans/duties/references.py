"""Resolves "Article 6(4)", "paragraph 1, point (b)" and acts named in words to identifiers.

A pointer inside the act is resolved only when the provision exists there; a pointer to another act names
its CELEX number as far as the number can be told from the words, and never guesses.
"""

from __future__ import annotations

import re

_LIST = r"(?:\s*(?:,|and|or|to)\s*(?:and\s+|or\s+)?)"
_ARTICLE = r"\d{1,3}[a-z]?"
_PARAGRAPH = r"\(\d{1,2}[a-z]?\)"
_ITEM = rf"{_ARTICLE}(?:{_PARAGRAPH})?"
_POINTS = (
    r"points?\s+\([a-z0-9]{1,4}\)(?:\([ivx]+\))?(?:(?:\s*,\s*|\s+and\s+|\s+or\s+|\s+to\s+)\([a-z0-9]{1,4}\))*"
)
_ACT = (
    r"(?P<kind>Regulation|Directive|Decision)\s+(?:\((?P<body>EU|EC|EEC)\)\s+)?(?P<no>No\s+)?"
    r"(?P<first>\d{2,4})/(?P<second>\d{1,4})(?:/(?P<tail>EU|EC|EEC|JHA))?"
)
REFERENCE = re.compile(
    rf"(?:Articles?\s+(?P<articles>{_ITEM}(?:{_LIST}{_ITEM})*)|[Pp]aragraphs?\s+(?P<paragraphs>\d{{1,2}}[a-z]?"
    rf"(?:{_LIST}\d{{1,2}}[a-z]?)*))"
    rf"(?:,?\s+(?:(?:first|second|third|fourth)\s+(?:sub)?paragraph,?\s*)?(?:of\s+)?(?P<points>{_POINTS}))?"
    rf"(?P<of>(?:,?\s+(?:first|second|third|fourth|fifth)\s+(?:sub)?paragraph)?,?\s+of\s+(?:{_ACT}|"
    rf"(?P<here>this\s+(?:Regulation|Directive|Article))|(?P<that>that\s+(?:Regulation|Directive|Article))))?"
    rf"|{_ACT.replace('?P<', '?P<alone_')}",
)


def celex(kind: str, body: str | None, number: str | None, first: str, second: str) -> str | None:
    """Return the CELEX number of an act named in words, or ``None`` when the year cannot be told apart.

    "Regulation (EU) No 1024/2013" counts number/year, "Directive 2013/36/EU" and "Regulation (EU) 2016/679"
    year/number (Interinstitutional style guide, numbering since 2015).
    """
    letter = {"Regulation": "R", "Directive": "L", "Decision": "D"}[kind]
    year, ordinal = (second, first) if number else (first, second)
    if kind == "Regulation" and not number and body == "EC":
        year, ordinal = second, first
    if len(year) == 2:
        year = "19" + year
    if len(year) != 4 or not 1950 <= int(year) <= 2100:
        return None
    return f"3{year}{letter}{int(ordinal):04d}"


def resolve(
    text: str,
    *,
    act: str,
    eid: str,
    known: frozenset[str],
) -> list[tuple[int, int, str, str | None]]:
    """Find the pointers in a text: start, end, act, provision.

    :param act: CELEX of the act the text stands in.
    :param eid: the provision the text stands in, so that "paragraph 4" finds its article.
    :param known: identifiers that exist in the act; nothing outside it is returned for the act itself.
    """
    found: list[tuple[int, int, str, str | None]] = []
    for match in REFERENCE.finditer(text):
        if match["alone_kind"]:
            number = celex(*(match["alone_" + name] for name in ("kind", "body", "no", "first", "second")))
            if number is not None:
                found.append((match.start(), match.end(), number, None))
            continue
        target: str | None = act
        if match["kind"]:
            target = celex(*(match[name] for name in ("kind", "body", "no", "first", "second")))
        if target is None or match["that"]:
            continue
        here = target == act
        for address in _addresses(match, eid.split(".", maxsplit=1)[0]):
            resolved = _existing(address, known) if here else address
            found.append((match.start(), match.end(), target, resolved))
    return found


def _existing(address: str, known: frozenset[str]) -> str | None:
    return address if address in known else None


def _addresses(match: re.Match[str], article: str) -> list[str]:
    if match["paragraphs"]:
        bases = [f"{article}.par_{one}" for one in re.findall(r"\d{1,2}[a-z]?", match["paragraphs"])]
    else:
        bases = [
            f"art_{number}" + (f".par_{paragraph}" if paragraph else "")
            for number, paragraph in re.findall(r"(\d{1,3}[a-z]?)(?:\((\d{1,2}[a-z]?)\))?", match["articles"])
        ]
    if match["points"] and bases:
        letters = re.findall(r"\(([a-z0-9]{1,4})\)", match["points"])
        bases = [*bases[:-1], *(f"{bases[-1]}.pnt_{letter}" for letter in letters)]
    return bases
