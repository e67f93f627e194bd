"""Taking out of the tables what still finds somebody whose keys are gone: by name, by number, by likeness."""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password

from muniment.access.models import Person, Token
from muniment.counterparties.models import BlindToken, Counterparty, Status
from muniment.lifecycle.models import Kind
from muniment.screening.models import Match, Screened
from muniment.spine import ports


def unlink(kind: str, target: UUID, number: int) -> int:
    """Take out of the tables what finds somebody by name, number or likeness; returns how many rows of indexes went.

    To be called inside an action.
    """
    if kind == Kind.ACCOUNT:
        Person.objects.filter(id=target).update(
            login_index=ports.random_bytes(16), password=make_password(None), is_active=False
        )
        Token.objects.filter(person_id=target, revoked_at__isnull=True).update(revoked_at=ports.now())
        return int(Authenticator.objects.filter(user_id=target).delete()[0])
    gone = int(BlindToken.objects.filter(counterparty_id=target).delete()[0])
    # What says whether two states of a person are alike would let a guess be tried, with the tenant's key.
    mark = ports.random_bytes(16).hex()
    row: Counterparty | None = Counterparty.objects.select_for_update().filter(id=target).first()
    if row is not None:
        named = f"erased-{number}-{row.id.hex[:8]}"
        Counterparty.objects.filter(id=target).update(reference=named, mark=mark, status=Status.ENDED)
        Counterparty.objects.filter(id=target).exclude(screened_mark="").update(screened_mark=mark)
        Screened.objects.filter(counterparty_id=target).update(reference=named, party_mark=mark)
        Match.objects.filter(counterparty_id=target).update(party_mark=mark)
    return gone
