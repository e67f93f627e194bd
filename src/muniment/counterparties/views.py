"""The pages of the counterparties: the list, one party's form, and the import that is shown before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from muniment.counterparties import actions, queries, rules
from muniment.counterparties.forms import FIELD_NAMES, STANDINGS, FileForm, MappingForm, PartyForm
from muniment.counterparties.models import Standing
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid

MOST_SHOWN = 200
"""Rejects that one page lists; all of them are counted, and kept with the import."""


class Asked(HttpRequest):
    """A request that has passed the site's gate: somebody signed in, with what they may do."""

    actor: Actor


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid("This is no page of the list.", todo="Begin at its start.", where="after") from None


def _rights(request: Asked) -> dict[str, bool]:
    may = request.actor.may
    return {
        "may_add": "counterparties.add" in may,
        "may_import": "counterparties.bring_in" in may,
        "may_screen": "screening.run" in may,
    }


@require_safe
def index(request: Asked) -> HttpResponse:
    """List the counterparties, found by words or numbers, or by what the last screening said."""
    text, standing = request.GET.get("q", "")[:200], request.GET.get("standing", "")
    if standing and standing not in Standing.values:
        raise Invalid("There is no such state.", todo="Choose one of the list.", where="standing")
    page = queries.page(text, standing, _cursor(request.GET.get("after", "")))
    rows = actions.read(request.actor, ids=page.ids)
    counts, here = queries.standings(), reverse("counterparties:index")
    chips = [
        {
            "label": label,
            "url": f"{here}?{urlencode({'q': text, 'standing': code})}",
            "current": code == standing,
            "count": counts[code],
        }
        for code, label in STANDINGS.items()
    ]
    following = urlencode({"q": text, "standing": standing, "after": page.following or ""})
    shown: dict[str, Any] = {
        "rows": rows,
        "text": text,
        "standing": standing,
        "chips": chips,
        "total": counts[""],
        "after": request.GET.get("after", ""),
        "next_url": f"{here}?{following}" if page.following else "",
        **_rights(request),
    }
    return render(request, "counterparties/index.html", shown)


@require_safe
def show(request: Asked, counterparty_id: UUID) -> HttpResponse:
    """Lead to the page of one counterparty, which stands where its matches are."""
    rules.require_right(request.actor, "counterparties.read")
    return redirect("screening:counterparty", counterparty_id=queries.counterparty(counterparty_id).id)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Asked) -> HttpResponse:
    """Show the form for a new counterparty, and enter it."""
    rules.require_right(request.actor, "counterparties.add")
    form = PartyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = actions.add(request.actor, party=form.cleaned_data["party"])
        messages.info(request, _("The counterparty is entered. It has not been screened yet."))
        return redirect("screening:counterparty", counterparty_id=row.id)
    status = 422 if form.is_bound else 200
    return render(request, "counterparties/party.html", {"form": form, "row": None}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Asked, counterparty_id: UUID) -> HttpResponse:
    """Show the form of one counterparty, and bring it up to date."""
    rules.require_right(request.actor, "counterparties.change")
    [row] = actions.read(request.actor, ids=[counterparty_id])
    known = rules.party_of(row)
    form = PartyForm(request.POST or None, known=known, status=row.status, mark=row.mark)
    if request.method == "POST" and form.is_valid():
        actions.change(
            request.actor,
            counterparty_id=row.id,
            party=form.cleaned_data["party"],
            status=form.cleaned_data["status"],
            seen=form.cleaned_data["seen"],
        )
        messages.info(request, _("The counterparty is brought up to date. Screen it again."))
        return redirect("screening:counterparty", counterparty_id=row.id)
    status = 422 if form.is_bound else 200
    return render(request, "counterparties/party.html", {"form": form, "row": row}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: Asked) -> HttpResponse:
    """Take a file to look at; the register does not change yet."""
    rules.require_right(request.actor, "counterparties.offer")
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        held = actions.receive(request.actor, file.read(actions.most_read(file.name)), name=file.name)
        return redirect("counterparties:import", import_id=held.id)
    status = 422 if request.method == "POST" else 200
    shown = {"form": form, "imports": queries.imports()}
    return render(request, "counterparties/offer.html", shown, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def look_over(request: Asked, import_id: UUID) -> HttpResponse:
    """Show what an offered file would do, column by column, and do it when somebody confirms exactly that."""
    rules.require_right(request.actor, "counterparties.bring_in")
    held = queries.import_of(import_id)
    if held.state != "offered":
        left_out = queries.rejects_of(held)
        shown = {"held": held, "rejects": _shown(left_out[:MOST_SHOWN]), "more": len(left_out) - MOST_SHOWN}
        return render(request, "counterparties/taken.html", shown)
    given = request.POST if request.method == "POST" else request.GET
    first = queries.look(held) if not any(name.startswith("column") for name in given) else None
    header = first.header if first is not None else queries.header_of(held)
    form = MappingForm(given if first is None else _suggested(first), header)
    if not form.is_valid():
        raise Invalid("A column is mapped to something that does not exist.", todo="Choose from the list.")
    kind = "person" if form.cleaned_data["kind"] == "person" else "organisation"
    if request.method == "POST":
        done = actions.confirm(
            request.actor,
            import_id=import_id,
            mapping=form.mapping if held.form == "csv" else None,
            default_kind="person" if kind == "person" else "organisation",
            shown=request.POST.get("shown", "") or "nothing was shown",
        )
        messages.info(request, _("%(new)d new counterparties, %(changed)d changed.") % dict(done.counts))
        return redirect("counterparties:import", import_id=import_id)
    look = queries.look(held, form.mapping, "person" if kind == "person" else "organisation")
    settled = look.settled
    rejects = settled.rejects if settled else ()
    notices = settled.notices if settled else ()
    return render(
        request,
        "counterparties/look_over.html",
        {
            "held": held,
            "form": form,
            "look": look,
            "settled": settled,
            "rejects": _shown(rejects[:MOST_SHOWN], look.mapping),
            "more": len(rejects) - MOST_SHOWN,
            "notices": _shown(notices[:MOST_SHOWN], look.mapping),
            "confirm": list(form.cleaned_data.items()),
        },
    )


@require_POST
def discard(request: Asked, import_id: UUID) -> HttpResponse:
    """Put an offered file aside."""
    actions.discard(request.actor, import_id=import_id)
    messages.info(request, _("The file is discarded. Nothing in the register has changed."))
    return redirect("counterparties:offer")


def _suggested(look: queries.Look) -> dict[str, str]:
    return {f"column{place}": look.mapping.get(column, "") for place, column in enumerate(look.header)}


def _shown(rejects: Any, mapping: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return lines for the page; a field is named by the file's own columns too, as far as those are known."""
    columns: dict[str, list[str]] = {}
    for column, field in (mapping or {}).items():
        columns.setdefault(field, []).append(column)
    return [
        {
            "line": one.line or None,
            "field": FIELD_NAMES.get(one.field, one.field),
            "columns": ", ".join(columns.get(one.field, [])),
            "why": one.why,
        }
        for one in rejects
    ]
