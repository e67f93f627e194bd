"""The names of the symbols in the sprite, static/ui/icons.svg; a test compares the two."""

from __future__ import annotations

from typing import Final

ICONS: Final = frozenset(
    {
        "check",
        "chevron-down",
        "chevron-left",
        "chevron-right",
        "clock",
        "copy",
        "cross",
        "document",
        "dot",
        "download",
        "empty",
        "eye",
        "filter",
        "flag",
        "info",
        "key",
        "law",
        "layers",
        "ledger",
        "lock",
        "organisation",
        "pack",
        "pen",
        "person",
        "plus",
        "question",
        "seal",
        "search",
        "truncated",
        "unanchored",
        "upload",
        "void",
        "warning",
    }
)
