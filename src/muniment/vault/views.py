"""The pages of the firm's documents: list, filing, versions, text, and copies to take away.

Every page here shows what the firm keeps, so each goes through an action and leaves its line in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from muniment.access.queries import names
from muniment.spine.actor import Actor
from muniment.spine.errors import Refused
from muniment.ui.words.spans import Span, marked
from muniment.vault import actions, rules
from muniment.vault.extraction.text import Extracted
from muniment.vault.forms import Reading, Upload, Version
from muniment.vault.models import DocumentVersion
from muniment.vault.storage import PIECE


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def _require_upload(request: Asked) -> bool:
    if "vault.upload" not in request.actor.may:
        raise Refused("Your role does not file documents.", todo="Ask an analyst or an officer to file it.")
    return True


@require_GET
def index(request: Asked) -> HttpResponse:
    """List the documents, the newest first."""
    asked = Reading(request.GET).asked()
    listing = actions.browse(request.actor, after=asked["after"])
    context = {
        "listing": listing,
        "may_upload": "vault.upload" in request.actor.may,
        "is_first": asked["after"] is None,
    }
    return render(request, "vault/index.html", context)


@require_http_methods(["GET", "POST"])
def upload(request: Asked) -> HttpResponse:
    """File a new document."""
    _require_upload(request)
    form = Upload(request.POST, request.FILES) if request.method == "POST" else Upload()
    if form.is_valid():
        given = form.cleaned_data
        kept = actions.receive(
            request.actor,
            given["file"].chunks(PIECE),
            name=given["file"].name,
            title=given["title"],
            owner=given["owner"],
            effective=given["effective"],
        )
        messages.success(
            request, _("The document is filed. Its text was read; look whether it is all there.")
        )
        return redirect("vault:document", kept.document_id)
    return render(request, "vault/upload.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
def document(request: Asked, document_id: UUID) -> HttpResponse:
    """Show a document with its versions."""
    listing = actions.browse(request.actor, document_id=document_id)
    context = {
        "document": listing.items[0].document,
        "newest": listing.items[0].version,
        "versions": _with_names([one.version for one in listing.items]),
        "may_upload": "vault.upload" in request.actor.may,
        "form": Version(),
    }
    return render(request, "vault/document.html", context)


@require_http_methods(["GET", "POST"])
def next_version(request: Asked, document_id: UUID) -> HttpResponse:
    """File the next version of a document."""
    _require_upload(request)
    form = Version(request.POST, request.FILES) if request.method == "POST" else Version()
    if form.is_valid():
        given = form.cleaned_data
        kept = actions.receive(
            request.actor,
            given["file"].chunks(PIECE),
            name=given["file"].name,
            effective=given["effective"],
            document_id=document_id,
        )
        messages.success(request, _("Version %(number)s is filed.") % {"number": kept.number})
        return redirect("vault:document", document_id)
    listing = actions.browse(request.actor, document_id=document_id)
    context = {"form": form, "document": listing.items[0].document, "newest": listing.items[0].version}
    return render(request, "vault/next.html", context, status=422 if form.is_bound else 200)


def _with_names(versions: Iterable[DocumentVersion]) -> list[tuple[DocumentVersion, str]]:
    held = list(versions)
    known = names({one.received_by for one in held})
    return [(one, known.get(one.received_by, "")) for one in held]


@require_GET
def version(request: Asked, version_id: UUID) -> HttpResponse:
    """Show the text that was read out of one version, a run of pages at a time."""
    asked = Reading(request.GET).asked()
    found, text = actions.read(request.actor, version_id=version_id)
    leaves = rules.leaves(text)
    nth = (
        rules.leaf_at(leaves, asked["start"] or 0)
        if asked["page"] is None
        else min(asked["page"], len(leaves)) - 1
    )
    leaf = leaves[nth]
    span: Span | None = None
    if asked["start"] is not None and asked["end"] is not None:
        span = (asked["start"] - leaf.start, asked["end"] - leaf.start, "quote")
    context = {
        "version": found,
        "document": found.document,
        "by": _with_names([found])[0][1],
        "text": text,
        "leaf": leaf,
        "blocks": _blocks(text, leaf, span),
        "nth": nth + 1,
        "all": len(leaves),
        "unit": text.unit,
    }
    return render(request, "vault/version.html", context)


def _blocks(text: Extracted, leaf: rules.Leaf, span: Span | None) -> list[dict[str, object]]:
    """Return the pages of a run, each with its number and its words; lines and rows run on as one block."""
    pages = [page for page in text.pages if leaf.first <= page.number <= leaf.last]
    cuts = [(page.number, page.start, page.end) for page in pages]
    if text.unit in {"line", "row"}:
        cuts = [(leaf.first, leaf.start, leaf.end)]
    blocks = []
    for number, start, end in cuts:
        moved = [(span[0] - (start - leaf.start), span[1] - (start - leaf.start), span[2])] if span else []
        words = text.text[start:end].strip("\n")
        shown = rules.flowing(words) if text.unit == "page" else words
        blocks.append({"number": number, "words": marked(shown, _led(text, start, moved))})
    return blocks


def _led(text: Extracted, start: int, spans: list[Span]) -> list[Span]:
    """Move spans by the blank lines that are not shown at the beginning of a page."""
    lost = 0
    while text.text[start + lost : start + lost + 1] == "\n":
        lost += 1
    return [(left - lost, right - lost, kind) for left, right, kind in spans]


@require_GET
def download(request: Asked, version_id: UUID) -> HttpResponseBase:
    """Hand out the file as it came, to be saved and never opened by the browser."""
    found, pieces = actions.download(request.actor, version_id=version_id)
    return StreamingHttpResponse(pieces, headers=rules.as_file(found.name, found.size))
