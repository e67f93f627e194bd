"""What of both texts a finding's page shows: the passage in its context, with the marks that say what is what."""

from __future__ import annotations

from typing import Any

from muniment.scans import rules
from muniment.scans.queries import Sides
from muniment.sources import queries as sources
from muniment.vault.rules import flowing

#: Code points of context on either side of a marked passage.
REACH = 400


def law(sides: Sides) -> dict[str, Any]:
    """Return the law's side: the duty's parts marked in the paragraph or article that holds them."""
    finding = sides.finding
    if not sides.anchor.law:
        return {"words": finding.law_quote, "marks": []}
    holders = sources.around(sides.snapshot, finding.law_start, finding.law_end)
    holder = next((part for part in holders if part.kind != "point"), None)
    within = (holder.start, holder.end) if holder else (finding.law_start, finding.law_end)
    shown = rules.excerpt(sides.law_text, finding.law_start, finding.law_end, within=within, reach=REACH)
    marks = rules.marks(finding.duty, shown.start)
    quote = [(finding.law_start - shown.start, finding.law_end - shown.start, "quote")]
    words, moved = shown.shown(marks or quote)
    return {"words": words, "marks": moved}


def heading(sides: Sides) -> str:
    """Return the heading of the article that a finding is about; empty when it has none."""
    outline = sources.outline(sides.snapshot)
    return next((part.heading for part in outline if part.eid == sides.finding.article), "")


def document(sides: Sides) -> dict[str, Any]:
    """Return the document's side: the passage marked in its context; the stored quote alone when it stands no more."""
    finding = sides.finding
    kind = "conflict" if finding.status == "conflict_found" else "quote"
    if not sides.anchor.document or finding.start is None or finding.end is None:
        return {"words": finding.quote or "", "marks": []}
    text = flowing(sides.document_text) if sides.is_paged else sides.document_text
    shown = rules.excerpt(text, finding.start, finding.end, within=(0, len(text)), reach=REACH)
    marks = [(finding.start - shown.start, finding.end - shown.start, kind)]
    words, moved = shown.shown(marks)
    return {"words": words, "marks": moved}
