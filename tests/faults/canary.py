"""Words that must be found nowhere: drawn at random, sent through every field, looked for in every byte.

All canaries of a run begin alike, so that one search for the beginning, in each spelling that a store or a log could
give it, finds whichever of them leaked.
"""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


def letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(count))


@dataclass
class Canaries:
    """The canaries of one run.

    :param where: what each stands in, by its own letters.
    :param ordinary: own letters of those that stand in ordinary columns, such as organisations' names.
    """

    stem: str = field(default_factory=lambda: "Canary" + letters(12))
    where: dict[str, str] = field(default_factory=dict)
    ordinary: set[str] = field(default_factory=set)

    def sing(self, where: str, *, ordinary: bool = False) -> str:
        """Return a new canary for a field."""
        own = letters(12)
        self.where[own] = where
        if ordinary:
            self.ordinary.add(own)
        return self.stem + own

    def name(self, hit: bytes) -> str:
        """Say where a canary was sent that was found, by six of its letters: PostgreSQL packs some texts."""
        plain = hit.replace(b"\0", b"").decode("ascii", "replace").lower()
        for own, where in self.where.items():
            if any(own[start : start + 6] in plain for start in range(len(own) - 5)):
                return where
        return f"? ({plain[:60]})"


def spellings(word: bytes) -> dict[str, tuple[bytes, ...]]:
    """Return how bytes can be written down: as they are, in capitals, UTF-16, hexadecimal, base64, URL-encoded."""
    found: dict[str, list[bytes]] = {"raw": [word]}
    text = word.decode("ascii", "ignore")
    if text.encode() == word:
        found["letters"] = [text.lower().encode(), text.upper().encode(), text.title().encode()]
        for name in ("utf-16-le", "utf-16-be"):
            found[name] = [spelt.encode(name) for spelt in (text, text.lower(), text.upper())]
        found["url"] = ["".join(f"%{byte:02X}" for byte in word).encode()]
    variants = {word, text.lower().encode(), text.upper().encode()} if text.encode() == word else {word}
    found["hex"] = [spelt.hex().encode() for spelt in variants] + [
        spelt.hex().upper().encode() for spelt in variants
    ]
    for alphabet, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        found[alphabet] = [_inner(encode, spelt, lead) for spelt in variants for lead in range(3)]
    return {name: tuple(dict.fromkeys(many)) for name, many in found.items()}


def _inner(encode: object, word: bytes, lead: int) -> bytes:
    """Return the characters of a base64 text that depend on the word alone, with so many bytes before it."""
    whole = encode(b"\0" * lead + word + b"\0" * ((-lead - len(word)) % 3))  # type: ignore[operator]  # base64's own
    first = -(-lead * 8 // 6)
    return whole[first : (lead + len(word)) * 8 // 6]


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file under these folders with its bytes."""
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file() and not path.is_symlink():
                yield str(path), path.read_bytes()


def search(canaries: Canaries, held: Iterable[tuple[str, bytes]]) -> list[tuple[str, str, str]]:
    """Return (place, spelling, where it was sent) for each canary that is found."""
    spelt = spellings(canaries.stem.encode())
    return [
        (place, spelling, canaries.name(raw[start : start + len(one) + 80]))
        for place, raw in held
        for spelling, many in spelt.items()
        for one in many
        for start in _places(one, raw)
    ]


def _places(one: bytes, raw: bytes) -> Iterator[int]:
    """Yield where it stands; several searches for one word each are far quicker than one for any of them."""
    start = raw.find(one)
    while start >= 0:
        yield start
        start = raw.find(one, start + len(one))


def search_secrets(
    secrets_of: dict[str, bytes], held: Iterable[tuple[str, bytes]]
) -> list[tuple[str, str, str]]:
    """Return (place, spelling, which) for each secret that is found."""
    words = {which: spellings(word) for which, word in secrets_of.items()}
    return [
        (place, spelling, which)
        for place, raw in held
        for which, spelt in words.items()
        for spelling, many in spelt.items()
        if any(one in raw for one in many)
    ]
