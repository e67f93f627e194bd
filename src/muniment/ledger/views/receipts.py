"""What people take away from the ledger's pages: keys, receipts with what became of them, proofs as COSE receipts."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from muniment.ledger import logs, promises, queries, receipts
from muniment.ledger.models import Entry
from muniment.ledger.views.asked import Asked, file_of, require_reader
from muniment.spine import ports
from muniment.spine.errors import Absent

TEXT = "text/plain; charset=utf-8"


@require_GET
def receipt(request: Asked, entry_id: UUID) -> HttpResponse:
    """Hand out the receipt of what was recorded: to whoever did it, and to who may read the ledger."""
    found = queries.entry(entry_id)
    if found.actor != request.actor.id:
        require_reader(request.actor)
    return file_of(receipts.of_event(found), f"receipt-{found.id.hex}", TEXT)


@require_GET
def mine(request: Asked) -> HttpResponse:
    """List the receipts of whoever asks, with what became of each."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    found = promises.of(request.actor, ports.now(), before=before)
    last = found[-1].told.idx if found else None
    placed = sum(one.told.idx is not None for one in found)
    context = {
        "promises": found,
        "newer": reverse("ledger:receipts") if before is not None else "",
        "older": f"?before={last}" if last and placed >= promises.MOST else "",
    }
    return render(request, "ledger/receipts.html", context)


@require_GET
def cose(request: Asked, entry_id: UUID) -> HttpResponse:
    """Hand out the proof of an entry as a COSE receipt, for programs that check supply chains (SCITT)."""
    require_reader(request.actor)
    found = queries.entry(entry_id)
    if not isinstance(found, Entry):
        raise Absent("This entry is not yet in its place.", todo="Wait a few seconds, then try again.")
    return file_of(receipts.cose(found), f"entry-{found.idx}.cose", "application/cose")


@require_GET
def keys(request: Asked) -> HttpResponse:
    """Hand out the log's public keys and that of its receipts, to be given to an auditor in person."""
    require_reader(request.actor)
    own = receipts.public_key(logs.of(request.actor.tenant)).encode()
    return file_of(f"{queries.keys()}{own}\n".encode("ascii"), "vkeys", TEXT)
