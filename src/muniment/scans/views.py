"""The pages of scans: the list, starting one, how far it is, what it found, each finding with both its sides.

Findings are read through actions, so that every look at them is on record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from muniment.access.queries import names
from muniment.scans import actions, queries, rules
from muniment.scans.forms import Answer, Filter, Start
from muniment.scans.models import Finding, Scan, ScanState
from muniment.scans.queries import excerpts, progress
from muniment.sources import queries as sources
from muniment.sources.models import Snapshot
from muniment.sources.naming import dated
from muniment.sources.rules import called, cited
from muniment.spine.actor import Actor
from muniment.ui.words.statuses import status_of
from muniment.vault import actions as vault
from muniment.vault.models import DocumentVersion

ON_A_PAGE = 25


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor
    htmx: Any


# --- the list, and starting one ---------------------------------------------------------------------------


@require_GET
def index(request: Asked) -> HttpResponse:
    """List the scans, the newest first."""
    rules.require_right(request.actor, "scans.read")
    scans = queries.scans()
    known, failed = names({one.requested_by for one in scans}), progress.failures(scans)
    rows = [
        {
            "scan": one,
            "acts": [called(key) for key, _, _ in one.acts],
            "by": known.get(one.requested_by, ""),
            "failure": failed.get(one.id),
            "counts": [(status, one.counts.get(status, 0)) for status in rules.WORST_FIRST],
        }
        for one in scans
    ]
    context = {"rows": rows, "may_run": "scans.run" in request.actor.may, "acts": queries.act_choices()}
    return render(request, "scans/index.html", context)


@require_http_methods(["GET", "POST"])
def start(request: Asked) -> HttpResponse:
    """Start a scan: choose the acts, see which documents will be searched."""
    rules.require_right(request.actor, "scans.run")
    acts = queries.act_choices()
    offered = [
        (str(one.id), f"{called(one.key)}, {dated(one.version)} ({status_of(one.authenticity).word})")
        for one in acts
    ]
    form = Start(request.POST if request.method == "POST" else None, offered=offered)
    if form.is_valid():
        scan = actions.run(request.actor, snapshots=form.cleaned_data["acts"])
        messages.success(request, _("Scan %(number)s is queued.") % {"number": scan.number})
        return redirect("scans:scan", scan.id)
    listing = vault.browse(request.actor, most=200)
    context = {"form": form, "listing": listing, "acts": acts}
    return render(request, "scans/start.html", context, status=422 if form.is_bound else 200)


# --- one scan ---------------------------------------------------------------------------------------------


def _address(scan: Scan, given: Mapping[str, str]) -> str:
    """Return the address of a scan's page that shows the findings that are meant."""
    return f"{reverse('scans:scan', args=[scan.id])}{_query(given)}"


def _query(given: Mapping[str, str]) -> str:
    """Return what stands after an address to name which findings are meant."""
    return f"?{urlencode(given)}" if given else ""


def _said(status: str, count: int, whole: int) -> str:
    """Return a cell's state in words: in how many of the article's duties it was found."""
    return ngettext(
        "%(state)s for %(count)d of %(whole)d duty", "%(state)s for %(count)d of %(whole)d duties", whole
    ) % {"state": status_of(status.removesuffix("_found")).word, "count": count, "whole": whole}


def _heat(
    scan: Scan, acts: Mapping[str, Snapshot], held: Counter[queries.Mark], wanted: queries.Wanted
) -> list[dict[str, Any]]:
    """Return for each act its chapters with a cell for each article; the state that needs a person first colours it.

    What is counted are duties, in a cell's words as in the key: an article may ask for several.
    """
    found: dict[tuple[str, str, str], Counter[str]] = {}
    for mark, count in held.items():
        found.setdefault((mark.act, mark.chapter, mark.article), Counter())[mark.status] += count
    said: dict[tuple[str, int, int], str] = {}
    base = _address(scan, {})
    pictures = []
    for key, snapshot in acts.items():
        if wanted.act and key != wanted.act:
            continue
        outline = sources.outline(snapshot)
        chapters = {chapter for act, chapter, _article in found if act == key}
        parts = [part for part in outline if part.kind == "article" or (key, "", part.eid) in found]
        rows = []
        for whole in [part for part in outline if part.eid in chapters] + [None] * ("" in chapters):
            chapter = whole.eid if whole else ""
            inside = [part for part in parts if whole is None or whole.start <= part.start < whole.end]
            cells = []
            for part in inside:
                states = found.get((key, chapter, part.eid), Counter())
                if not states and whole is None:
                    continue
                name, worst = part.citation, rules.worst(states)
                kind = (worst, states[worst], states.total())
                if states and kind not in said:
                    said[kind] = _said(*kind)
                cell = {
                    "label": part.number or name,
                    "name": name,
                    "words": f"{name}: {said[kind]}" if states else "",
                    "status": worst.removesuffix("_found"),
                    "counts": {status.removesuffix("_found"): count for status, count in states.items()},
                    "url": f"{base}{_query({'act': key, 'article': part.eid})}" if states else "",
                    "current": wanted.article == part.eid and wanted.act == key,
                }
                cells.append(cell)
            label = (
                " · ".join(filter(None, (whole.citation, whole.heading))) if whole else _("Outside chapters")
            )
            rows.append(
                {"label": label, "cells": cells, "url": base + _query({"act": key, "chapter": chapter})}
            )
        pictures.append({"called": called(key), "rows": rows})
    return pictures


def _chips(
    scan: Scan, held: Counter[queries.Mark], wanted: queries.Wanted
) -> dict[str, list[dict[str, Any]]]:
    """Return the filters, each with the number of findings that it leaves of those the others leave."""
    base, given = _address(scan, {}), wanted.given()

    def chip(name: str, value: str, label: str) -> dict[str, Any]:
        dropped = {name, "chapter", "article"} if name == "act" else {name}
        changed = {key: kept for key, kept in given.items() if key not in dropped}
        changed |= {name: value} if value else {}
        return {
            "label": label,
            "url": base + _query(changed),
            "count": queries.meant(held, changed),
            "current": given.get(name, "") == value,
        }

    states = [(one, str(status_of(one.removesuffix("_found")).word)) for one in rules.WORST_FIRST]
    answers = [("proposed", _("No answer yet")), ("accepted", _("Accepted")), ("disagreed", _("Disagreed"))]
    acts = [(key, called(key)) for key, _id, _digest in scan.acts]
    return {
        "acts": [chip("act", value, label) for value, label in [("", _("All acts")), *acts]],
        "statuses": [chip("status", value, label) for value, label in [("", _("All states")), *states]],
        "answers": [chip("assessment", value, label) for value, label in [("", _("All answers")), *answers]],
    }


def _row(finding: Finding, wanted: queries.Wanted, loose: set[UUID]) -> dict[str, Any]:
    return {
        "finding": finding,
        "url": reverse("scans:finding", args=[finding.id]) + _query(wanted.given()),
        "cited": f"{called(finding.act)} {cited(finding.eid)}",
        "status": "unanchored" if finding.id in loose else finding.status.removesuffix("_found"),
        "word": rules.confidence_word(finding.confidence),
        "confidence": f"{finding.confidence / 1000:.2f}",
    }


@require_GET
def scan(request: Asked, scan_id: UUID) -> HttpResponse:
    """Show a scan: what was held against what, the picture of chapters, and the findings that are asked for."""
    asked = Filter(request.GET)
    wanted = asked.wanted()
    found, page = actions.read(
        request.actor, scan_id=scan_id, wanted=wanted, after=asked.cursor(), most=ON_A_PAGE
    )
    acts, documents = queries.acts(found), queries.searched(found)
    if found.state != ScanState.DONE:
        unfinished = {**_unfinished(request, found), "acts": [called(key) for key in acts]}
        return render(request, "scans/unfinished.html", unfinished)
    held = queries.held(found)
    loose = queries.unanchored(page, queries.Anchors(acts.values(), documents))
    last = page[-1] if len(page) == ON_A_PAGE else None
    context = {
        "scan": found,
        "wanted": wanted,
        "rows": [_row(one, wanted, loose) for one in page],
        "loose": len(loose),
        "chips": _chips(found, held, wanted),
        "pictures": _heat(found, acts, held, wanted),
        "place": " ".join([called(wanted.act)] * bool(wanted.act) + [cited(wanted.article)])
        if wanted.article
        else "",
        "meant": queries.meant(held, wanted.given()),
        "duties": held.total(),
        "clear_url": _address(found, {}),
        "next_url": _address(found, wanted.given() | {"after": str(last.id)})
        if last and queries.follows(found, last, wanted)
        else "",
        "first_url": _address(found, wanted.given()) if asked.cursor() else "",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "scans/_held.html", context)
    head = _head(found, acts, documents, held) | {"may_replay": "scans.replay" in request.actor.may}
    return render(request, "scans/scan.html", {**context, **head})


def _unfinished(request: Asked, found: Scan) -> dict[str, Any]:
    """Return what stands where a scan's findings will be: how far it is, or why it could not be done."""
    return {
        "scan": found,
        "documents": len(found.documents),
        "failure": progress.failures([found]).get(found.id),
        "begun": progress.begun(found.id),
        "by": names([found.requested_by]).get(found.requested_by, ""),
        "may_retry": "scans.retry" in request.actor.may,
    }


@require_GET
def state(request: Asked, scan_id: UUID) -> HttpResponse:
    """Say how far a scan is, for the page that waits; no finding is shown, so nothing is recorded."""
    rules.require_right(request.actor, "scans.read")
    found = queries.scan(scan_id)
    if not request.htmx:
        return redirect("scans:scan", found.id)
    if found.state == ScanState.DONE:
        return HttpResponseClientRefresh()
    return render(request, "scans/_unfinished.html", _unfinished(request, found))


@require_POST
def retry(request: Asked, scan_id: UUID) -> HttpResponse:
    """Try a failed scan again."""
    found = actions.retry(request.actor, scan_id=scan_id)
    messages.success(request, _("Scan %(number)s is queued.") % {"number": found.number})
    return redirect("scans:scan", found.id)


@require_POST
def replay(request: Asked, scan_id: UUID) -> HttpResponse:
    """Have a scan done again from the stored bytes, to see whether the same findings come out."""
    found = actions.replay(request.actor, scan_id=scan_id).scan
    messages.success(request, _("The findings are being worked out again. Reload to see what comes of it."))
    return redirect(f"{_address(found, {})}#again")


def _head(
    found: Scan,
    acts: Mapping[str, Snapshot],
    documents: list[DocumentVersion],
    held: Counter[queries.Mark],
) -> dict[str, Any]:
    """Return what stands above the findings: the inputs, the rules, and the counts with their denominators."""
    replayed = progress.latest_replay(found)
    known = names({found.requested_by, *([replayed.asked_by] if replayed else ())})
    figures = [
        {
            "status": one.removesuffix("_found"),
            "count": queries.meant(held, {"status": one}),
            "url": _address(found, {"status": one}),
        }
        for one in rules.WORST_FIRST
    ]
    return {
        "acts": [(snapshot, called(key), dated(snapshot.version)) for key, snapshot in acts.items()],
        "documents": documents,
        "figures": figures,
        "answered": held.total() - queries.meant(held, {"assessment": "proposed"}),
        "by": known.get(found.requested_by, ""),
        "replayed": replayed,
        "these_rules": rules.made_by_these_rules(found),
        "replaying": replayed is not None and replayed.ended_at is None,
        "replayed_by": known.get(replayed.asked_by, "") if replayed else "",
        "replay": f"muniment replay {found.id}",
        "fired": sum(bool(one["fired"]) for one in found.rules),
    }


@require_GET
def quotes(request: Asked, scan_id: UUID) -> HttpResponse:
    """Hold every quote of a scan against the stored bytes and name those that no longer stand."""
    found, findings = actions.read(request.actor, scan_id=scan_id, quotes_only=True)
    loose = queries.unanchored(findings)
    context = {
        "scan": found,
        "checked": len(findings),
        "rows": [_row(one, queries.EVERYTHING, loose) for one in findings if one.id in loose],
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    return render(request, "scans/_quotes.html" if fragment else "scans/quotes.html", context)


# --- one finding ------------------------------------------------------------------------------------------


def _show(request: Asked, finding_id: UUID, form: Answer, status: int = 200) -> HttpResponse:
    wanted = Filter(request.GET).wanted()
    sides = actions.read_finding(request.actor, finding_id=finding_id)
    finding = sides.finding
    near = queries.neighbours(finding, wanted)
    query = _query(wanted.given())
    state = finding.status.removesuffix("_found") if sides.anchor.holds else "unanchored"
    context = {
        "sides": sides,
        "finding": finding,
        "duty": finding.duty,
        "dated": dated(sides.snapshot.version),
        "called": called(finding.act),
        "cited": cited(finding.eid),
        "heading": excerpts.heading(sides),
        "state": state,
        "tone": status_of(state).tone,
        "says_itself": str(finding.why).startswith(str(status_of(state).word)),
        "law": excerpts.law(sides),
        "document": excerpts.document(sides),
        "confidence": f"{finding.confidence / 1000:.2f}",
        "word": rules.confidence_word(finding.confidence),
        "near": near,
        "query": query,
        "by": names([finding.assessed_by]).get(finding.assessed_by, "") if finding.assessed_by else "",
        "form": form,
        "may_assess": "scans.assess" in request.actor.may,
        "may_open": "cases.open" in request.actor.may,
        "may_upload": "vault.upload" in request.actor.may,
        "searched": [] if finding.version_id else queries.searched(finding.scan),
        "back_url": _address(finding.scan, wanted.given()),
    }
    return render(request, "scans/finding.html", context, status=status)


@require_GET
def finding(request: Asked, finding_id: UUID) -> HttpResponse:
    """Show a finding: the law and the document beside each other, the verdict proposed, what a person can do."""
    return _show(request, finding_id, Answer())


@require_POST
def assess(request: Asked, finding_id: UUID) -> HttpResponse:
    """Accept a finding, or disagree with a reason."""
    form = Answer(request.POST)
    if not form.is_valid():
        rules.require_right(request.actor, "scans.assess")
        return _show(request, finding_id, form, status=422)
    given = form.cleaned_data
    actions.assess(
        request.actor, finding_id=finding_id, assessment=given["assessment"], reason=given["reason"]
    )
    query = _query(Filter(request.GET).wanted().given())
    return redirect(reverse("scans:finding", args=[finding_id]) + query)


@require_GET
def provision(request: Asked, snapshot_id: UUID, eid: str) -> HttpResponse:
    """Lead from a provision of an act to the findings about its article in the newest scan."""
    rules.require_right(request.actor, "scans.read")
    snapshot = sources.snapshot(snapshot_id)
    sources.provision(snapshot, eid)
    newest = queries.newest_about(snapshot_id)
    if newest is None:
        messages.info(request, _("No scan has held your documents against this text yet."))
        return redirect("scans:index")
    article = rules.above(eid, "art_")
    wanted = queries.Wanted(act=snapshot.key, article=article if article.startswith("art_") else "")
    return redirect(f"{_address(newest, wanted.given())}#findings")
