"""Time from outside on the pages: asking for it now, and one entry with the proof of its time to take away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from muniment.ledger import queries
from muniment.ledger.models import Entry
from muniment.ledger.time import asking
from muniment.ledger.views.asked import Asked, file_of, require_reader


@require_POST
def ask(request: Asked) -> HttpResponse:
    """Have the authorities asked for the time now, and show the state of time."""
    names = asking.ask_time(request.actor)
    messages.info(
        request,
        _("Asked: %(names)s. What they answer stands here within seconds; reload the page then.")
        % {"names": ", ".join(names)},
    )
    return redirect("ledger:checkpoints")


@require_GET
def timed(request: Asked, entry_id: UUID) -> HttpResponse:
    """Hand out one entry with the proof of its place and of its time, in one file; nothing of it is opened there."""
    require_reader(request.actor)
    found = queries.entry(entry_id)
    raw = asking.entry_file(found)
    name = f"entry-{found.idx}.zip" if isinstance(found, Entry) else ""
    return file_of(raw, name, "application/zip")
