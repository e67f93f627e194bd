"""Invented legal entity identifiers with check digits that hold.

The form and the check are those of ISO 17442 (18 characters, then two check digits by ISO 7064 MOD 97-10).
"""

from __future__ import annotations

from random import Random

PREFIX = "9999"
"""No issuer of identifiers has this prefix, so none of ours can be somebody's."""

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def invented_lei(chance: Random) -> str:
    """Make one identifier: 20 signs, check digits valid, prefix unassigned."""
    body = PREFIX + "00" + "".join(chance.choice(_SIGNS) for _ in range(12))
    return body + f"{98 - _value(body + '00') % 97:02}"


def valid_lei(lei: str) -> bool:
    """Tell whether the check digits of an identifier hold."""
    return len(lei) == 20 and set(lei) <= set(_SIGNS) and _value(lei) % 97 == 1


def _value(signs: str) -> int:
    return int("".join(str(_SIGNS.index(sign)) for sign in signs))
