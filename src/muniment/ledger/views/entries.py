"""The pages of the ledger: its entries as sentences, the proof of one, its checkpoints."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from muniment.ledger import covering, explaining, lag, queries, reading, standing
from muniment.ledger.models import Entry
from muniment.ledger.pruning import gaps
from muniment.ledger.time import bounds
from muniment.ledger.views.asked import Asked, file_of, require_reader
from muniment.spine import ports
from muniment.spine.errors import Absent


def _command(of: Entry) -> str:
    """Return how a program that is not ours checks an entry, with both files at hand."""
    key = queries.keys().splitlines()[0]
    return (
        f"proofbundle verify-proof {_proof_name(of)} \\\n  --payload-file {_leaf_name(of)} \\\n"
        f"  --expected-origin {queries.origin()} \\\n  --log-vkey '{key}'"
    )


def _timing(of: Entry) -> str:
    """Return how our verifier, and OpenSSL without us, check the time of an entry."""
    name = f"entry-{of.idx}.zip"
    return (
        f"python3 verify.py {name} --entry --trust vkeys --authorities AUTHORITY.pem\n"
        f"unzip {name} -d entry-{of.idx}\n"
        f"openssl ts -verify -in entry-{of.idx}/time/after-1.tsr \\\n"
        f"  -data entry-{of.idx}/time/after.head -CAfile AUTHORITY.pem"
    )


def _leaf_name(of: Entry) -> str:
    return f"entry-{of.idx}.json"


def _proof_name(of: Entry) -> str:
    return f"entry-{of.idx}.tlog-proof"


@require_GET
def entry(request: Asked, entry_id: UUID) -> HttpResponse:
    """Show one entry: what was committed, its place, and the proof of it."""
    [found] = reading.read(request.actor, wanted=queries.Wanted(entry=entry_id)).entries
    [told] = queries.told([found])
    witnesses = lag.standing(ports.now())
    proof = queries.proof(found) if isinstance(found, Entry) else None
    cover = covering.entry(found) if isinstance(found, Entry) and not witnesses.contradicted else None
    context: dict[str, Any] = {
        "told": told,
        "fields": queries.fields(told),
        "unopened": queries.unopened(told),
        "explained": explaining.explain(found, told, proof, cover),
        "means": standing.MEANINGS,
        "entry": None,
    }
    if isinstance(found, Entry):
        before, after = queries.neighbours(found)
        earlier_here, later_here = explaining.series(found)
        context |= {
            "entry": found,
            "proof": proof,
            "before": before,
            "after": after,
            "gap_before": gaps.why(found.idx - 1) if before is None and found.idx else "",
            "never_pruned": earlier_here.gone and gaps.in_force() is None,
            "earlier_here": earlier_here,
            "later_here": later_here,
            "signed_at": cover.at if cover is not None else None,
            "bounds": bounds.bounds(found),
            "timing": _timing(found),
            "size": queries.size(),
            "command": _command(found),
            "leaf": "" if proof and not proof.leaf else queries.leaf_of(found).decode("ascii"),
        }
    return render(request, "ledger/entry.html", context)


@require_GET
def leaf(request: Asked, entry_id: UUID) -> HttpResponse:
    """Hand out the leaf of an entry to the byte, as it stands in the tree; it holds commitments only."""
    require_reader(request.actor)
    found = queries.entry(entry_id)
    if not isinstance(found, Entry):
        raise Absent("This entry is not yet in its place.", todo="Wait a few seconds, then try again.")
    return file_of(queries.leaf_of(found), _leaf_name(found), "application/json")


@require_GET
def proof(request: Asked, entry_id: UUID) -> HttpResponse:
    """Hand out the proof of an entry, for any program that reads C2SP tlog-proofs."""
    require_reader(request.actor)
    found = queries.entry(entry_id)
    raw = queries.proof_file(found)
    name = _proof_name(found) if isinstance(found, Entry) else ""
    return file_of(raw, name, "text/plain; charset=utf-8")


@require_GET
def checkpoint(request: Asked) -> HttpResponse:
    """Hand out the newest checkpoint as the signed note that it is."""
    require_reader(request.actor)
    return file_of(queries.note().encode("utf-8"), "checkpoint", "text/plain; charset=utf-8")


@require_GET
def head(request: Asked) -> HttpResponse:
    """Show the ledger's head as it stands in the frame; asked for each minute, so it is not put on record."""
    return render(request, "ui/_ledger_head.html")
