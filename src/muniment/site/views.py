"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from muniment.site import home as of_today
from muniment.spine.actor import Actor


class Asked(HttpRequest):
    """A request that has passed the gate."""

    actor: Actor


@require_safe
def home(request: Asked) -> HttpResponse:
    """Show what needs somebody today."""
    return render(request, "site/home.html", of_today.whole(request.actor))
