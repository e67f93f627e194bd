"""A short number for a word, for indexes that would hold long words many times.

Rules: it never changes, since indexes hold it; two words may have the same one, so the word itself decides.
"""

from __future__ import annotations

import zlib
from typing import Final

#: As large as SQLite writes in three bytes.
LARGEST: Final = (1 << 23) - 1


def short(word: str) -> int:
    """Return a number of three bytes for a word, the same one for ever."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) & LARGEST
