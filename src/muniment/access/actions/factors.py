"""Second factors: an authenticator app and the recovery codes beside it.

allauth keeps them and checks them; here stands that each change of them is an action. Secrets are encrypted
by our adapter before they reach the table.
"""

from __future__ import annotations

from importlib import import_module
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings

from muniment.access import rules
from muniment.access.actions.people import locked
from muniment.access.models import Person
from muniment.ledger.action import Act, action
from muniment.spine.errors import Clash, Refused


def _factors(person: Person) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user_id=person.id).order_by("type"))


@action("access.enrol_factor", cls="access.change", says="{actor} set up {facts.factor}")
def enrol_factor(act: Act, *, secret: str = "") -> Authenticator:
    """Set up one's own authenticator app with recovery codes, or make fresh recovery codes.

    :param secret: of the app, base32, after its first code was checked; empty for fresh recovery codes only.
    :raises Clash: when an app is set up already, or none is yet and only codes are asked for.
    """
    person = locked(UUID(act.actor.id))
    held = {factor.type for factor in _factors(person)}
    if secret:
        if Authenticator.Type.TOTP in held:
            raise Clash("An authenticator app is set up already.", todo="Remove it first.")
        made: Authenticator = TOTP.activate(person, secret).instance
        RecoveryCodes.activate(person)
    else:
        if Authenticator.Type.TOTP not in held:
            raise Clash("There is no authenticator app yet.", todo="Set one up first.")
        Authenticator.objects.filter(user_id=person.id, type=Authenticator.Type.RECOVERY_CODES).delete()
        made = RecoveryCodes.activate(person).instance
    act.record(person, factor=str(made.type))
    return made


@action("access.remove_factor", cls="access.change", says="{actor} took their own second factor away")
def remove_factor(act: Act) -> None:
    """Take one's own second factor away.

    :raises Refused: when one's role needs it.
    """
    person = locked(UUID(act.actor.id))
    if person.role in rules.SECOND_FACTOR:
        raise Refused(
            "Your role needs a second factor.", todo="Ask an administrator to reset it if the device is lost."
        )
    _take_away(act, person)


@action("access.reset_factor", cls="access.change", says="{actor} took the second factor of {subject} away")
def reset_factor(act: Act, *, person_id: UUID) -> None:
    """Take away somebody's lost second factor, and end their sessions: who found the device may be in one.

    If their role needs one they set a new one up when they sign in next.

    :raises Refused: for one's own.
    """
    person = locked(person_id)
    if act.actor.id == str(person.id):
        raise Refused("You cannot reset your own second factor.", todo="Ask another administrator.")
    _take_away(act, person)
    # Where sessions are kept is the site's choice; this is Django's own way of asking for it.
    import_module(settings.SESSION_ENGINE).SessionStore.end_all_of(str(person.id))


def _take_away(act: Act, person: Person) -> None:
    held = _factors(person)
    for factor in held:
        factor.delete()
    act.record(person, factors=[str(factor.type) for factor in held])
