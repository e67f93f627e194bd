"""The sprite, static/ui/icons.svg: where it lies and which symbols it has; a test compares the names.

A page may show hundreds of symbols, so the address is worked out once; Django says when its settings change.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.core.signals import setting_changed
from django.templatetags.static import static

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


@cache
def sprite() -> str:
    """Give the address of the sprite as this installation serves it."""
    return static("ui/icons.svg")


def _forget(**_facts: Any) -> None:
    sprite.cache_clear()


setting_changed.connect(_forget)
