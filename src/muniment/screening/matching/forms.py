"""What the candidate index sees of a name: boundary trigrams, parts, sounds and symbols.

A feature is a short text with a one-letter family (`g:` trigram, `p:` part, `m:` metaphone, `s:` symbol).
Rules obeyed here: the same function serves list and query, so the two can never drift apart; scripts that
rigour cannot fold into Latin are added once more through ICU, since a trigram of Han finds no Latin alias.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import icu
from rigour.names import Name, normalize_name

MIN_SOUND = 3
"""Metaphone codes shorter than this match half the world (yente uses the same bound)."""

MAX_PARTS = 24
"""Parts of one name that are looked at; longer names are company descriptions."""


@dataclass(frozen=True)
class PartForms:
    """One part of a name with every piece of evidence by which it may be found."""

    text: str
    sound: str
    symbols: tuple[str, ...]


@functools.cache
def _latin() -> icu.Transliterator:
    return icu.Transliterator.createInstance("Any-Latin; NFD; [:Nonspacing Mark:] Remove; Latin-ASCII; Lower")


def latin_parts(name: Name) -> tuple[str, ...]:
    """Return the parts in Latin letters as far as any table knows, because aliases mostly are Latin."""
    parts: list[str] = []
    for part in name.parts[:MAX_PARTS]:
        text = part.comparable
        if not text.isascii():
            turned = _latin().transliterate(text)
            text = "".join(sign for sign in turned if sign.isalnum()) or text
        if text:
            parts.append(text)
    return tuple(parts)


def parts_of(name: Name) -> tuple[PartForms, ...]:
    """Return each part with its sound and symbols, for the channel that takes the best evidence per part."""
    symbols: dict[int, list[str]] = {}
    for span in name.spans:
        mark = f"s:{span.symbol.category.value}:{span.symbol.id}"
        for part in span.parts:
            symbols.setdefault(part.index, []).append(mark)
    texts = latin_parts(name)
    found: list[PartForms] = []
    for position, part in enumerate(name.parts[: len(texts)]):
        sound = part.metaphone or ""
        found.append(
            PartForms(
                text=f"p:{texts[position]}",
                sound=f"m:{sound}" if len(sound) >= MIN_SOUND else "",
                symbols=tuple(sorted(set(symbols.get(part.index, ())))),
            )
        )
    return tuple(found)


def features(name: Name) -> dict[str, float]:
    """Return the features of one name with their own weights, before rarity is counted in.

    Boundary trigrams carry typos, parts carry order changes, metaphone carries spelling by ear, symbols
    carry other languages. Joined-up names are caught by trigrams over the run-together text.
    """
    texts = latin_parts(name)
    found: dict[str, float] = {}
    for text in texts:
        padded = f"^{text}$"
        for start in range(len(padded) - 2):
            gram = f"g:{padded[start : start + 3]}"
            found[gram] = found.get(gram, 0.0) + 1.0
        found[f"p:{text}"] = 1.0
    if len(texts) > 1:
        joined = "".join(texts)
        for start in range(len(joined) - 2):
            gram = f"g:{joined[start : start + 3]}"
            found[gram] = found.get(gram, 0.0) + 0.25
    for part in parts_of(name):
        if part.sound:
            found[part.sound] = 0.7
        for symbol in part.symbols:
            found[symbol] = 0.7 / len(part.symbols) ** 0.5
    return found


def fingerprint(name: Name) -> str:
    """Return the order-free form of a name, because `Last, First` and `First Last` are one person."""
    return " ".join(sorted(latin_parts(name)))


def plain(text: str) -> str:
    """Return the order-free form of a text that was never analysed, for weak aliases."""
    normal = normalize_name(text) or ""
    if normal and not normal.isascii():
        normal = _latin().transliterate(normal)
    return " ".join(sorted(normal.split()))
