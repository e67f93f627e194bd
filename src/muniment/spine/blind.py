"""Blind indexes: how a sealed name or number is found again without standing anywhere in the clear.

A table keeps, beside the sealed text, a keyed digest of each of its words. Whoever asks with a word
computes the same digest. Rules: the key is the tenant's own (`Keyring.blind_key`), so equal names of two
tenants look different; the kind of thing is part of the digest, so a first name never meets a passport
number. What such an index still shows to who reads the table: how often a word occurs, not which.
"""

from __future__ import annotations

import hmac
import unicodedata

from muniment.spine.errors import Invalid

BLIND_BYTES = 16
LONGEST = 4096
"""Characters of a name or an identifier that are looked at; more is refused, not cut."""


def tokens(name: str) -> set[str]:
    """Return the words of a name in the form in which they are indexed and asked for.

    Order, case, accents, width and punctuation do not count (NFKC, case folding, marks removed, split at
    everything that is no letter), so that "O'Brién, José" is found by "jose o brien".

    :raises Invalid: when the name is longer than 4,096 characters.
    """
    folded = unicodedata.normalize("NFKC", _bounded(name)).casefold()
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.category(c).startswith("M")
    )
    whole = unicodedata.normalize("NFKC", bare)
    return set("".join(c if c.isalpha() else " " for c in whole).split())


def identifier(value: str) -> str:
    """Return a number or code in the form in which it is indexed: upper case, without separators.

    :raises Invalid: when it is longer than 4,096 characters.
    """
    return "".join(c for c in unicodedata.normalize("NFKC", _bounded(value)).upper() if c.isalnum())


def blind(key: bytes, kind: str, token: str) -> bytes:
    """Return the 16 bytes that stand for one word or identifier in an index.

    HMAC-SHA-256 over the kind (with its length, so that no pair runs into another) and the word, cut to 128
    bits (RFC 2104, section 5).

    :param key: the tenant's, from `Keyring.blind_key`.
    :param kind: what the word is: `name`, `passport`, `email`, …
    """
    label = kind.encode()
    message = b"muniment/v1/blind" + len(label).to_bytes(4, "big") + label + token.encode()
    return hmac.digest(key, message, "sha256")[:BLIND_BYTES]


def _bounded(text: str) -> str:
    if len(text) > LONGEST:
        raise Invalid(
            f"A name or an identifier is longer than {LONGEST} characters.",
            todo="Shorten it, or check whether columns were mixed up.",
        )
    return text
