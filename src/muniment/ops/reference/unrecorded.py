"""Which answers leave no entry in the ledger, as a reference page."""

from __future__ import annotations

from importlib import import_module
from typing import Final
from uuid import UUID

from django.urls import NoReverseMatch, reverse

#: The list itself; named and not imported, since the site stands above this room.
LIST: Final = "muniment.site.unrecorded"


def unrecorded() -> str:
    """Return the page of the addresses whose answers leave no entry, each with its reason."""
    held = import_module(LIST)
    lines = [
        "# What leaves no entry in the ledger",
        "",
        "Every other answer of the pages and of the API leaves an entry before it goes out, with who asked, in which",
        "role, with which factors, from where, for what, with which outcome, and its number (`X-Request-Id`).",
        "An answer that cannot be put on record is not given.",
        "",
        "| address | methods | refusals | why |",
        "| --- | --- | --- | --- |",
    ]
    for name, one in sorted(held.ROUTES.items()):
        refusals = "leave none" if one.refusals else "leave an entry"
        lines.append(f"| {_address(name)} | {', '.join(sorted(one.methods))} | {refusals} | {one.why} |")
    lines += [f"| {what} | all | leave none | {why} |" for what, why in held.BESIDE.items()]
    return "\n".join(lines)


def _address(name: str) -> str:
    """Return where a route stands, with what is filled in left open."""
    blank = UUID(int=0)
    try:
        return f"`{reverse(name)}`"
    except NoReverseMatch:
        return f"`{reverse(name, args=[blank])}`".replace(str(blank), "…")
