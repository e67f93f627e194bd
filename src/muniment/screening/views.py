"""The pages of the screenings: runs, one run, one counterparty with its matches, one match."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from muniment.counterparties import actions as counterparties
from muniment.counterparties import queries as parties
from muniment.counterparties import rules as party_rules
from muniment.counterparties.formats import to_ftm
from muniment.counterparties.models import Counterparty
from muniment.screening import actions, queries, rules
from muniment.screening.forms import COUNTRIES, FACTS, FEATURES, LISTED, STRENGTHS
from muniment.screening.models import Match, Screened, Verdict
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid


class Asked(HttpRequest):
    """A request that has passed the site's gate: somebody signed in, with what they may do."""

    actor: Actor


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Asked) -> HttpResponse:
    """List the runs; start another one."""
    if request.method == "POST":
        run = actions.run(request.actor, exhaustive=request.POST.get("exhaustive") == "1")
        messages.info(request, _("The screening is started."))
        return redirect("screening:run", run_id=run.id)
    party_rules.require_right(request.actor, "screening.read")
    shown = {
        "runs": queries.runs(),
        "lists": _lists(queries.lists_now()),
        "parties": len(parties.ids_to_screen()),
        "may_run": "screening.run" in request.actor.may,
    }
    return render(request, "screening/index.html", shown)


@require_safe
def run(request: Asked, run_id: UUID) -> HttpResponse:
    """Show one run: whom, against which lists, with what, and what it said of each."""
    verdict = request.GET.get("verdict", "")
    if verdict and verdict not in Verdict.values:
        raise Invalid("There is no such result.", todo="Choose one of the list.", where="verdict")
    reading = actions.read(
        request.actor, run_id=run_id, verdict=verdict, after=_cursor(request), limit=queries.PAGE + 1
    )
    held, found = queries.run(run_id), reading.screened[: queries.PAGE]
    more = len(reading.screened) > queries.PAGE
    here = reverse("screening:run", args=[run_id])
    kinds = [
        ("", _("All"), held.done),
        (Verdict.ALERT, _("Alert"), held.alerts),
        (Verdict.CONSIDER, _("Also consider"), held.considers),
        (Verdict.CLEAR, _("Clear"), held.clears),
    ]
    names = queries.parties(row.counterparty_id for row in found)
    following = urlencode({"verdict": verdict, "after": str(found[-1].id)}) if more else ""
    shown = {
        "run": held,
        "may_retry": "screening.retry" in request.actor.may and queries.newest() == held,
        "lists": _lists(held.lists),
        "threshold": _score(held.threshold),
        "cutoff": _score(held.cutoff),
        "versions": sorted(held.versions.items()),
        "chips": [
            {
                "label": label,
                "url": f"{here}?{urlencode({'verdict': code})}",
                "current": code == verdict,
                "count": count,
            }
            for code, label, count in kinds
        ],
        "rows": [
            {
                "counterparty": row.counterparty_id,
                "name": names[row.counterparty_id].name,
                "reference": row.reference,
                "verdict": row.verdict,
                "best": _score(row.best),
                "candidates": row.candidates,
            }
            for row in found
        ],
        "next_url": f"{here}?{following}" if more else "",
    }
    return render(request, "screening/run.html", shown)


@require_POST
def retry(request: Asked, run_id: UUID) -> HttpResponse:
    """Go on with a screening that was given up."""
    held = actions.retry(request.actor, run_id=run_id)
    messages.info(request, _("The screening is started."))
    return redirect("screening:run", run_id=held.id)


@require_safe
def counterparty(request: Asked, counterparty_id: UUID) -> HttpResponse:
    """Show one counterparty: what we know and who owns it, and its matches beside that."""
    return _page(request, counterparty_id)


@require_POST
def replay(request: Asked, screened_id: UUID) -> HttpResponse:
    """Recompute a stored result, and say on the party's page whether every byte came out the same."""
    again = actions.replayed(request.actor, screened_id=screened_id)
    return _page(request, queries.screened(screened_id).counterparty_id, again)


@require_safe
def match(request: Asked, match_id: UUID) -> HttpResponse:
    """Show one match: both records side by side, and the score as the steps that led to it."""
    found = actions.read_match(request.actor, match_id=match_id)
    [row] = counterparties.read(request.actor, ids=[found.counterparty_id])
    held = found.screened.run
    query = rules.parsed(str(found.screened.query))
    shown = {
        "row": row,
        "run": held,
        "found_at": found.found_at,
        "party_name": row.name,
        "one": None if query is None else _match(found, query, _titles(held.lists), held.threshold),
        "may_open": "cases.open" in request.actor.may,
    }
    return render(request, "screening/match.html", shown)


def _page(request: Asked, counterparty_id: UUID, again: queries.Again | None = None) -> HttpResponse:
    [row] = counterparties.read(request.actor, ids=[counterparty_id])
    reading = actions.read(request.actor, counterparty_id=counterparty_id)
    screened = next(iter(reading.screened), None)
    shown: dict[str, Any] = {
        "row": row,
        "known": _known(row),
        "owners": _with_addresses(parties.tree(row)),
        "holdings": _holdings(row),
        "run": reading.run,
        "screened": screened,
        "party_name": row.name,
        "again": again,
        "may_change": "counterparties.change" in request.actor.may,
        "may_open": "cases.open" in request.actor.may,
        "may_replay": "screening.replay" in request.actor.may,
    }
    if screened is not None:
        shown |= _said(screened, reading.matches)
    return render(request, "screening/counterparty.html", shown)


def _said(screened: Screened, matches: tuple[Match, ...]) -> dict[str, Any]:
    """Return what a result said, sorted into what waits, what was decided and what was set aside."""
    query, result = rules.parsed(str(screened.query)), rules.parsed(str(screened.result))
    if query is None or result is None:
        return {"erased": True}
    titles = _titles(screened.run.lists)
    every = [_match(one, query, titles, screened.run.threshold) for one in matches]
    nearest = result.get("nearest")
    return {
        "waiting": [one for one in every if one["waits"]],
        "settled": [one for one in every if one["settled_at"]],
        "noted": [one for one in every if one["state"] == "noted"],
        "nearest": nearest
        and {"caption": nearest["caption"], "score": _score(rules.thousandths(nearest["total"]))},
        "cutoff": _score(screened.run.cutoff),
    }


def _match(one: Match, query: dict[str, Any], titles: dict[str, str], threshold: int) -> dict[str, Any]:
    record = rules.parsed(str(one.record)) or {"features": [], "caption": "", "total": "0"}
    alias = record.get("alias")
    strength = alias and STRENGTHS.get(alias["strength"], alias["strength"])
    return {
        "id": one.id,
        "verdict": one.verdict,
        "state": one.state,
        "waits": one.state in {"open", "reopened"},
        "caption": record["caption"],
        "list_title": titles.get(one.list_key, one.list_key),
        "list_version": one.list_version,
        "entity_id": one.entity_id,
        "entity_sha256": one.entity_sha256,
        "digest": one.digest,
        "total": one.score / 1000,
        "threshold": threshold / 1000,
        "settled_at": one.settled_at,
        "case_id": one.case_id,
        "alias": alias and {"value": alias["value"], "strength": strength},
        "second": record.get("second")
        and {name: _score(rules.thousandths(record["second"][name])) for name in ("score", "threshold")},
        "compared": _compared(query, queries.entry_of(one)),
        "steps": [
            {
                "label": FEATURES.get(step["feature"], step["feature"].replace("_", " ")),
                "left": step["query_value"],
                "right": step["list_value"],
                "points": float(step["contribution"]),
            }
            for step in record["features"]
            if float(step["contribution"])
        ],
    }


def _compared(query: dict[str, Any], entity: dict[str, Any]) -> list[dict[str, Any]]:
    """Set both records side by side; only what both say, and say otherwise, counts as differing."""
    rows = []
    for name, ours, theirs in rules.compared(query, entity):
        if name not in FACTS:
            continue
        shared = {one.casefold() for one in ours} & {one.casefold() for one in theirs}
        differs = bool(ours and theirs) and not shared
        rows.append(
            {
                "label": FACTS[name],
                "left": _joined(name, ours),
                "right": _joined(name, theirs),
                "same": not differs,
                "note": _("one value is the same") if shared and sorted(ours) != sorted(theirs) else "",
            }
        )
    return rows


def _known(row: Counterparty) -> list[tuple[str, str]]:
    """Return what we know of a party as (label, values) pairs."""
    party = parties.party_or_none(row)
    if party is None:
        return []
    properties = to_ftm(party)["properties"]
    order = [name for name in FACTS if name in properties] + sorted(set(properties) - set(FACTS))
    return [(str(FACTS.get(name, name)), _joined(name, properties[name])) for name in order]


def _joined(name: str, values: list[str]) -> str:
    """Write the values of a field; the codes of countries in capitals, as people know them."""
    return "; ".join(value.upper() if name in COUNTRIES and len(value) == 2 else value for value in values)


def _with_addresses(node: dict[str, Any]) -> dict[str, Any]:
    note = _("director") if node.get("role") == "director" else ""
    if node["ring"]:
        note = _("stands above already: a ring of owners")
    return {
        **node,
        "url": reverse("screening:counterparty", args=[node["id"]]),
        "note": note,
        "owners": [_with_addresses(owner) for owner in node["owners"]],
    }


def _holdings(row: Counterparty) -> list[dict[str, Any]]:
    found = []
    for link in parties.holdings(row):
        words = _("as director") if link.role == "director" else _("share not known")
        if link.share is not None:
            words = _("%(share)s %%") % {"share": f"{link.share / 100:g}"}
        found.append({"owned_id": link.owned_id, "owned": link.owned, "words": words})
    return found


def _lists(lists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "standing": LISTED.get(one["authenticity"], "")} for one in lists]


def _titles(lists: list[dict[str, Any]]) -> dict[str, str]:
    return {one["key"]: one["title"] for one in lists}


def _score(parts: int) -> str:
    """Write parts of a thousand as the score that they stand for."""
    return f"{parts / 1000:.3f}"


def _cursor(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET["after"]) if request.GET.get("after") else None
    except ValueError:
        raise Invalid("This is no page of the list.", todo="Begin at its start.", where="after") from None
