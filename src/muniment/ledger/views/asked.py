"""What all pages of the ledger share: a request that passed the gate, who may read, and files to take away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from muniment.spine.actor import Actor
from muniment.spine.errors import Refused


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def require_reader(actor: Actor) -> None:
    """Refuse whoever may not read the ledger.

    :raises Refused: without the permission ``ledger.read``.
    """
    require(actor, "ledger.read")


def require(actor: Actor, kind: str) -> None:
    """Refuse whoever does not hold a permission.

    :raises Refused: without it.
    """
    if kind not in actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")


def file_of(raw: bytes, name: str, media_type: str) -> HttpResponse:
    """Hand out a file to be kept."""
    return HttpResponse(
        raw, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
