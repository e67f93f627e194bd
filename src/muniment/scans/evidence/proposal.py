"""What the machine proposes about one duty, and why; a person decides.

There is no status for "met". Evidence or a conflict without both anchors cannot be built. All numbers are
whole; the same inputs give the same bytes, and :func:`digest_of` does not depend on identifiers that are
drawn at random.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from muniment.spine.errors import Invalid


class Status(StrEnum):
    """What can be proposed."""

    EVIDENCE = "evidence_found"
    CONFLICT = "conflict_found"
    NONE = "no_evidence_found"
    UNSURE = "cannot_tell"


def place(eid: str) -> str:
    """Return a provision as people write it: ``art_33.par_1.pnt_a`` is Article 33(1)(a)."""
    article, *rest = eid.split(".")
    words = article.replace("art_", "Article ").replace("anx_", "Annex ")
    return words + "".join(f"({one.split('_', 1)[-1]})" for one in rest)


@dataclass(frozen=True, slots=True)
class LawAnchor:
    """The passage of the law: act, digest of the snapshot it was read from, provision, code points, words."""

    act: str
    digest: str
    eid: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class DocumentAnchor:
    """The passage of the firm's document: version by digest, page, code points of its text, words."""

    document: str
    version_digest: str
    page: int | None
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed answer to one duty.

    :param confidence: per mille; how strong the signs are, not a probability that the firm complies.
    :param basis: the rule, or the version of the overlap measure, that decided.
    :param searched: number of documents searched.
    :param overlap: best per mille of the duty's words found in one passage and its surroundings.
    """

    duty: str
    status: Status
    confidence: int
    why: str
    law: LawAnchor
    evidence: DocumentAnchor | None
    basis: str
    searched: int
    overlap: int

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1000:
            raise Invalid("A confidence is between 0 and 1000 per mille.", where=self.duty)
        if not self.law.quote or self.law.end - self.law.start != len(self.law.quote):
            raise Invalid("A finding must point at words of the law.", where=self.duty)
        if self.status in (Status.EVIDENCE, Status.CONFLICT):
            if self.evidence is None or not self.evidence.quote:
                raise Invalid(
                    "A finding of evidence or conflict must point at words of a document.", where=self.duty
                )
            if self.evidence.end - self.evidence.start != len(self.evidence.quote):
                raise Invalid("The document's words and their place do not fit together.", where=self.duty)

    @property
    def confidence_word(self) -> str:
        """Return the confidence as a word: high from 800, medium from 600, else low."""
        if self.confidence >= 800:
            return "high"
        return "medium" if self.confidence >= 600 else "low"

    def facts(self) -> dict[str, object]:
        """Return what the digest covers: everything but the caller's document identifier."""
        found = self.evidence
        return {
            "act": self.law.act,
            "basis": self.basis,
            "confidence": self.confidence,
            "duty": self.duty,
            "evidence": None
            if found is None
            else {
                "end": found.end,
                "page": found.page,
                "quote": found.quote,
                "start": found.start,
                "version": found.version_digest,
            },
            "law": {
                "digest": self.law.digest,
                "eid": self.law.eid,
                "end": self.law.end,
                "quote": self.law.quote,
                "start": self.law.start,
            },
            "overlap": self.overlap,
            "searched": self.searched,
            "status": self.status.value,
            "why": self.why,
        }


def digest_of(proposals: Iterable[Proposal]) -> str:
    """Return the SHA-256 of the proposals in canonical JSON, whatever order they come in.

    Two runs on the same law and the same documents give the same digest, so a scan can be replayed and
    compared.
    """
    rows = sorted((one.facts() for one in proposals), key=lambda one: (str(one["act"]), str(one["duty"])))
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
