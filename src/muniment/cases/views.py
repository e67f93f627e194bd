"""The pages of cases: what waits, one case with its column of time, and every way to move it on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from muniment.cases import actions, queries, rules
from muniment.cases.forms import (
    OUTCOMES_SAID,
    Attaching,
    Chosen,
    Deciding,
    Opening,
    Proposing,
    Withdrawing,
    kinds_of,
)
from muniment.cases.models import Answer, Case, State
from muniment.ledger.queries import Told
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.ui.words.numbers import counted
from muniment.vault import queries as vault

PAGE = 50


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def in_words(kinds: dict[str, int]) -> str:
    """Say how many findings, matches and documents there are: ``4 findings and 2 documents``."""
    told = []
    for kind, one, many in (
        ("finding", "%(count)d finding", "%(count)d findings"),
        ("match", "%(count)d match", "%(count)d matches"),
        ("evidence", "%(count)d document", "%(count)d documents"),
    ):
        count = kinds.get(kind, 0)
        if count:
            told.append(ngettext(one, many, count) % {"count": count})
    if len(told) > 1:
        return _("%(others)s and %(last)s") % {"others": ", ".join(told[:-1]), "last": told[-1]}
    return told[0] if told else _("nothing yet")


def _chips(counts: dict[str, int], chosen: str) -> list[dict[str, Any]]:
    words = (
        (queries.WAITING, _("Not decided")),
        (State.PROPOSED, _("Proposed, waiting for a decision")),
        (State.OPEN, _("Open, nothing proposed")),
        (State.DECIDED, _("Decided")),
        (State.WITHDRAWN, _("Withdrawn")),
        ("", _("All")),
    )
    return [
        {"label": word, "url": f"?state={state}", "current": chosen == state, "count": counts[state]}
        for state, word in words
    ]


def _lede(counts: Mapping[str, int]) -> str:
    """Say in one breath how many cases wait, and for what."""
    whole, waiting, proposed = counts[""], counts[queries.WAITING], counts[State.PROPOSED]
    if not whole:
        return _("No case has been opened yet.")
    if not waiting:
        words = ngettext(
            "There is %(all)s case; it is closed, and nothing waits for a decision.",
            "There are %(all)s cases; all of them are closed, and nothing waits for a decision.",
            whole,
        )
        return words % {"all": counted(whole)}
    words = ngettext(
        "%(waiting)s case waits for a decision, of %(all)s in all.",
        "%(waiting)s cases wait for a decision, of %(all)s in all.",
        waiting,
    ) % {"waiting": counted(waiting), "all": counted(whole)}
    if not proposed:
        return words + " " + _("Nobody has proposed an outcome yet.")
    second = ngettext(
        "%(proposed)s has a proposed outcome and needs a second person.",
        "%(proposed)s have a proposed outcome and need a second person.",
        proposed,
    ) % {"proposed": counted(proposed)}
    return f"{words} {second}"


@require_GET
def index(request: Asked) -> HttpResponse:
    """List the cases, those that are due first."""
    state = request.GET.get("state", queries.WAITING)
    counts = queries.counts()
    if state not in counts:
        state = queries.WAITING
    after = request.GET.get("after", "0")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 9 else 0
    found = actions.read_queue(request.actor, state=state, most=PAGE + 1, after=start)
    shown = found[:PAGE]
    asked = queries.asked(shown)
    kinds = queries.item_counts(shown)
    who = queries.who([one.opened_by for one in shown] + [one.requested_by for one in asked.values()])
    now = ports.now()
    rows = [
        {
            "case": one,
            "kinds": in_words(kinds.get(one.id, {})),
            "opened_by": who[one.opened_by].name,
            "asked": asked.get(one.id),
            "asked_by": who[asked[one.id].requested_by].name if one.id in asked else "",
            "outcome": OUTCOMES_SAID.get(asked[one.id].outcome if one.id in asked else one.outcome, ""),
            "overdue": one.closed_at is None and one.due_at < now,
        }
        for one in shown
    ]
    context = {
        "rows": rows,
        "chips": _chips(counts, state),
        "counts": counts,
        "lede": _lede(counts),
        "state": state,
        "may_open": "cases.open" in request.actor.may,
        "previous": f"?state={state}&after={max(0, start - PAGE)}" if start else "",
        "next": f"?state={state}&after={start + PAGE}" if len(found) > PAGE else "",
    }
    return render(request, "cases/index.html", context)


@require_http_methods(["GET", "POST"])
def open_case(request: Asked) -> HttpResponse:
    """Open a case about what the address names, or lead to adding it to a case that is open already."""
    rules.require_permission(request.actor, "cases.open")
    wanted = Chosen.from_address(request.GET)
    form = Opening(
        request.POST or None, initial={"once": ports.new_id(), "title": request.GET.get("title", "")}
    )
    if request.method == "POST" and form.is_valid():
        once = form.cleaned_data["once"]
        if not queries.exists(once):
            title = form.cleaned_data["title"]
            made = actions.open_case(request.actor, title=title, items=wanted, due_at=form.due_at, once=once)
            messages.success(
                request,
                _("Case %(number)d is open. Propose an outcome when you are ready.")
                % {"number": made.number},
            )
        return redirect("cases:case", case_id=once)
    things = queries.things(wanted)
    only = things[0] if len(things) == 1 else None
    context = {
        "form": form,
        "things": things,
        "words": in_words(kinds_of(things)),
        "only": only,
        "already": queries.latest_of(only.kind, only.item_id) if only else None,
        "others": _others(request.actor, only) if only else [],
    }
    return render(request, "cases/open.html", context, status=422 if form.is_bound else 200)


def _others(actor: Actor, only: queries.Thing) -> list[Case]:
    """Return the unfinished cases to which a thing could be added."""
    holding = queries.holding(only.kind, only.item_id)
    waiting = actions.read_queue(actor, state=queries.WAITING, most=20)
    return [one for one in waiting if one.id not in holding]


@require_GET
def case(request: Asked, case_id: UUID) -> HttpResponse:
    """Show a case: what happened, what belongs to it, what can be done now."""
    return _page(request, case_id)


def _page(request: Asked, case_id: UUID, **bound: Any) -> HttpResponse:
    """Show a case, with a form that was filled in wrongly where one is given."""
    whole = actions.read(request.actor, case_id=case_id)
    actor, held = request.actor, whole.case
    told = queries.history(held)
    ids = [held.opened_by, *(one.actor for one in told), *(one.item.attached_by for one in whole.held)]
    who = queries.who(ids + [one.requested_by for one in whole.decisions])
    titles = {str(one.item.item_id): one.thing.title for one in whole.held}
    waiting = whole.waiting
    unfinished = held.closed_at is None
    context: dict[str, Any] = {
        "whole": whole,
        "case": held,
        "overdue": unfinished and held.due_at < ports.now(),
        "outcome": OUTCOMES_SAID.get(held.outcome, ""),
        "story": [_moment(one, titles) for one in told],
        "held": [{"held": one, "by": who[one.item.attached_by].name} for one in whole.held],
        "changed": any(one.changed for one in whole.held),
        "words": in_words(kinds_of([one.thing for one in whole.held])),
        "decided": next((one for one in whole.decisions if one.answer == Answer.APPROVED), None),
        "may_read_ledger": "ledger.read" in actor.may,
        "may_pack": held.state == State.DECIDED and "packs.build" in actor.may,
    }
    if waiting is not None:
        context |= {
            "waiting": waiting,
            "asked_by": who[waiting.requested_by].name,
            "proposed": OUTCOMES_SAID[waiting.outcome],
            "rationale_words": rules.words_in(str(waiting.rationale)),
            "stale": waiting.bound_digest != whole.shown,
            "why_not": rules.why_not_decide(actor, waiting),
            "deciders": queries.deciders(waiting.requested_by),
            "deciding": bound.get("deciding") or Deciding(initial={"shown": whole.shown}),
        }
    elif held.state == State.OPEN and "cases.propose" in actor.may:
        nothing = rules.refusal(lambda: rules.require_something_to_decide([one.item for one in whole.held]))
        context |= {"proposing": bound.get("proposing") or Proposing(), "why_not_propose": nothing}
        context["deciders"] = queries.deciders(actor.id)
    if unfinished and "cases.attach" in actor.may:
        offered = _offered({one.item.item_id for one in whole.held})
        context["attaching"] = bound.get("attaching") or (Attaching(offered=offered) if offered else None)
    if unfinished and "cases.withdraw" in actor.may:
        context["withdrawing"] = bound.get("withdrawing") or Withdrawing(auto_id="id_withdraw_%s")
    return render(request, "cases/case.html", context, status=422 if bound else 200)


def _offered(attached: set[UUID]) -> list[tuple[UUID, str]]:
    """Return the newest version of each document that does not belong to the case yet."""
    return [
        (
            one.version.id,
            _("%(title)s, version %(number)d")
            % {
                "title": one.document.title,
                "number": one.version.number,
            },
        )
        for one in vault.shelf()
        if one.version.id not in attached
    ]


def _moment(one: Told, titles: dict[str, str]) -> dict[str, Any]:
    """Return one entry of the ledger as a moment in a case's column of time."""
    facts, who = one.opened.facts, {"who": one.who}
    moment: dict[str, Any] = {
        "at": one.at,
        "id": one.id,
        "icon": "dot",
        "tone": "quiet",
        "sentence": one.sentence,
    }
    if one.kind == "cases.open":
        kinds = kinds_of_named(facts.get("items", []))
        moment |= {
            "icon": "plus",
            "sentence": _("%(who)s opened the case with %(what)s.") % {**who, "what": in_words(kinds)},
        }
    elif one.kind == "cases.attach":
        what = titles.get(str(facts.get("item")), _("something"))
        sentence = _("%(who)s attached “%(what)s”.") % {**who, "what": what}
        if facts.get("voided"):
            sentence += " " + _("The proposal that waited became void, since it was about something else.")
        moment |= {"icon": "document", "sentence": sentence}
    elif one.kind == "cases.propose":
        outcome = OUTCOMES_SAID.get(str(facts.get("outcome")), "")
        moment |= {
            "icon": "pen",
            "tone": "attention",
            "sentence": _("%(who)s proposed: %(outcome)s.") % {**who, "outcome": outcome},
            "body": facts.get("rationale"),
            "digest": facts.get("bound"),
        }
    elif one.kind == "cases.decide":
        moment |= _answered(facts, who)
    elif one.kind == "cases.withdraw":
        sentence = _("%(who)s withdrew the case.") % who
        moment |= {"icon": "void", "sentence": sentence, "body": facts.get("reason")}
    return moment


def _answered(facts: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
    if facts.get("answer") == Answer.VOID:
        words = _(
            "%(who)s looked at the proposal and it became void: what it was about had changed meanwhile."
        )
        return {"icon": "void", "sentence": words % who}
    outcome = {**who, "outcome": OUTCOMES_SAID.get(str(facts.get("outcome")), "")}
    if facts.get("answer") == Answer.APPROVED:
        told = {"icon": "check", "tone": "proven", "sentence": _("%(who)s decided: %(outcome)s.") % outcome}
    else:
        words = _("%(who)s sent the proposal back: not %(outcome)s.")
        told = {"icon": "cross", "tone": "fault", "sentence": words % outcome}
    return {**told, "body": facts.get("reason"), "digest": facts.get("bound")}


def kinds_of_named(items: list[str]) -> dict[str, int]:
    """Return how many of each kind stand in an entry's list of ``kind/identifier/digest``."""
    found: dict[str, int] = {}
    for item in items:
        kind = item.split("/", maxsplit=1)[0]
        found[kind] = found.get(kind, 0) + 1
    return found


@require_POST
def attach(request: Asked, case_id: UUID) -> HttpResponse:
    """Attach something to a case."""
    form = Attaching(request.POST)
    if not form.is_valid():
        return _page(request, case_id, attaching=form)
    waited = queries.waits(case_id)
    actions.attach(request.actor, case_id=case_id, **form.cleaned_data)
    if waited:
        messages.warning(request, _("Attached. The proposal that waited is void now: propose again."))
    else:
        messages.success(request, _("Attached."))
    return redirect("cases:case", case_id=case_id)


@require_POST
def propose(request: Asked, case_id: UUID) -> HttpResponse:
    """Propose an outcome with a rationale."""
    form = Proposing(request.POST)
    if not form.is_valid():
        return _page(request, case_id, proposing=form)
    actions.propose(request.actor, case_id=case_id, **form.cleaned_data)
    messages.success(request, _("Proposed. Somebody else must decide now."))
    return redirect("cases:case", case_id=case_id)


@require_POST
def decide(request: Asked, case_id: UUID) -> HttpResponse:
    """Answer a proposal, bound to exactly what the page showed."""
    form = Deciding(request.POST)
    if not form.is_valid():
        return _page(request, case_id, deciding=form)
    given = form.cleaned_data
    answer = actions.decide(
        request.actor,
        case_id=case_id,
        approve=given["approve"] == "yes",
        reason=given["reason"],
        shown=given["shown"],
    ).answer
    if answer == Answer.VOID:
        messages.warning(
            request,
            _(
                "Nothing was decided: what the page showed is no longer what stands in the case. "
                "It must be proposed again."
            ),
        )
    elif answer == Answer.APPROVED:
        messages.success(request, _("Decided. It stands in the ledger with your reason."))
    else:
        messages.info(request, _("Sent back with your reason. The case is open again."))
    return redirect("cases:case", case_id=case_id)


@require_POST
def withdraw(request: Asked, case_id: UUID) -> HttpResponse:
    """Close a case that was opened in error."""
    form = Withdrawing(request.POST, auto_id="id_withdraw_%s")
    if not form.is_valid():
        return _page(request, case_id, withdrawing=form)
    actions.withdraw(request.actor, case_id=case_id, reason=form.cleaned_data["reason"])
    messages.info(request, _("Withdrawn. The case stays on record."))
    return redirect("cases:case", case_id=case_id)
