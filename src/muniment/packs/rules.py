"""What may be packed, and what of an event is shown. Pure: no database, no clock, no request."""

from __future__ import annotations

from typing import Final

from muniment.packs.models import Pack, PackState
from muniment.spine.errors import Refused

#: The fields of an event that a pack never shows: from where somebody worked is nobody else's business.
WITHHELD: Final = frozenset({"origin"})

#: Kinds of events about a case that a pack leaves out: who looked at it proves nothing about the decision.
LEFT_OUT: Final = frozenset({"cases.read", "scans.read_finding", "screening.read_match", "vault.read"})


def require_decided(state: str) -> None:
    """Refuse to pack a case that nobody has decided."""
    if state != "decided":
        raise Refused(
            "Nobody has decided this case yet, so there is nothing to prove.", todo="Have it decided first."
        )


def require_queued(pack: Pack) -> None:
    """Refuse to build a pack twice."""
    if pack.state != PackState.QUEUED:
        raise Refused("This pack is built already.", todo="Download it, or ask for a new one.")


def require_built(pack: Pack) -> None:
    """Refuse to hand out a pack that is not built yet."""
    if pack.state != PackState.BUILT:
        raise Refused("This pack is still being built.", todo="Wait a moment and reload the page.")
