"""What a person may write: one rule for every name, title, rationale and reason that is kept word for word.

Rules: a text is kept in NFC without surrounding space; it holds nothing that no text may hold (control characters,
halves of surrogate pairs, noncharacters) and nothing that makes a reader see other words than the ones on record
(signs that turn the direction of writing, Unicode Technical Report 36, section 2.10.2). What joins or parts letters
in Persian, Sinhala and other scripts stays.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from muniment.spine.errors import Invalid

#: Signs that end a line or set a part of it off; a text of several lines may hold them.
_BETWEEN_LINES: Final = frozenset("\t\n\r")
#: Embeddings, overrides and isolates of the direction of writing (Unicode Standard Annex 9, section 2).
_TURNING: Final = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
#: Most marks in a row above or below one letter (Unicode Standard Annex 15, section 13): more are no writing, and
#: the time that composing takes grows with their square.
MOST_MARKS: Final = 30
#: Composing turns at most so many signs into one.
_COMPOSED: Final = 4


def require_wording(
    text: str,
    *,
    called: str,
    field: str = "",
    shortest: int = 0,
    longest: int,
    lines: bool = False,
    todo: str = "",
) -> str:
    """Return what a person wrote in NFC without surrounding space, as it is kept word for word.

    Why it matters: what is signed, quoted and searched must have one form, and what an examiner reads must be what
    was written.

    :param called: what the text is, as it is named in a refusal: "rationale", "name of a person".
    :param field: the field that is meant; what the text is called when not given.
    :param shortest: least number of characters; from one on, at least one of them must be visible.
    :param longest: largest number of characters.
    :param lines: whether the text may have several lines.
    :param todo: what to do when it is missing or too short.
    :raises Invalid: when it is missing, too short, too long, or holds what no text may hold.
    """
    where = field or called
    bare = text.strip()
    if len(bare) <= _COMPOSED * longest:
        if unfit(bare, lines=lines):
            raise Invalid(
                f"The {called} holds characters that no text may hold.", todo="Type it anew.", where=where
            )
        bare = unicodedata.normalize("NFC", bare).strip()
    if len(bare) > longest:
        raise Invalid(f"The {called} is longer than {longest} characters.", todo="Shorten it.", where=where)
    if shortest and not any(map(_visible, bare)):
        raise Invalid(f"The {called} is missing.", todo=todo or "Fill it in.", where=where)
    if len(bare) < shortest:
        least = f"Write at least {shortest} characters."
        raise Invalid(f"The {called} is too short.", todo=todo or least, where=where)
    return bare


def unfit(text: str, *, lines: bool) -> bool:
    """Tell whether a text holds a sign that no text may hold, or more marks in a row than any writing has."""
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks > MOST_MARKS or _barred(sign, lines=lines):
            return True
    return False


def _barred(sign: str, *, lines: bool) -> bool:
    kind = unicodedata.category(sign)
    if kind in {"Cc", "Zl", "Zp"}:
        return not (lines and (sign in _BETWEEN_LINES or kind != "Cc"))
    return kind == "Cs" or sign in _TURNING or _is_noncharacter(ord(sign))


def _is_noncharacter(point: int) -> bool:
    """Tell whether a code point stands for nothing for ever (The Unicode Standard, section 23.7)."""
    return 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE


def _visible(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "CZM"
