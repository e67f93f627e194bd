"""What an order to erase must be like, and who may answer it. Pure: no database, no clock, no request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from muniment.lifecycle.models import Basis, Erasure, Hold, HoldOn, Kind, State
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.errors import Clash, Invalid, Refused
from muniment.spine.wording import require_wording

SHORTEST: Final = 10
LONGEST: Final = 4000
LONGEST_ASKER: Final = 300


def require_basis(basis: str) -> str:
    """Return the legal basis.

    :raises Invalid: for one that is not known.
    """
    if basis not in Basis.values:
        raise Invalid(
            "There is no such legal basis.", todo=f"Choose one of: {', '.join(Basis.values)}.", where="basis"
        )
    return basis


def require_kind(kind: str) -> str:
    """Return whose data is meant.

    :raises Invalid: for a kind that is not known.
    """
    if kind not in {Kind.COUNTERPARTY, Kind.ACCOUNT}:
        raise Invalid(
            "This is nobody whose data can be erased.", todo="Choose counterparty or account.", where="kind"
        )
    return kind


def require_hold_on(on: str) -> str:
    """Return what a hold keeps.

    :raises Invalid: for a kind that is not known.
    """
    if on not in HoldOn.values:
        raise Invalid("Nothing of this kind can be held.", todo="Choose subject, case or tenant.", where="on")
    return on


def require_asker(text: str) -> str:
    """Return who asks, as the firm knows it: the person, whoever speaks for them, or an office."""
    return require_wording(text, called="asker", field="asked_for", shortest=3, longest=LONGEST_ASKER)


def require_reason(text: str) -> str:
    """Return why, as an examiner will read it; it may have several lines."""
    return require_wording(text, called="reason", shortest=SHORTEST, longest=LONGEST, lines=True)


def require_person(actor: Actor) -> None:
    """Refuse a program: two pairs of eyes are two people's."""
    if actor.kind is not ActorKind.PERSON:
        raise Refused("Only a person may do this, never a token.", todo="Sign in and do it yourself.")


def require_asked(order: Erasure) -> None:
    """Refuse to answer what was answered.

    :raises Clash: unless the order waits for an answer.
    """
    if order.state != State.ASKED:
        raise Clash("This request was answered already.", todo="Reload the page.")


def require_somebody_else(first: str, actor: Actor) -> None:
    """Refuse the one who asked."""
    if actor.id == first:
        raise Refused(
            "You asked for this yourself, so somebody else must confirm it.",
            todo="Ask another administrator or officer.",
        )


def require_not_held(holds: Iterable[Hold]) -> None:
    """Refuse to erase what a legal hold keeps whole.

    :raises Refused: naming the holds.
    """
    numbers = ", ".join(str(hold.number) for hold in holds)
    if numbers:
        raise Refused(
            f"A legal hold keeps these data (hold {numbers}).", todo="Nothing is erased until it is lifted."
        )


def require_placed(hold: Hold) -> None:
    """Refuse to lift a hold twice.

    :raises Clash: when it is lifted.
    """
    if hold.lifted_at is not None:
        raise Clash("This hold was lifted already.", todo="Reload the page.")


def require_lift_asked(hold: Hold) -> str:
    """Return who asked to lift a hold.

    :raises Clash: when nobody has.
    """
    if hold.lift_asked_by is None:
        raise Clash("Nobody has asked to lift this hold.", todo="Ask for it first; another person confirms.")
    return str(hold.lift_asked_by)


def held_back(wanted: Iterable[tuple[str, UUID]], kept: dict[UUID, int]) -> tuple[Any, list[list[str]]]:
    """Part the keys that an order names into those to destroy and those that a hold keeps.

    :param kept: key to the number of the hold that keeps it.
    :returns: the keys to destroy, and [what, key, number of the hold] of the others.
    """
    go, stay = [], []
    for what, key in wanted:
        if key in kept:
            stay.append([what, str(key), str(kept[key])])
        else:
            go.append((what, key))
    return tuple(go), stay
