"""The pages of erasures and holds: what was asked for, what it would do, who confirmed, and the certificate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from muniment.lifecycle import actions, queries
from muniment.lifecycle.forms import BASES, HELD, Answering, Asking, Holding, Lifting
from muniment.lifecycle.models import Erasure, Hold, Kind, State
from muniment.spine.actor import Actor

WRONG = 422
#: Identifiers of the fields of the form for a hold, which stands beside another form.
HOLDING = "hold-%s"


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def _seen(order: Erasure) -> tuple[str, str, str]:
    """Return tone, icon and word for where an order stands."""
    return {
        State.ASKED: ("attention", "clock", _("waits for a second person")),
        State.REFUSED: ("quiet", "void", _("refused")),
        State.ORDERED: ("attention", "clock", _("ordered, not carried out yet")),
        State.CLEARED: ("attention", "clock", _("keys destroyed, being finished")),
        State.EXECUTED: ("proven", "check", _("carried out")),
    }[State(order.state)]


def _kind(order: Erasure) -> str:
    return _kind_name(order.kind)


def _kind_name(kind: str) -> str:
    return {
        Kind.COUNTERPARTY: _("counterparty"),
        Kind.ACCOUNT: _("account"),
        Kind.TENANT: _("the whole organisation"),
    }[Kind(kind)]


def _row(order: Erasure, who: dict[str, Any]) -> dict[str, Any]:
    tone, icon, word = _seen(order)
    return {
        "order": order,
        "tone": tone,
        "icon": icon,
        "word": word,
        "kind": _kind(order),
        "basis": BASES[order.basis],
        "by": who[order.asked_by].name,
        "answered_by": who[order.answered_by].name if order.answered_by else "",
    }


def _hold(one: Hold, who: dict[str, Any], actor: Actor) -> dict[str, Any]:
    return {
        "hold": one,
        "on": HELD[one.on],
        "by": who[one.placed_by].name,
        "lift_asked_by": who[one.lift_asked_by].name if one.lift_asked_by else "",
        "lifted_by": who[one.lifted_by].name if one.lifted_by else "",
        "mine": one.lift_asked_by == actor.id,
        # Each form of a page has identifiers of its own, so that each label belongs to its field.
        "lifting": Lifting(auto_id=f"lift-{one.number}-%s"),
    }


@require_GET
def index(request: Asked) -> HttpResponse:
    """List what was asked for and carried out, and what is held."""
    return _index(request)


def _index(
    request: Asked,
    asking: Asking | None = None,
    holding: Holding | None = None,
    lifting: tuple[UUID, Lifting] | None = None,
) -> HttpResponse:
    actions.read(request.actor)
    orders, holds = queries.erasures(), queries.holds()
    named = [one for order in orders for one in (order.asked_by, order.answered_by) if one]
    named += [one for hold in holds for one in (hold.placed_by, hold.lift_asked_by, hold.lifted_by) if one]
    who = queries.who(named)
    target = request.GET.get("target", "")
    shown = [_hold(one, who, request.actor) for one in holds]
    for one in shown:
        if lifting and one["hold"].id == lifting[0]:
            one["lifting"] = lifting[1]
    context = {
        "rows": [_row(one, who) for one in orders],
        "holds": shown,
        "in_force": sum(one.lifted_at is None for one in holds),
        "asking": asking or Asking(initial={"target": target[:36]}),
        "holding": holding or Holding(auto_id=HOLDING),
        "may_ask": "lifecycle.ask_erasure" in request.actor.may,
    }
    wrong = any(form is not None for form in (asking, holding, lifting))
    return render(request, "lifecycle/index.html", context, status=WRONG if wrong else 200)


@require_POST
def ask(request: Asked) -> HttpResponse:
    """Ask that somebody's data be erased."""
    form = Asking(request.POST)
    if not form.is_valid():
        return _index(request, asking=form)
    made = actions.ask_erasure(request.actor, **form.cleaned_data)
    messages.success(request, _("It is asked for. Somebody else must confirm it."))
    return redirect("lifecycle:erasure", erasure_id=made.id)


@require_GET
def subject(request: Asked, target: UUID) -> HttpResponse:
    """Show what erasing somebody would make unreadable and what is held, with the form to ask for it."""
    actions.read(request.actor)
    found = queries.preview(target)
    context = {
        "found": found,
        "kind": _kind_name(found.kind),
        "asking": Asking(initial={"target": target}),
        "may_ask": "lifecycle.ask_erasure" in request.actor.may and not found.why and not found.under_way,
    }
    return render(request, "lifecycle/subject.html", context)


@require_GET
def erasure(request: Asked, erasure_id: UUID) -> HttpResponse:
    """Show an order: what it would do or did, who asked, who confirmed."""
    return _erasure(request, erasure_id)


def _erasure(request: Asked, erasure_id: UUID, form: Answering | None = None) -> HttpResponse:
    whole = actions.read(request.actor, erasure_id=erasure_id)
    assert whole is not None  # noqa: S101  # an order was asked for
    order = whole.order
    who = queries.who([one for one in (order.asked_by, order.answered_by) if one])
    context = _row(order, who) | {
        "whole": whole,
        "form": form or Answering(),
        "keys": len(whole.extent.keys) if whole.extent else 0,
        "held": whole.extent.held if whole.extent else order.held,
        "may_answer": "lifecycle.answer_erasure" in request.actor.may
        and order.state == State.ASKED
        and order.asked_by != request.actor.id,
        "command": f"python3 verify.py {queries.certificate_name(order)} --certificate --trust vkeys",
        "done": order.state == State.EXECUTED,
    }
    return render(request, "lifecycle/erasure.html", context, status=200 if form is None else WRONG)


@require_POST
def answer(request: Asked, erasure_id: UUID) -> HttpResponse:
    """Order an erasure that another person asked for, or refuse it."""
    form = Answering(request.POST)
    if not form.is_valid():
        return _erasure(request, erasure_id, form)
    actions.answer_erasure(request.actor, erasure_id=erasure_id, **form.cleaned_data)
    if form.cleaned_data["approve"]:
        messages.success(request, _("It is ordered and carried out within seconds."))
    return redirect("lifecycle:erasure", erasure_id=erasure_id)


@require_GET
def certificate(request: Asked, erasure_id: UUID) -> HttpResponse:
    """Hand out the certificate of an erasure."""
    whole = actions.read(request.actor, erasure_id=erasure_id)
    assert whole is not None  # noqa: S101  # an order was asked for
    name = queries.certificate_name(whole.order)
    return HttpResponse(
        queries.certificate(whole.order),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def place(request: Asked) -> HttpResponse:
    """Place a legal hold."""
    form = Holding(request.POST, auto_id=HOLDING)
    if not form.is_valid():
        return _index(request, holding=form)
    made = actions.place_hold(request.actor, **form.cleaned_data)
    messages.success(request, _("Hold %(number)s is placed.") % {"number": made.number})
    return redirect("lifecycle:index")


@require_POST
def ask_lift(request: Asked, hold_id: UUID) -> HttpResponse:
    """Ask that a hold be lifted."""
    held = queries.hold(hold_id)
    form = Lifting(request.POST, auto_id=f"lift-{held.number}-%s")
    if not form.is_valid():
        return _index(request, lifting=(hold_id, form))
    actions.ask_lift(request.actor, hold_id=hold_id, reason=form.cleaned_data["reason"])
    messages.success(request, _("It is asked for. Somebody else must confirm it."))
    return redirect("lifecycle:index")


@require_POST
def lift(request: Asked, hold_id: UUID) -> HttpResponse:
    """Lift a hold that another person asked to lift."""
    actions.lift_hold(request.actor, hold_id=hold_id)
    messages.success(request, _("The hold is lifted."))
    return redirect("lifecycle:index")
