"""One way to write a value as bytes: restricted JCS (RFC 8785).

Rules: object keys are printable ASCII; strings are NFC and hold no lone surrogate; numbers are integers with
|n| <= 2**53 - 1; true and false are allowed; null and fractions are not. Under these rules sorted compact
JSON is byte for byte what RFC 8785 asks for, and every JSON reader in the world agrees about the value.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from muniment.proof.errors import Malformed

GREATEST = 2**53 - 1
DEEPEST = 32
LARGEST = 16 * 1024 * 1024
_KEY = re.compile(r"[\x20-\x7e]{1,256}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
# Made once: `json.dumps` would make one for each call. What is checked is no deeper than `DEEPEST`, so not circular.
_WRITER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False)


def canonical(value: Any) -> bytes:
    """Write a value in its only form, so that equal values have equal digests on every machine.

    :raises Malformed: for a type, number, key or string outside the restricted set, or deeper than `DEEPEST`.
    """
    _check(value, 0)
    return _WRITER.encode(value).encode("utf-8")


def parse(raw: bytes, *, exact: bool = True, largest: int = LARGEST) -> Any:
    """Read a value and refuse whatever two readers could understand differently.

    :param exact: also refuse bytes that are not the canonical form of what they say (white space, order,
        escapes).
    :param largest: how many bytes are read at most.
    :raises Malformed: for duplicate keys, fractions, null, wrong encoding, too much depth or length.
    """
    if len(raw) > largest:
        raise Malformed(f"The JSON text is longer than {largest} bytes.")
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
            parse_int=_integer,
        )
    except UnicodeDecodeError:
        raise Malformed("The JSON text is not UTF-8.") from None
    except RecursionError:
        raise Malformed(f"The JSON text is nested deeper than {DEEPEST} levels.") from None
    except json.JSONDecodeError as error:
        raise Malformed("This is not JSON.", where=f"character {error.pos}") from None
    if exact:
        if canonical(value) != raw:
            raise Malformed("The JSON text is not in its canonical form.")
    else:
        _check(value, 0)
    return value


def encode64(raw: bytes) -> str:
    """Write bytes as standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(raw).decode("ascii")


def decode64(text: Any, *, length: int | None = None) -> bytes:
    """Read standard base64 and refuse every second spelling of the same bytes.

    :param length: how many bytes there must be; None when any number will do.
    :raises Malformed: when the text is no string, not base64, not the canonical spelling, or of another
        length.
    """
    if not isinstance(text, str) or not _BASE64.fullmatch(text):
        raise Malformed("A value that must be base64 is not.")
    try:
        raw = base64.b64decode(text)
    except binascii.Error:
        raise Malformed("A value that must be base64 is cut off.") from None
    if encode64(raw) != text:
        raise Malformed("A base64 value is not in its canonical spelling.")
    if length is not None and len(raw) != length:
        raise Malformed(f"A base64 value must hold {length} bytes and holds {len(raw)}.")
    return raw


def shaped(value: Any, keys: dict[str, type], *, optional: dict[str, type] | None = None, where: str) -> Any:
    """Return an object after making sure that it has these keys with these types and no others.

    :raises Malformed: naming the key that is missing, unknown or of the wrong type.
    """
    if not isinstance(value, dict):
        raise Malformed("An object is expected here.", where=where)
    allowed = {**keys, **(optional or {})}
    for key in keys:
        if key not in value:
            raise Malformed(f"The key {key!r} is missing.", where=where)
    for key, held in value.items():
        if key not in allowed:
            raise Malformed("There is a key that this format does not know.", where=where)
        if not isinstance(held, allowed[key]) or (allowed[key] is int and isinstance(held, bool)):
            raise Malformed(f"The key {key!r} holds the wrong type.", where=where)
    return value


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str:
        _check_text(value)
    elif kind is dict:
        for key in value:
            if type(key) is not str or not _KEY.fullmatch(key):
                raise Malformed("A key is not 1 to 256 printable ASCII characters.")
        _check_all(value.values(), depth)
    elif kind is list or kind is tuple:
        _check_all(value, depth)
    elif kind is int:
        if not -GREATEST <= value <= GREATEST:
            raise Malformed("A number is outside the range that every JSON reader keeps exactly.")
    elif kind is not bool:
        raise Malformed("Only text, whole numbers, true, false, lists and objects can be written.")


def _check_all(values: Iterable[Any], depth: int) -> None:
    for held in values:
        if depth == DEEPEST:
            raise Malformed(f"The value is nested deeper than {DEEPEST} levels.")
        # Most of what is written is short plain text, and a call for each would be half of the time.
        if type(held) is not str or not held.isascii():
            _check(held, depth + 1)


def _check_text(text: str) -> None:
    if text.isascii():
        return
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Malformed("A text holds half of a surrogate pair.")
    if not unicodedata.is_normalized("NFC", text):
        raise Malformed("A text is not in Unicode normal form C.")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("An object names the same key twice.")
    return found


def _no_fraction(_text: str) -> Any:
    raise Malformed("Fractions, NaN and infinities are not allowed.")


def _integer(text: str) -> int:
    # A longer number is refused before int() would spend quadratic time on it.
    if len(text) > 17 or text == "-0":
        raise Malformed("A number is outside the range that every JSON reader keeps exactly.")
    return int(text)
