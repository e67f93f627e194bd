"""The two actions by which damage is accepted: one person proposes with a reason, another one confirms.

Rules: the damaged row is kept word for word before anything else happens; what was found by which check, what is lost,
why and by whom are in the entry; only then the row is taken out of the way. Nothing that is signed is touched.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from muniment.ledger import accepted, rows
from muniment.ledger.action import Act, action
from muniment.ledger.damage import found
from muniment.ledger.models import Outbox, RowList
from muniment.ledger.refusals import constraint
from muniment.ledger.tables.damage import Damage
from muniment.ledger.words import Sealed
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.models import Tally
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

LONGEST_REASON: Final = 2000
SAME: Final = Refused(
    "Who proposed to accept this damage cannot confirm it.", todo="Let another administrator confirm it."
)
constraint("damage_is_accepted_by_two", SAME)


def propose(actor: Actor, *, name: str, reason: str) -> Damage:
    """Look at a log again, whole, and propose to accept one piece of its damage.

    :raises Absent: when no such damage is found. :raises Invalid: without a reason.
    """
    for piece in found.pieces(actor.tenant):
        if piece.name == name:
            return propose_damage(actor, piece=piece, reason=reason)
    raise Absent(
        "No such damage is found in this log.", todo="See what is found: muniment ledger accept-damage."
    )


@action(
    accepted.PROPOSED,
    cls=accepted.CLASS,
    says="{actor} proposed to accept that this is damaged: {facts.what}",
)
def propose_damage(act: Act, *, piece: found.Piece, reason: str) -> Damage:
    """Propose to accept a piece of damage; its row is kept as evidence, and nothing else changes yet.

    :raises Invalid: without a reason.
    """
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Invalid(
            f"Say in up to {LONGEST_REASON} characters why this damage is to be accepted.", where="reason"
        )
    made: Damage = Damage.objects.create(
        tenant_id=act.tenant,
        name=piece.name,
        digest=piece.digest,
        number=piece.number,
        found=piece.check,
        lost=piece.lost,
        reason=said,
        evidence=piece.evidence,
        proposed_by=act.actor.id,
        proposed_at=act.now,
    )
    act.record(made, what=piece.name, digest=piece.digest, check=piece.check, reason=Sealed(said))
    return made


@action(
    accepted.ACCEPTED,
    cls=accepted.CLASS,
    says="{actor} accepted damage: {facts.what}; lost: {facts.lost}",
)
def accept_damage(act: Act, *, digest: str) -> Damage:
    """Accept damage that somebody else proposed, so that the log goes on; every later check names it.

    :param digest: of the evidence, as the one who confirms has seen it.
    :raises Absent: when no such proposal waits. :raises Refused: for the one who proposed it.
    :raises Clash: when the damage is not any more what was proposed.
    """
    waits: Damage | None = (
        Damage.objects.select_for_update()
        .filter(digest=digest, accepted_at__isnull=True)
        .order_by("proposed_at")
        .last()
    )
    if waits is None:
        raise Absent("No such damage waits to be accepted.", todo="See: muniment ledger accept-damage.")
    if waits.proposed_by == act.actor.id:
        raise SAME
    piece = found.again(waits.name, waits.number)
    if piece is None or piece.digest != digest:
        raise Clash(
            "The damage is not any more what was proposed.", todo="Look at it again, and propose it anew."
        )
    waits.evidence, waits.accepted_by, waits.accepted_at = piece.evidence, act.actor.id, act.now
    waits.save()
    rows.take_over(piece.taken)
    act.record(
        waits,
        what=piece.name,
        digest=digest,
        check=waits.found,
        lost=piece.lost,
        number=piece.number,
        held_as_they_stand=[f"{table} {row}" for table, row in piece.taken],
        proposed_by=waits.proposed_by,
        reason=Sealed(waits.reason),
    )
    _take_away(piece.name)
    return waits


def _take_away(name: str) -> None:
    """Take the damaged row out of the way, which the evidence holds now."""
    kind, _, rest = name.partition(":")
    with open_action(LEDGER_HAND):
        if kind == "waiting":
            RowList.objects.filter(id=UUID(rest)).delete()
            Outbox.objects.filter(id=UUID(rest)).delete()
        elif kind == "count":
            Tally.objects.filter(id=UUID(rest)).delete()


def waiting(tenant: UUID) -> list[Damage]:
    """Return what was proposed in a tenant's log and nobody has accepted yet."""
    with tenant_scope(tenant):
        return list(Damage.objects.filter(accepted_at__isnull=True).order_by("proposed_at"))
