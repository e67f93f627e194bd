"""Which commands leave no entry in the ledger, and why. The whole list; every other command leaves one.

Rules: a command stands here only when it touches no installation, when it says what is nobody's secret, or when an
entry each time would make the log grow by being looked at; a refusal leaves an entry all the same where there is a
ledger to write to. A test runs every command and fails for one that is neither recorded nor named here;
``docs/reference/unrecorded.md`` is written from this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """One command that leaves no entry.

    :param refusals: whether its refusals leave none either.
    """

    why: str
    refusals: bool = True


_CODE: Final = "says what stands in the program, alike for everybody, and opens no installation"
_APART: Final = "a program apart, with a folder of its own and no ledger"

COMMANDS: Final[dict[str, Unrecorded]] = {
    "check": Unrecorded("says what is wrong with an installation; must answer when the ledger cannot"),
    "demo": Unrecorded("makes an invented firm in a new folder; whatever is done there leaves its entries"),
    "docs": Unrecorded(_CODE),
    "ledger checkpoint": Unrecorded(
        "signed heads and public keys, asked for again and again by programs; an entry each time would make the log"
        " grow by being looked at",
        refusals=False,
    ),
    "ledger settle": Unrecorded(
        "does now what the server does each second: gives waiting entries their place; an entry each time would"
        " always leave one waiting",
        refusals=False,
    ),
    "pack verify": Unrecorded("judges a file by itself, wherever it is; needs no installation"),
    "policy": Unrecorded(_CODE),
    "routes": Unrecorded(_CODE),
    "timestamp init": Unrecorded(_APART),
    "timestamp serve": Unrecorded(_APART),
    "witness init": Unrecorded(_APART),
    "witness serve": Unrecorded(_APART),
    "witness show": Unrecorded(_APART),
    "witness trust": Unrecorded(_APART),
}

#: What is no command of its own, or meets no ledger.
BESIDE: Final[dict[str, str]] = {
    "`--help`, and words that are no command": "nothing is opened",
    "any command where there is no installation yet": "there is no ledger; `init` makes one and leaves the first entry",
    "`ledger verify --folder`": "verifies a copy by keys from elsewhere, without an installation",
    "`ledger verify` when the ledger cannot be written": (
        "leaves its entry when it can; a damaged installation must remain verifiable, so it goes on without one and"
        " says that it is not on record"
    ),
}
