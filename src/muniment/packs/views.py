"""The pages of packs: what proof was built, what it shows and does not, who has a copy, and verifying it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from muniment.packs import actions, queries
from muniment.packs.forms import Taking
from muniment.packs.models import PackState
from muniment.proof.pack import LIMITS
from muniment.proof.report import FAILED, PASSED, Report
from muniment.spine.actor import Actor
from muniment.spine.errors import Refused


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


@require_GET
def index(request: Asked) -> HttpResponse:
    """List every pack, the newest first."""
    if "packs.read" not in request.actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")
    held = queries.packs()
    copies = queries.handover_counts(held)
    who = queries.who(one.requested_by for one in held)
    broken = queries.breakdowns(held)
    rows = [
        {
            "pack": one,
            "by": who[one.requested_by].name,
            "copies": copies.get(one.id, 0),
            "breakdown": broken.get(one.id),
        }
        for one in held
    ]
    waiting = sum(one.state == PackState.QUEUED for one in held)
    return render(request, "packs/index.html", {"rows": rows, "waiting": waiting})


@require_GET
def pack(request: Asked, pack_id: UUID) -> HttpResponse:
    """Show a pack: what it contains, what it proves and does not, whom it was given to."""
    return _page(request, pack_id)


def _page(
    request: Asked, pack_id: UUID, form: Taking | None = None, report: Report | None = None
) -> HttpResponse:
    whole = actions.read(request.actor, pack_id=pack_id)
    held = whole.pack
    who = queries.who([held.requested_by, *(one.taken_by for one in whole.handovers)])
    context: dict[str, Any] = {
        "pack": held,
        "by": who[held.requested_by].name,
        "handovers": [{"row": one, "by": who[one.taken_by].name} for one in whole.handovers],
        "form": form or Taking(),
        "limits": LIMITS,
        "command": f"python3 verify.py {_name(held.case_number, held.sha256)} --trust vkeys",
        "may_take": "packs.download" in request.actor.may,
        "breakdown": queries.breakdowns([held]).get(held.id),
        "may_retry": "packs.retry" in request.actor.may,
    }
    if report is not None:
        context |= {
            "report": report,
            "checks": [
                dict(zip(("check", "tone", "icon", "word"), (one, *_seen(one.state)), strict=True))
                for one in report.checks
            ],
            "passed": sum(one.state == PASSED for one in report.checks),
        }
    return render(request, "packs/pack.html", context, status=422 if form is not None else 200)


def _seen(state: str) -> tuple[str, str, str]:
    """Return tone, icon and word for the outcome of a check."""
    return {
        PASSED: ("proven", "check", _("passed")),
        FAILED: ("fault", "cross", _("failed")),
    }.get(state, ("attention", "question", _("not checked")))


def _name(number: int, sha256: str) -> str:
    return f"case-{number}-{sha256[:8]}.zip"


@require_POST
def build(request: Asked, case_id: UUID) -> HttpResponse:
    """Ask for the proof of a decided case; one that is being built already is shown instead."""
    waiting = queries.being_built(case_id)
    if waiting is not None and "packs.build" in request.actor.may:
        return redirect("packs:pack", pack_id=waiting.id)
    made = actions.build(request.actor, case_id=case_id)
    messages.info(request, _("The proof is being built. It takes a few seconds."))
    return redirect("packs:pack", pack_id=made.id)


@require_POST
def retry(request: Asked, pack_id: UUID) -> HttpResponse:
    """Try again to build a pack that was given up."""
    held = actions.retry(request.actor, pack_id=pack_id)
    messages.info(request, _("The proof is being built. It takes a few seconds."))
    return redirect("packs:pack", pack_id=held.id)


@require_http_methods(["POST"])
def download(request: Asked, pack_id: UUID) -> HttpResponseBase:
    """Hand out a copy, once it is said to whom it goes."""
    form = Taking(request.POST)
    if not form.is_valid():
        return _page(request, pack_id, form=form)
    held, pieces = actions.download(request.actor, pack_id=pack_id, given_to=form.cleaned_data["given_to"])
    return StreamingHttpResponse(
        pieces,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{_name(held.case_number, held.sha256)}"',
            "Content-Length": str(held.size),
        },
    )


@require_POST
def verify(request: Asked, pack_id: UUID) -> HttpResponse:
    """Verify a pack before one's eyes, each check with the sentence that it proves."""
    held = actions.read(request.actor, pack_id=pack_id).pack
    return _page(request, pack_id, report=queries.examined(held))
