"""What may be scanned and how a finding may be assessed. Pure: no database, no clock, no request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from muniment.scans.evidence.proposal import Proposal
from muniment.scans.evidence.scan import VERSIONS
from muniment.scans.models import Assessment, Finding, Replay, Scan, ScanState
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid, Refused
from muniment.spine.wording import require_wording

LONGEST_REASON: Final = 20_000


def require_something(acts: Sequence[Any], documents: Sequence[Any]) -> None:
    """Refuse a scan of nothing.

    :raises Invalid: without an act or without a document.
    """
    if not acts:
        raise Invalid("No act was chosen.", todo="Choose at least one act.", where="acts")
    if not documents:
        raise Refused(
            "There is no document to search yet.", todo="File the firm's policies first, under Evidence."
        )


def require_right(actor: Actor, name: str) -> None:
    """Refuse a list that only holders of a permission may see."""
    if name not in actor.may:
        raise Refused(f"Your role does not allow this ({name}).", todo="Ask an administrator if you need it.")


def require_queued(scan: Scan) -> None:
    """Refuse to end a scan twice."""
    if scan.state == ScanState.FAILED:
        raise Refused("This scan could not be done.", todo="Have it tried again.")
    if scan.state != ScanState.QUEUED:
        raise Refused("This scan is finished already.", todo="Look at its findings.")


def require_failed(scan: Scan) -> None:
    """Refuse to try again what has not failed."""
    if scan.state != ScanState.FAILED:
        raise Refused("This scan has not failed.", todo="Open it to see where it stands.")


def require_done(scan: Scan) -> None:
    """Refuse to check the findings of a scan that has none."""
    if scan.state != ScanState.DONE:
        raise Refused("This scan has no findings yet.", todo="Wait until it is done.")


def made_by_these_rules(scan: Scan) -> bool:
    """Say whether a scan was made by the rules that are installed now; else other findings would prove nothing."""
    return bool(scan.versions == VERSIONS)


def require_these_rules(scan: Scan) -> None:
    """Refuse to do a scan again with rules that are not those it was made by."""
    if not made_by_these_rules(scan):
        raise Refused(
            "This scan was made by other rules than are installed now, so it cannot be done again alike.",
            todo="Start a new scan to see what today's rules find.",
        )


def require_under_way(replay: Replay) -> None:
    """Refuse to enter the end of a replay twice."""
    if replay.ended_at is not None:
        raise Refused("This check has ended already.", todo="Open the scan to see what came of it.")


def require_assessment(assessment: str, reason: str) -> str:
    """Return the reason in NFC; who disagrees gives one.

    :raises Invalid: for an unknown word, a missing reason, or characters that no text may hold.
    """
    if assessment not in {Assessment.ACCEPTED, Assessment.DISAGREED}:
        raise Invalid(
            "This answer is not known.", todo="Accept, or disagree with a reason.", where="assessment"
        )
    return require_wording(
        reason,
        called="reason",
        shortest=10 if assessment == Assessment.DISAGREED else 0,
        longest=LONGEST_REASON,
        lines=True,
        todo="Say why you disagree in at least 10 characters; an examiner reads them.",
    )


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


#: Which state stands for an article with several duties: what needs a person first.
WORST_FIRST: Final = ("conflict_found", "no_evidence_found", "cannot_tell", "evidence_found")

#: How the parts of a duty are marked on a page; parts that are not listed are left unmarked.
MARKS: Final = {
    "addressee": "who",
    "modality": "must",
    "action": "must",
    "deadline": "when",
    "condition": "if",
    "exception": "unless",
}


def worst(statuses: Iterable[str]) -> str:
    """Return the state that stands for several: a conflict before silence before doubt before evidence."""
    found = set(statuses)
    return next((status for status in WORST_FIRST if status in found), "")


def confidence_word(per_mille: int) -> str:
    """Return a confidence as a word: high from 800 per mille, medium from 600, else low."""
    if per_mille >= 800:
        return "high"
    return "medium" if per_mille >= 600 else "low"


def marks(duty: Mapping[str, Any], start: int) -> list[tuple[int, int, str]]:
    """Return the parts of a duty as marks in an excerpt of the act.

    :param start: code point of the act's text at which the excerpt begins.
    """
    return [
        (part["start"] - start, part["end"] - start, MARKS[part["kind"]])
        for part in duty.get("parts", ())
        if part["kind"] in MARKS
    ]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage with some of what stands around it.

    :param start: code point of the whole text at which it begins.
    :param before: whether text before it was left out; ``after`` says the same of what follows.
    """

    text: str
    start: int
    before: bool
    after: bool

    def shown(self, marks: Iterable[tuple[int, int, str]]) -> tuple[str, list[tuple[int, int, str]]]:
        """Return the passage with a sign where text was left out, and the marks moved along with it."""
        lead = "… " if self.before else ""
        moved = [(start + len(lead), end + len(lead), kind) for start, end, kind in marks]
        return f"{lead}{self.text}{' …' if self.after else ''}", moved


def excerpt(text: str, start: int, end: int, *, within: tuple[int, int], reach: int) -> Excerpt:
    """Return a passage in its context, cut at white space so that no word is torn.

    :param within: the span that the excerpt never leaves, such as the article of a paragraph.
    :param reach: most code points of context on either side.
    """
    first, last = max(within[0], start - reach), min(within[1], end + reach)
    while within[0] < first < start and not text[first - 1].isspace():
        first += 1
    while end < last < within[1] and not text[last].isspace():
        last -= 1
    return Excerpt(text[first:last], first, first > within[0], last < within[1])
