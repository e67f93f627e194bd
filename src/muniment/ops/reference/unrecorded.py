"""Which answers and commands leave no entry in the ledger, as a reference page."""

from __future__ import annotations

from importlib import import_module
from typing import Final
from uuid import UUID

from django.urls import NoReverseMatch, reverse

#: The lists themselves; named and not imported, since the site and the commands stand above the reference.
LIST: Final = "muniment.site.unrecorded"
COMMANDS: Final = "muniment.ops.cli.unrecorded"
ROUNDS: Final = "muniment.ops.serving.rounds"


def unrecorded() -> str:
    """Return the page of the addresses and commands that leave no entry, each with its reason."""
    held, commands = import_module(LIST), import_module(COMMANDS)
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
    lines += [
        "",
        "## Commands",
        "",
        "Every other command leaves an entry before it prints anything, with the user on the machine or whoever showed",
        "a login, what was asked for, with which outcome, and one number for all that it did. A command that cannot be",
        "put on record prints nothing. A refused one leaves an entry too.",
        "",
        "| command | refusals | why |",
        "| --- | --- | --- |",
    ]
    for name, known in sorted(commands.COMMANDS.items()):
        refusals = "leave none" if known.refusals else "leave an entry"
        lines.append(f"| `muniment {name}` | {refusals} | {known.why} |")
    lines += [f"| {what} | | {why} |" for what, why in commands.BESIDE.items()]
    lines += [
        "",
        "## What the worker does by itself",
        "",
        "| round | what it leaves |",
        "| --- | --- |",
    ]
    lines += [f"| {what} | {left} |" for what, left in sorted(import_module(ROUNDS).ROUNDS.items())]
    return "\n".join(lines)


def _address(name: str) -> str:
    """Return where a route stands, with what is filled in left open."""
    blank = UUID(int=0)
    try:
        return f"`{reverse(name)}`"
    except NoReverseMatch:
        return f"`{reverse(name, args=[blank])}`".replace(str(blank), "…")
