"""Coming in and going out. A refused sign-in goes through the same door and is recorded there."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from muniment.access.models import Person
from muniment.access.queries import actor_of, person_by_login
from muniment.ledger.action import Act, action
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.errors import Refused
from muniment.spine.scope import DEPLOYMENT

#: Who stands for somebody whose login is not known here.
GATE = "system:gate"


@action("access.sign_in", cls="access.sign_in", says="{actor} signed in")
def sign_in(act: Act, *, refused_because: str = "") -> None:
    """Put on record that somebody came in, or that they were refused.

    :param refused_because: why not; the door records the refusal in a transaction of its own.
    :raises Refused: when there is a reason.
    """
    if refused_because:
        raise Refused(refused_because)
    person: Person = Person.objects.get(id=UUID(act.actor.id))
    if not person.is_active:
        raise Refused("This account is closed.", todo="Ask an administrator.")
    act.record(person)


@action("access.sign_out", cls="access.sign_in", says="{actor} signed out")
def sign_out(act: Act) -> None:
    """Put on record that somebody went out."""
    act.record(Person.objects.get(id=UUID(act.actor.id)))


def record_refused_sign_in(
    login: str, *, why: str, address: str, factors: frozenset[str] = frozenset(), via: str = "page"
) -> None:
    """Put a refused sign-in on record: in the person's tenant when the login is known.

    Else in the deployment's log.

    The login that was typed is recorded nowhere: people type passwords into the wrong field.
    """
    person = person_by_login(login)
    if person is None:
        actor = Actor(
            id=GATE,
            kind=ActorKind.SYSTEM,
            tenant=DEPLOYMENT,
            may=frozenset({"access.sign_in"}),
            via=via,
            address=address,
            role="nobody",
        )
    else:
        actor = actor_of(person, factors=factors, address=address, via=via)
    with suppress(Refused):
        sign_in(actor, refused_because=why)
