"""Which answers leave no entry in the ledger, and why. The whole list; everything else leaves one.

Rules: an address stands here only when what it answers is nobody's secret and nobody's deed, or when recording it
would make the ledger grow by being looked at; a refusal there leaves an entry all the same. A test asks every address
and fails for one that is neither recorded nor named here; ``docs/reference/unrecorded.md`` is written from this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LOOKED_AT: Final = (
    "asked again and again by programs; an entry each time would make the log grow by being looked at"
)


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """One address whose answers leave no entry.

    :param methods: for these methods. :param refusals: whether refusals there leave none either.
    """

    methods: frozenset[str]
    why: str
    refusals: bool = False


_LOOKING: Final = frozenset({"GET", "HEAD"})

ROUTES: Final[dict[str, Unrecorded]] = {
    "health-live": Unrecorded(
        _LOOKING,
        "says that the process answers, to whoever watches the machine, and nothing else",
        refusals=True,
    ),
    "health-ready": Unrecorded(
        _LOOKING,
        "says ready or not ready, to whoever watches the machine; must answer when the ledger cannot",
        refusals=True,
    ),
    "account_login": Unrecorded(_LOOKING, "an empty form; what is sent with it leaves an entry"),
    "mfa_authenticate": Unrecorded(_LOOKING, "an empty form; what is sent with it leaves an entry"),
    "ledger:head": Unrecorded(_LOOKING, f"size and time of the last signed head; {_LOOKED_AT}"),
    "scans:state": Unrecorded(_LOOKING, f"how far a scan is that is under way; {_LOOKED_AT}"),
}

#: What is no route, or never becomes a request.
BESIDE: Final[dict[str, str]] = {
    "/static/…": "style sheets, scripts and symbols of the program, alike for everybody",
    "requests that are not HTTP": "the server refuses them before there is a request; they never reach the program",
}
