"""How the log stands: its signed heads as a picture, one of them to the byte, who witnessed them, and its checks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from muniment.ledger import clock, covering, lag, logs, queries, witnessing
from muniment.ledger.checks import runs
from muniment.ledger.models import Checkpoint
from muniment.ledger.time import asking, bounds
from muniment.ledger.trust import replacing
from muniment.ledger.views.asked import Asked, require_reader
from muniment.spine import config, ports
from muniment.spine.errors import Absent


@require_GET
def checkpoints(request: Asked) -> HttpResponse:
    """Show how the log grew, one signed head after the other."""
    require_reader(request.actor)
    now = ports.now()
    held = queries.checkpoints()
    witnesses = lag.standing(now)
    rows = _rows(held, witnesses)
    allowed = config.current()
    context = {
        "rows": rows,
        "points": [
            {
                "at": row["one"].at,
                "size": row["one"].size,
                "witnesses": len(row["cover"].names) if row["cover"] else 0,
                "of": row["cover"].of if row["cover"] else 0,
                "quorum": row["covered"],
                "later": row["later"],
                "url": row["url"],
            }
            for row in reversed(rows)
        ],
        "held": held,
        "count": queries.checkpoint_count(),
        "origin": queries.origin(),
        "keys": queries.keys(),
        "alone": replacing.unconfirmed(logs.of(request.actor.tenant)),
        "newest": held[0] if held else None,
        "note": queries.note() if held else "",
        "witnesses": witnesses,
        "named": lag.named(),
        "most_kept": witnessing.MOST_KEPT,
        "most_seconds": allowed.unwitnessed_seconds,
        "most_entries": allowed.unwitnessed_entries,
        "clock": clock.state(),
        "time": bounds.time_state(now),
        "may_ask_time": "ledger.ask_time" in request.actor.may,
        "asked_lately": asking.asked_lately(now),
    }
    return render(request, "ledger/checkpoints.html", context)


def _rows(held: list[Checkpoint], witnesses: lag.Standing) -> list[dict[str, Any]]:
    """Return each head with what it added to the one before it, and by which head witnesses covered it, how late."""
    covers = {} if witnesses.contradicted else covering.states([one.size for one in held if one.size])
    before = [*held[1:], None][: len(held)]
    return [
        {
            "one": one,
            "url": reverse("ledger:checkpoint_at", args=[one.number]),
            "added": one.size - (earlier.size if earlier is not None else 0),
            "after": one.at - earlier.at if earlier is not None else None,
            "cover": cover,
            "covered": cover is not None and cover.quorum,
            "later": max(cover.at - one.at, timedelta(0)) if cover is not None and cover.at else None,
        }
        for one, earlier in zip(held, before, strict=True)
        for cover in [covers.get(one.size)]
    ]


@require_GET
def checkpoint_at(request: Asked, number: int) -> HttpResponse:
    """Show one signed head with its exact text."""
    require_reader(request.actor)
    held: Checkpoint | None = Checkpoint.objects.filter(number=number).first() if number < 2**62 else None
    if held is None:
        raise Absent
    beside = {one.number for one in Checkpoint.objects.filter(number__in=[number - 1, number + 1])}
    witnesses = lag.standing(ports.now())
    [row] = _rows([held], witnesses)
    context = {
        "one": held,
        "newest": queries.newest_checkpoint(),
        "row": row,
        "witnesses": witnesses,
        "earlier": reverse("ledger:checkpoint_at", args=[number - 1]) if number - 1 in beside else "",
        "later": reverse("ledger:checkpoint_at", args=[number + 1]) if number + 1 in beside else "",
    }
    return render(request, "ledger/checkpoint.html", context)


@require_GET
def checks(request: Asked) -> HttpResponse:
    """List when the log was held against itself, and what came of it."""
    require_reader(request.actor)
    held = runs.history()
    context = {
        "rows": [{"one": one, "faults": runs.faults_of(one)} for one in held],
        "standing": runs.standing(ports.now()),
        "most": len(held),
    }
    return render(request, "ledger/checks.html", context)
