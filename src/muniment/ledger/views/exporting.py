"""The pages of exports: ask for one, see what it holds, take a copy with the manifest that proves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from muniment.ledger import exporting, logs, queries, sentences
from muniment.ledger.exports.asked import MEDIA_TYPES, MOST_HERE
from muniment.ledger.forms_exports import Exporting, again
from muniment.ledger.pushing import follow
from muniment.ledger.views.asked import Asked, file_of, require
from muniment.proof.standalone import verifier_source
from muniment.spine import config, ports


@require_http_methods(["GET", "POST"])
def exports(request: Asked) -> HttpResponse:
    """Ask for an export; one that is made is shown on a page of its own."""
    require(request.actor, "ledger.export")
    may_personal = "ledger.export_personal" in request.actor.may
    if request.method == "POST":
        form = Exporting(request.POST, may_personal=may_personal)
        if form.is_valid():
            made = exporting.make(request.actor, form.asked())
            return redirect("ledger:export", export_id=made.id)
    else:
        form = Exporting(initial=request.GET.dict(), may_personal=may_personal)
    context = {"form": form, "most": MOST_HERE, "newest": queries.newest_checkpoint(), "push": _push(request)}
    return render(request, "ledger/exports.html", context, status=422 if form.is_bound else 200)


def _push(request: Asked) -> dict[str, Any] | None:
    """Return how the entries that leave the house by themselves stand; ``None`` when none do."""
    if not config.current().otlp_address:
        return None
    found = follow.behind(logs.of(request.actor.tenant))
    moments = {
        name: datetime.fromisoformat(text) if text else None
        for name, text in (("sent_at", found.sent_at), ("until", found.until))
    }
    return {"behind": found, "late": found.late(ports.now()), **moments}


def _filters(of: exporting.Export) -> list[tuple[str, str]]:
    """Return the filters of an export in words."""
    asked = of.asked
    told = [
        (_("From"), asked.since.strftime("%Y-%m-%d %H:%M UTC") if asked.since else ""),
        (_("Up to, without"), asked.until.strftime("%Y-%m-%d %H:%M UTC") if asked.until else ""),
        (_("What was done"), asked.kind),
        (_("How it ended"), {"done": _("Done"), "refused": _("Refused")}.get(asked.outcome, "")),
        (_("Who did it"), sentences.names([asked.actor]).get(asked.actor, "")),
        (_("What it was about"), sentences.subject_in_words(asked.subject) if asked.subject else ""),
    ]
    return [(name, value) for name, value in told if value]


@require_GET
def export(request: Asked, export_id: UUID) -> HttpResponse:
    """Show what an export holds, how a stranger checks it, and who took copies."""
    whole = exporting.read(request.actor, export_id=export_id)
    made = whole.export
    newest = queries.newest_checkpoint()
    context: dict[str, Any] = {
        "export": made,
        "by": sentences.names([made.actor])[made.actor],
        "filters": _filters(made),
        "copies": whole.copies,
        "proven": made.idx is not None and newest is not None and made.idx < newest.size,
        "again": again(made.asked, made.cursor) if made.cursor else {},
        "left": made.range.size - made.range.end,
        "last": made.range.end - 1 if made.range.end > made.range.first else None,
        "may_take": "ledger.download" in request.actor.may
        and (not made.asked.personal or "ledger.export_personal" in request.actor.may),
        "may_export": "ledger.export" in request.actor.may,
        "command": f"python3 verify.py {made.name} \\\n  --manifest {made.name}.manifest.json --trust vkeys",
    }
    return render(request, "ledger/export.html", context)


@require_GET
def export_file(request: Asked, export_id: UUID) -> HttpResponse:
    """Hand out the exported bytes, and put on record that they left."""
    made, raw = exporting.copy(request.actor, export_id=export_id)
    return file_of(raw, made.name, MEDIA_TYPES[made.asked.form])


@require_GET
def export_manifest(request: Asked, export_id: UUID) -> HttpResponse:
    """Hand out the manifest: the export's own entry with its proof, and nothing of what the file says."""
    name, raw = exporting.manifest(request.actor, export_id=export_id)
    return file_of(raw, name, "application/json")


@require_GET
def verifier(request: Asked) -> HttpResponse:
    """Hand out the program with which a stranger checks packs and exports."""
    require(request.actor, "ledger.read")
    return file_of(verifier_source().encode("utf-8"), "verify.py", "text/x-python; charset=utf-8")
