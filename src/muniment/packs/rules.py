"""What may be packed, and what of an event is shown. Pure: no database, no clock, no request."""

from __future__ import annotations

from typing import Final

from muniment.packs.models import Pack, PackState
from muniment.spine.errors import Refused
from muniment.spine.wording import require_wording

#: The fields of an event that a pack never shows: from where somebody worked is nobody else's business.
WITHHELD: Final = frozenset({"origin"})

#: Kinds of events about a case that a pack leaves out: who looked at it proves nothing about the decision.
#: Of an erasure only its execution is shown: why somebody asked for it is nobody's business who gets the pack.
LEFT_OUT: Final = frozenset(
    {
        "cases.read",
        "lifecycle.answer_erasure",
        "lifecycle.ask_erasure",
        "lifecycle.clear",
        "lifecycle.read",
        "scans.read_finding",
        "screening.read_match",
        "vault.read",
    }
)


SHORTEST_RECEIVER: Final = 3
LONGEST_RECEIVER: Final = 500
LARGEST_HERE: Final = 64 << 20


def require_decided(state: str) -> None:
    """Refuse to pack a case that nobody has decided."""
    if state != "decided":
        raise Refused(
            "Nobody has decided this case yet, so there is nothing to prove.", todo="Have it decided first."
        )


def require_queued(pack: Pack) -> None:
    """Refuse to build a pack twice."""
    if pack.state == PackState.FAILED:
        raise Refused("This pack could not be built.", todo="Have it tried again.")
    if pack.state != PackState.QUEUED:
        raise Refused("This pack is built already.", todo="Download it, or ask for a new one.")


def require_failed(pack: Pack) -> None:
    """Refuse to try again what was not given up."""
    if pack.state != PackState.FAILED:
        raise Refused("This pack was not given up.", todo="Open it to see where it stands.")


def require_built(pack: Pack) -> None:
    """Refuse to hand out a pack that is not built yet."""
    if pack.state == PackState.FAILED:
        raise Refused("This pack could not be built.", todo="Have it tried again.")
    if pack.state != PackState.BUILT:
        raise Refused("This pack is still being built.", todo="Wait a moment and reload the page.")


def require_receiver(given_to: str) -> str:
    """Return in NFC to whom a copy goes.

    :raises Invalid: when it is empty, too long, or holds characters that no text may hold.
    """
    return require_wording(
        given_to,
        called="receiver’s name",
        field="given_to",
        shortest=SHORTEST_RECEIVER,
        longest=LONGEST_RECEIVER,
        todo=f"Write to whom the copy goes: a name or an office, {SHORTEST_RECEIVER} to {LONGEST_RECEIVER} characters.",
    )


def require_small_enough(pack: Pack) -> None:
    """Refuse to verify a pack here that would not fit into memory beside everything else.

    :raises Refused: above 64 MiB.
    """
    if pack.size > LARGEST_HERE:
        raise Refused(
            "This pack is too large to be verified on a page.", todo="Take a copy and run verify.py over it."
        )
