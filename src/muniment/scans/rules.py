"""What may be scanned and how a finding may be assessed. Pure: no database, no clock, no request."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from muniment.scans.evidence.proposal import Proposal
from muniment.scans.models import Assessment, Finding, Scan, ScanState
from muniment.spine.errors import Invalid, Refused

LONGEST_REASON: Final = 20_000


def require_something(acts: Sequence[Any], documents: Sequence[Any]) -> None:
    """Refuse a scan of nothing.

    :raises Invalid: without an act or without a document.
    """
    if not acts:
        raise Invalid("No act was chosen.", todo="Choose at least one act.", where="acts")
    if not documents:
        raise Refused("There is no document to search yet.", todo="File the firm's policies first, under Evidence.")


def require_queued(scan: Scan) -> None:
    """Refuse to finish a scan twice."""
    if scan.state != ScanState.QUEUED:
        raise Refused("This scan is finished already.", todo="Look at its findings.")


def require_assessment(assessment: str, reason: str) -> str:
    """Return the reason in NFC; who disagrees gives one.

    :raises Invalid: for an unknown word, a missing reason, or characters that no text may hold.
    """
    if assessment not in {Assessment.ACCEPTED, Assessment.DISAGREED}:
        raise Invalid("This answer is not known.", todo="Accept, or disagree with a reason.", where="assessment")
    kept = unicodedata.normalize("NFC", reason).strip()
    if assessment == Assessment.DISAGREED and len(kept) < 10:
        raise Invalid(
            "Say why you disagree.", todo="Write at least 10 characters; an examiner reads them.", where="reason"
        )
    if len(kept) > LONGEST_REASON or "\0" in kept or any(unicodedata.category(s) == "Cs" for s in kept):
        raise Invalid("The reason is too long or holds characters that no text may hold.", where="reason")
    return kept


def facts_digest(proposal: Proposal) -> str:
    """Return the digest of one finding's contents, the same for the same law and the same documents."""
    text = json.dumps(proposal.facts(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def contents_digest(finding: Finding, *, anchored: bool) -> str:
    """Return what an approval is bound to: the finding's contents, and whether its quotes still stand."""
    if anchored:
        return finding.digest
    return hashlib.sha256(f"unanchored\n{finding.digest}".encode()).hexdigest()


def above(eid: str, kind_prefix: str) -> str:
    """Return the part of a provision's name up to and with the piece that begins so, e.g. the article of a point."""
    kept = []
    for piece in eid.split("."):
        kept.append(piece)
        if piece.startswith(kind_prefix):
            return ".".join(kept)
    return eid.split(".", maxsplit=1)[0]
