"""The pages of scans: the list, starting one, what it found, and each finding with both its sides.

Findings are read through actions, so that every look at them is on record.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from muniment.access.queries import names
from muniment.scans import actions, queries, rules
from muniment.scans.forms import Answer, Filter, Start
from muniment.scans.models import Finding, Scan, ScanState
from muniment.sources import queries as sources
from muniment.sources.rules import called, cited
from muniment.spine.actor import Actor
from muniment.spine.errors import Refused
from muniment.ui.words.statuses import status_of
from muniment.vault import actions as vault

ON_A_PAGE = 50
#: Code points of context on either side of a marked passage.
REACH = 700


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor
    htmx: Any


def _require(request: Asked, name: str) -> None:
    if name not in request.actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")


# --- the list, and starting one ---------------------------------------------------------------------------


@require_GET
def index(request: Asked) -> HttpResponse:
    """List the scans, the newest first."""
    _require(request, "scans.read")
    scans = queries.scans()
    known = names({one.requested_by for one in scans})
    rows = [
        {
            "scan": one,
            "acts": [called(key) for key, _, _ in one.acts],
            "by": known.get(one.requested_by, ""),
            "counts": [(status, one.counts.get(status, 0)) for status in rules.WORST_FIRST],
        }
        for one in scans
    ]
    context = {"rows": rows, "may_run": "scans.run" in request.actor.may, "acts": queries.act_choices()}
    return render(request, "scans/index.html", context)


@require_http_methods(["GET", "POST"])
def start(request: Asked) -> HttpResponse:
    """Start a scan: choose the acts, see which documents will be searched."""
    _require(request, "scans.run")
    acts = queries.act_choices()
    offered = [(str(one.id), f"{called(one.key)}, {one.version} ({status_of(one.authenticity).word})") for one in acts]
    form = Start(request.POST if request.method == "POST" else None, offered=offered)
    if form.is_valid():
        scan = actions.run(request.actor, snapshots=form.cleaned_data["acts"])
        messages.success(request, _("Scan %(number)s is queued.") % {"number": scan.number})
        return redirect("scans:scan", scan.id)
    listing = vault.browse(request.actor, most=200)
    context = {"form": form, "listing": listing, "acts": acts}
    return render(request, "scans/start.html", context, status=422 if form.is_bound else 200)


# --- one scan ---------------------------------------------------------------------------------------------


def _address(scan: Scan, wanted: queries.Wanted, **more: str) -> str:
    given = {**wanted.given(), **more}
    return f"{reverse('scans:scan', args=[scan.id])}{'?' + urlencode(given) if given else ''}"


def _heat(scan: Scan, held: list[queries.Mark], wanted: queries.Wanted) -> list[dict[str, Any]]:
    """Return for each act its chapters with a cell for each article, the state that needs a person first."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for mark in held:
        found.setdefault((mark.act, mark.chapter, mark.article), []).append(mark.status)
    pictures = []
    for key, snapshot_id, _digest in scan.acts:
        if wanted.act and key != wanted.act:
            continue
        outline = sources.outline(sources.snapshot(UUID(snapshot_id)))
        chapters = dict.fromkeys(mark.chapter for mark in held if mark.act == key)
        rows = []
        for chapter in chapters:
            whole = next((part for part in outline if part.eid == chapter), None)
            articles = [
                part for part in outline
                if (whole and whole.start <= part.start < whole.end and part.kind == "article")
                or (key, chapter, part.eid) in found
            ]  # fmt: skip
            label = f"{whole.citation} · {whole.heading}" if whole else _("Outside chapters")
            cells = [
                {
                    "label": part.number or part.citation,
                    "name": part.citation,
                    "status": rules.worst(found.get((key, chapter, part.eid), ())).removesuffix("_found"),
                    "url": _address(scan, queries.Wanted(act=key, article=part.eid, status=wanted.status))
                    if (key, chapter, part.eid) in found
                    else "",
                    "current": wanted.article == part.eid and wanted.act == key,
                }
                for part in articles
            ]
            rows.append({"label": label, "cells": cells, "url": _address(scan, queries.Wanted(act=key, chapter=chapter))})
        pictures.append({"called": called(key), "rows": rows})
    return pictures


def _chips(scan: Scan, held: list[queries.Mark], wanted: queries.Wanted) -> dict[str, list[dict[str, Any]]]:
    """Return the filters, each with the number of findings that it leaves of those the others leave."""

    def chip(name: str, value: str, label: str) -> dict[str, Any]:
        given = wanted.given()
        others = {key: kept for key, kept in given.items() if key != name}
        if name == "act":
            others = {key: kept for key, kept in others.items() if key not in {"chapter", "article"}}
        changed = others | ({name: value} if value else {})
        count = sum(all(getattr(mark, key) == kept for key, kept in changed.items()) for mark in held)
        url = _address(scan, queries.Wanted(**changed))
        return {"label": label, "url": url, "count": count, "current": given.get(name, "") == value}

    answers = {"proposed": _("Nobody has answered"), "accepted": _("Accepted"), "disagreed": _("Disagreed")}
    return {
        "acts": [chip("act", "", _("All acts")), *(chip("act", key, called(key)) for key, _id, _digest in scan.acts)],
        "statuses": [
            chip("status", "", _("All states")),
            *(chip("status", one, str(status_of(one.removesuffix("_found")).word)) for one in rules.WORST_FIRST),
        ],
        "answers": [chip("assessment", "", _("All")), *(chip("assessment", one, word) for one, word in answers.items())],
    }


def _row(finding: Finding, wanted: queries.Wanted, loose: set[UUID]) -> dict[str, Any]:
    query = wanted.given()
    return {
        "finding": finding,
        "url": reverse("scans:finding", args=[finding.id]) + (f"?{urlencode(query)}" if query else ""),
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
    found, page = actions.read(request.actor, scan_id=scan_id, wanted=wanted, after=asked.cursor(), most=ON_A_PAGE)
    held = queries.held(found) if found.state == ScanState.DONE else []
    loose = queries.unanchored(page)
    last = page[-1] if len(page) == ON_A_PAGE else None
    context = {
        "scan": found,
        "wanted": wanted,
        "rows": [_row(one, wanted, loose) for one in page],
        "loose": len(loose),
        "chips": _chips(found, held, wanted),
        "pictures": _heat(found, held, wanted),
        "meant": sum(all(getattr(mark, key) == kept for key, kept in wanted.given().items()) for mark in held),
        "duties": len(held),
        "clear_url": _address(found, queries.Wanted()),
        "next_url": _address(found, wanted, after=str(last.id)) if last and queries.follows(last, wanted) else "",
        "first_url": _address(found, wanted) if asked.cursor() else "",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "scans/_held.html", context)
    return render(request, "scans/scan.html", {**context, **_head(found, held)})


def _head(found: Scan, held: list[queries.Mark]) -> dict[str, Any]:
    """Return what stands above the findings: the inputs, the rules, and the counts with their denominators."""
    counts = Counter(mark.status for mark in held)
    figures = [
        {"status": one.removesuffix("_found"), "count": counts[one], "url": _address(found, queries.Wanted(status=one))}
        for one in rules.WORST_FIRST
    ]
    return {
        "acts": [(sources.snapshot(UUID(snapshot_id)), called(key)) for key, snapshot_id, _digest in found.acts],
        "documents": queries.searched(found),
        "figures": figures,
        "answered": sum(mark.assessment != "proposed" for mark in held),
        "by": names([found.requested_by]).get(found.requested_by, ""),
        "fired": sum(bool(one["fired"]) for one in found.rules),
    }


@require_GET
def quotes(request: Asked, scan_id: UUID) -> HttpResponse:
    """Hold every quote of a scan against the stored bytes and name those that no longer stand."""
    found, findings = actions.read(request.actor, scan_id=scan_id)
    loose = queries.unanchored(findings)
    context = {
        "scan": found,
        "checked": len(findings),
        "rows": [_row(one, queries.EVERYTHING, loose) for one in findings if one.id in loose],
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    return render(request, "scans/_quotes.html" if fragment else "scans/quotes.html", context)


# --- one finding ------------------------------------------------------------------------------------------


def _law(sides: queries.Sides) -> dict[str, Any]:
    """Return the law's side: the duty's parts marked in the paragraph or article that holds them."""
    finding = sides.finding
    if not sides.anchor.law:
        return {"words": finding.law_quote, "marks": [], "before": False, "after": False}
    holders = sources.around(sides.snapshot, finding.law_start, finding.law_end)
    holder = next((part for part in holders if part.kind not in {"point"}), None)
    within = (holder.start, holder.end) if holder else (finding.law_start, finding.law_end)
    shown = rules.excerpt(sides.law_text, finding.law_start, finding.law_end, within=within, reach=REACH)
    marks = rules.marks(finding.duty, shown.start)
    quote = [(finding.law_start - shown.start, finding.law_end - shown.start, "quote")]
    return {"words": shown.text, "marks": marks or quote, "before": shown.before, "after": shown.after}


def _document(sides: queries.Sides) -> dict[str, Any]:
    """Return the document's side: the passage marked in its context; the stored quote alone when it stands no more."""
    finding = sides.finding
    kind = "conflict" if finding.status == "conflict_found" else "quote"
    if not sides.anchor.document or finding.start is None or finding.end is None:
        return {"words": finding.quote or "", "marks": [], "before": False, "after": False}
    text = sides.document_text
    shown = rules.excerpt(text, finding.start, finding.end, within=(0, len(text)), reach=REACH)
    marks = [(finding.start - shown.start, finding.end - shown.start, kind)]
    return {"words": shown.text, "marks": marks, "before": shown.before, "after": shown.after}


def _show(request: Asked, finding_id: UUID, form: Answer, status: int = 200) -> HttpResponse:
    wanted = Filter(request.GET).wanted()
    sides = actions.read_finding(request.actor, finding_id=finding_id)
    finding = sides.finding
    near = queries.neighbours(finding, wanted)
    query = f"?{urlencode(wanted.given())}" if wanted.given() else ""
    state = finding.status.removesuffix("_found") if sides.anchor.holds else "unanchored"
    context = {
        "sides": sides,
        "finding": finding,
        "duty": finding.duty,
        "called": called(finding.act),
        "cited": cited(finding.eid),
        "state": state,
        "tone": status_of(state).tone,
        "law": _law(sides),
        "document": _document(sides),
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
        "back_url": _address(finding.scan, wanted),
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
        _require(request, "scans.assess")
        return _show(request, finding_id, form, status=422)
    given = form.cleaned_data
    actions.assess(request.actor, finding_id=finding_id, assessment=given["assessment"], reason=given["reason"])
    query = urlencode(Filter(request.GET).wanted().given())
    return redirect(reverse("scans:finding", args=[finding_id]) + (f"?{query}" if query else ""))


@require_GET
def provision(request: Asked, snapshot_id: UUID, eid: str) -> HttpResponse:
    """Lead from a provision of an act to the findings about its article in the newest scan."""
    _require(request, "scans.read")
    snapshot = sources.snapshot(snapshot_id)
    sources.provision(snapshot, eid)
    newest = queries.newest_about(snapshot_id)
    if newest is None:
        messages.info(request, _("No scan has held your documents against this text yet."))
        return redirect("scans:index")
    article = rules.above(eid, "art_")
    wanted = queries.Wanted(act=snapshot.key, article=article if article.startswith("art_") else "")
    return redirect(f"{_address(newest, wanted)}#findings")
