"""The list of the ledger: its entries as sentences, narrowed by the address, and the questions that people keep."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from muniment.ledger import lag, queries, reading, sentences, standing
from muniment.ledger.checks import runs
from muniment.ledger.forms import Asking, Keeping
from muniment.ledger.pruning import gaps
from muniment.ledger.questions import acts, known
from muniment.ledger.views.asked import Asked
from muniment.spine import ports


def _chips(form: Asking) -> list[dict[str, Any]]:
    chosen = form.cleaned_data["group"]
    other = frozenset({"group", "kind", "outcome"})

    def chip(group: str, word: Any) -> dict[str, Any]:
        return {
            "label": word,
            "url": form.address(without=other, **({"group": group} if group else {})),
            "current": chosen == group and not form.cleaned_data["kind"],
        }

    return [chip("", _("All")), *(chip(name, word) for name, (word, _classes) in sentences.GROUPS.items())]


def _narrowed(form: Asking, wanted: queries.Wanted) -> list[dict[str, str]]:
    """Say by what the list is narrowed beyond the chips, each with the address of the list without that."""
    told = []

    def by(name: str, words: str) -> None:
        told.append({"words": words, "url": form.address(without=frozenset({name}))})

    if wanted.actor:
        by("actor", _("Only what %(who)s did") % {"who": sentences.names([wanted.actor])[wanted.actor]})
    if wanted.subject:
        by("subject", _("Only what is about %(what)s") % {"what": sentences.subject_in_words(wanted.subject)})
    if wanted.about:
        by(
            "about",
            _("Everything in the series of %(what)s") % {"what": sentences.subject_in_words(wanted.about)},
        )
    if wanted.stream:
        by("stream", _("Only one series"))
    if wanted.kind:
        by("kind", _("Only the action %(name)s") % {"name": wanted.kind})
    if wanted.outcome:
        by("outcome", _("Only what was refused") if wanted.outcome == "refused" else _("Only what was done"))
    if form.cleaned_data["days"]:
        by("days", _("Of the last %(count)d days") % {"count": form.cleaned_data["days"]})
    return told


@require_GET
def index(request: Asked) -> HttpResponse:
    """List what happened, the newest first."""
    form = Asking(request.GET.dict())
    wanted = form.wanted(ports.now())
    found = reading.read(request.actor, wanted=wanted)
    told = queries.told([*found.waiting, *found.entries])
    waiting, placed = told[: len(found.waiting)], told[len(found.waiting) :]
    last = placed[-1].idx if placed else None
    form.offer({one.actor: one.who for one in told} | sentences.names([wanted.actor]))
    hide = frozenset({"readings"})
    context = {
        "placed": placed,
        "waiting": waiting,
        "chips": _chips(form),
        "form": form,
        "narrowed": _narrowed(form, wanted),
        "carried": form.kept(without=frozenset({"since", "until", "kind", "outcome", "actor"})).items(),
        "asked": urlencode(form.kept()),
        "questions": known.questions(request.actor),
        "may_keep": "ledger.keep_question" in request.actor.may,
        "keeping": Keeping(),
        "hidden": queries.hidden(wanted),
        "most_counted": queries.MOST_COUNTED,
        "shown": bool(form.cleaned_data["readings"]) and not wanted.classes and not wanted.kind,
        "switch": form.address(without=hide)
        if form.cleaned_data["readings"]
        else form.address(readings="shown"),
        "size": queries.size(),
        "witnesses": lag.standing(ports.now()),
        "checked": runs.standing(ports.now()),
        "pruned": gaps.in_force() if len(placed) < wanted.most else None,
        "means": standing.MEANINGS,
        "newer": form.address() if wanted.before is not None else "",
        "older": form.address(before=str(last)) if last and len(placed) == wanted.most else "",
    }
    return render(request, "ledger/index.html", context)


@require_POST
def keep(request: Asked) -> HttpResponse:
    """Keep the question that stands in the address under a name."""
    form = Asking(QueryDict(request.POST.get("asked", "")[:2000]).dict())
    form.require()
    given = Keeping(request.POST)
    given.is_valid()
    acts.keep_question(
        request.actor,
        name=given.cleaned_data.get("name", ""),
        asked=form.kept(),
        shared=given.cleaned_data.get("shared", False),
    )
    messages.success(request, _("The question is kept."))
    return redirect(f"{reverse('ledger:index')}{form.address()}")


@require_POST
def drop(request: Asked, question_id: UUID) -> HttpResponse:
    """Give up a question that one kept."""
    acts.drop_question(request.actor, question_id=question_id)
    messages.success(request, _("The question is given up."))
    return redirect("ledger:index")
