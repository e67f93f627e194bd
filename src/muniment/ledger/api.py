"""The ledger over the API: entries in words, proofs, and the log itself as C2SP tlog-tiles.

Below ``/api/v1/ledger/`` a program that reads tiles logs finds ``checkpoint`` and ``tile/…`` of its tenant's own log,
when it sends a token, and beside them what else of the log's folder a copy needs, under the same names. Those hold
commitments and what the log itself says of heads, keys and pruning; contents of entries are read as entries.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from muniment.ledger import logs, promises, queries, reading, receipts
from muniment.ledger.api_exports import router as exports
from muniment.ledger.api_time import router as timing
from muniment.ledger.exports.asked import Asked as Filters
from muniment.ledger.exports.asked import require_asked
from muniment.ledger.models import Entry
from muniment.ledger.schemas import (
    CosignedOut,
    EntriesIn,
    EntriesOut,
    EntryOut,
    HeadOut,
    PromisesIn,
    PromisesOut,
    ProofOut,
)
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Busy, Invalid, Refused

router = Router(tags=["ledger"])
router.add_router("/exports", exports)
router.add_router("", timing)


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def _reader(request: Asked) -> None:
    if "ledger.read" not in request.actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")


def _out(told: queries.Told) -> dict[str, Any]:
    return {
        "id": told.id,
        "idx": told.idx,
        "at": told.at,
        "action": told.kind,
        "actor": told.actor,
        "actor_name": told.who,
        "subject": told.subject,
        "outcome": told.opened.value("outcome"),
        "sentence": told.sentence,
        "facts": told.opened.facts,
        "erased": told.opened.erased,
    }


def _wanted(asked: EntriesIn) -> queries.Wanted:
    """Return what is asked for, held against the rules by which exports are asked for.

    :raises Invalid: for a filter that is none.
    """
    given = require_asked(
        Filters(
            "ocsf",
            asked.since,
            asked.until,
            actor=asked.actor,
            kind=_either(asked.kind, asked.action, "kind"),
            subject=_either(asked.object, asked.subject, "object"),
            outcome=asked.outcome,
            most=asked.limit,
        )
    )
    return queries.Wanted(
        kind=given.kind,
        actor=given.actor,
        subject=given.subject,
        outcome=given.outcome,
        since=given.since,
        until=given.until,
        before=asked.cursor,
        most=given.most,
    )


def _either(new: str, old: str, name: str) -> str:
    if new and old and new != old:
        raise Invalid("The same filter is given twice.", todo="Leave the older name out.", where=name)
    return new or old


@router.get("/entries", response=EntriesOut, summary="List what happened, the newest first")
def entries(request: Asked, asked: Annotated[EntriesIn, Query()]) -> dict[str, Any]:
    """Return entries that have their place, from the cursor down; what is recorded meanwhile moves no page."""
    for name in set(request.GET) - set(EntriesIn.model_fields):
        raise Invalid("There is no such filter, so nothing would be left out by it.", where=name[:40])
    limit = asked.limit
    wanted = _wanted(asked)
    found = reading.read(request.actor, wanted=wanted)
    told = queries.told(found.entries)
    more = len(told) == limit and (told[-1].idx or 0) > 0
    return {"items": [_out(one) for one in told], "next": str(told[-1].idx) if more else None}


@router.get("/entries/{uuid:entry_id}", response=EntryOut, summary="Get one entry")
def entry(request: Asked, entry_id: UUID) -> dict[str, Any]:
    """Return an entry, or the event that will become it."""
    found = reading.read(request.actor, wanted=queries.Wanted(entry=entry_id)).entries
    return _out(queries.told(found)[0])


@router.get("/entries/{uuid:entry_id}/proof", response=ProofOut, summary="Prove one entry")
def proof(request: Asked, entry_id: UUID) -> dict[str, Any]:
    """Return the inclusion proof of an entry under the newest checkpoint."""
    _reader(request)
    found = queries.entry(entry_id)
    made = queries.proof(found) if isinstance(found, Entry) else None
    if made is None or made.fault:
        raise Busy("This entry cannot be proved yet.", todo="Wait a few seconds, then try again.")
    return {
        "index": made.index,
        "size": made.size,
        "leaf": made.leaf,
        "hashes": list(made.hashes),
        "root": made.root,
    }


@router.get("/entries/{uuid:entry_id}/proof.tlog-proof", summary="Prove one entry to any program")
def proof_file(request: Asked, entry_id: UUID) -> HttpResponse:
    """Return the proof as a C2SP tlog-proof."""
    _reader(request)
    return HttpResponse(queries.proof_file(queries.entry(entry_id)), content_type="text/plain; charset=utf-8")


@router.get("/entries/{uuid:entry_id}/proof.cose", summary="Prove one entry as a COSE receipt")
def cose_file(request: Asked, entry_id: UUID) -> HttpResponse:
    """Return the proof as a COSE receipt (RFC 9942) over the leaf's bytes."""
    _reader(request)
    found = queries.entry(entry_id)
    if not isinstance(found, Entry):
        raise Busy("This entry is not yet in its place.", todo="Wait a few seconds, then try again.")
    return HttpResponse(receipts.cose(found), content_type="application/cose")


@router.get("/entries/{uuid:entry_id}/receipt", summary="Get the signed receipt of one entry")
def receipt(request: Asked, entry_id: UUID) -> HttpResponse:
    """Return what was promised when the entry was recorded, while it waits as well as later.

    Whoever did it gets it without the right to read the ledger.
    """
    found = queries.entry(entry_id)
    if found.actor != request.actor.id:
        _reader(request)
    return HttpResponse(receipts.of_event(found), content_type="text/plain; charset=utf-8")


@router.get("/receipts", response=PromisesOut, summary="List your own receipts and what became of them")
def my_receipts(request: Asked, asked: Annotated[PromisesIn, Query()]) -> dict[str, Any]:
    """Return what whoever asks did, with the promise made about it; what still waits for its place comes first."""
    found = promises.of(request.actor, ports.now(), before=asked.cursor, most=asked.limit)
    placed = [one.told.idx for one in found if one.told.idx is not None]
    items = [
        {
            "entry": one.told.id,
            "idx": one.told.idx,
            "recorded": one.told.at,
            "due": one.due,
            "covered": one.covered,
            "state": one.state,
        }
        for one in found
    ]
    more = len(placed) >= asked.limit and placed[-1] > 0
    return {"items": items, "next": str(placed[-1]) if more else None}


@router.get("/receipt-key", summary="Get the key that signs receipts, announced by the log")
def receipt_key(request: Asked) -> HttpResponse:
    """Return the signed note by which the log announces the key of its receipts."""
    said = receipts.announcement(logs.of(request.actor.tenant))
    return HttpResponse(said, content_type="text/plain; charset=utf-8")


@router.get("/entries/{uuid:entry_id}/leaf", summary="Get the leaf of one entry to the byte")
def leaf(request: Asked, entry_id: UUID) -> HttpResponse:
    """Return what is hashed into the tree; it holds commitments only."""
    _reader(request)
    found = queries.entry(entry_id)
    return HttpResponse(queries.leaf_of(found), content_type="application/json")


@router.get("/head", response=HeadOut, summary="Get the newest signed head")
def head(request: Asked) -> dict[str, Any]:
    """Return size and root of the newest checkpoint, and the log's keys."""
    _reader(request)
    newest = queries.newest_checkpoint()
    if newest is None:
        raise Absent("No checkpoint has been signed yet.")
    return {
        "origin": queries.origin(),
        "size": newest.size,
        "root": bytes(newest.root).hex(),
        "at": newest.at,
        "keys": queries.keys().splitlines(),
    }


@router.get("/checkpoint", summary="Get the newest checkpoint as a signed note")
def checkpoint(request: Asked) -> HttpResponse:
    """Return the checkpoint as C2SP tlog-checkpoint."""
    _reader(request)
    return HttpResponse(queries.note().encode("utf-8"), content_type="text/plain; charset=utf-8")


@router.get("/tile/{path:tile}", summary="Get a tile or entry bundle of the log")
def tile(request: Asked, tile: str) -> HttpResponse:
    """Return a file of the log as C2SP tlog-tiles names it."""
    _reader(request)
    return HttpResponse(queries.tile(tile), content_type="application/octet-stream")


@router.get("/cose-head", summary="Get the signature by which COSE receipts are made")
def cose_head(request: Asked) -> HttpResponse:
    """Return the log's signature over the root of the newest head, as COSE receipts carry it."""
    return _beside(request, "cose-head", "application/json")


@router.get("/succession", summary="Get the steps by which the log's keys followed each other")
def succession(request: Asked) -> HttpResponse:
    """Return the announcements of newer keys, each proved under a head that the older ones signed."""
    return _beside(request, "succession", "application/json")


@router.get("/pruned.json", summary="Get what the log says about its pruned entries")
def pruned(request: Asked) -> HttpResponse:
    """Return the openings of the entry that states below which index entries went."""
    return _beside(request, "pruned.json", "application/json")


@router.get("/witnessed", summary="Get the newest checkpoint that enough witnesses cosigned")
def witnessed(request: Asked) -> HttpResponse:
    """Return the cosigned checkpoint that last had the quorum of the policy."""
    return _beside(request, "witnessed")


@router.get(
    "/cosigned", response=CosignedOut, summary="List the sizes at which a cosigned checkpoint is kept"
)
def cosigned(request: Asked) -> dict[str, Any]:
    """Return the sizes of the newest heads that are kept with the cosignatures they got, in order."""
    _reader(request)
    return {"sizes": queries.cosigned_sizes()}


@router.get("/cosigned/{int:size}", summary="Get the checkpoint of a size with the cosignatures it got")
def cosigned_head(request: Asked, size: int) -> HttpResponse:
    """Return an earlier checkpoint with its cosignatures; whether they are a quorum, the reader's policy says."""
    return _beside(request, f"cosigned/{size}")


@router.get("/heads/{path:tile}", summary="Get what an entry says about the ends of the streams")
def heads(request: Asked, tile: str) -> HttpResponse:
    """Return the openings of a stream-heads leaf; its index is written as the numbers of tiles are."""
    return _beside(request, f"heads/{tile}", "application/json")


def _beside(request: Asked, name: str, kind: str = "text/plain; charset=utf-8") -> HttpResponse:
    _reader(request)
    return HttpResponse(queries.beside(name), content_type=kind)
