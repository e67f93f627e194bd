"""Weighs what was found for one duty and proposes a status.

Rules with numbers come first, since they can be explained; then elements of lists; then overlap of words,
which can show that a document speaks about the duty and nothing more. A sentence that denies ("we do not
keep …") is never evidence. Silence is "no evidence found in N documents searched", never a breach.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from muniment.scans.duties.actors import SPECIAL
from muniment.scans.duties.duty import Deadline, Duty
from muniment.scans.duties.periods import Kind, Order, Period, compare, from_iso, periods
from muniment.scans.evidence.conflicts import Finding, is_negated
from muniment.scans.evidence.elements import Named
from muniment.scans.evidence.index import Hit, Question
from muniment.scans.evidence.passages import Passage, sentence_spans
from muniment.scans.evidence.proposal import DocumentAnchor, LawAnchor, Proposal, Status, place
from muniment.scans.evidence.terms import terms

MEASURE = "overlap/2"
# Chosen on the gold set of tests/scans/evidence; see its report.
ENOUGH = 620
TELLING = 6000
LEAD_ENOUGH = 250
PERHAPS = 500
SAME_SUBJECT = 550
# Two passages must be this much about the same thing before a differing time is called a conflict.
SAME_THING = (650, 9000)
FEWEST = 2


def assess(
    duty: Duty,
    hits: Sequence[Hit],
    *,
    question: Question,
    law_digest: str,
    searched: int,
    findings: Sequence[Finding] = (),
    element: Named | None = None,
    broken: Sequence[Finding] = (),
    spare: Sequence[Hit] = (),
) -> Proposal:
    """Propose a status for one duty.

    :param hits: best passages first, as :meth:`Index.search` returns them.
    :param findings: what the limits of the law said about this duty's documents.
    :param broken: all limits that some passage breaks; such a passage is no evidence for a neighbouring duty.
    :param spare: best passages apart from those that break a limit.
    :param element: what was found of the list element this duty is, if it is one.
    :param searched: number of documents searched, for the sentence.
    """
    law = LawAnchor(duty.act, law_digest, duty.eid, duty.start, duty.end, duty.quote)
    weighed = _Weighed(duty, question, law, searched)
    weighed.broken = broken
    weighed.overlap = hits[0].score if hits else 0
    return (
        weighed.by_limits(findings)
        or weighed.by_element(element)
        or weighed.by_time(hits)
        or weighed.by_words(hits, spare)
    )


class _Weighed:
    """Builds the proposal of one duty; each ``by_`` answers or passes."""

    def __init__(self, duty: Duty, question: Question, law: LawAnchor, searched: int) -> None:
        self.duty, self.question, self.law, self.searched = duty, question, law, searched
        self.broken: Sequence[Finding] = ()
        self.overlap = 0
        # Other duties of the act bind every firm under it.
        self.kinds = " or ".join(duty.addressees) if set(duty.addressees) <= SPECIAL else ""

    def _made(
        self, status: Status, confidence: int, why: str, basis: str, found: DocumentAnchor | None = None
    ) -> Proposal:
        if self.duty.truncated:
            why += " The source cut this part of the law, so read it in full before deciding."
            confidence = min(confidence, 500)
        return Proposal(
            self.duty.key, status, confidence, why, self.law, found, basis, self.searched, self.overlap
        )

    def by_limits(self, findings: Sequence[Finding]) -> Proposal | None:
        """Answer from the table of limits; a broken limit outweighs kept ones; both are named."""
        for outcome, status, confidence in (
            ("breaks", Status.CONFLICT, 920),
            ("keeps", Status.EVIDENCE, 880),
            ("unclear", Status.UNSURE, 550),
        ):
            chosen = [one for one in findings if one.outcome == outcome]
            if not chosen:
                continue
            first = chosen[0]
            why, sure = first.why, confidence
            kept = [one for one in findings if one.outcome == "keeps"]
            if outcome == "breaks" and kept:
                why += " Another passage of the documents keeps the limit, so they contradict each other."
                sure = 850
            return self._made(status, sure, why, first.rule, anchor(first.passage, first.start, first.end))
        return None

    def by_element(self, element: Named | None) -> Proposal | None:
        """Answer from the table of elements."""
        if element is None:
            return None
        where = place(self.duty.eid)
        if element.passage is None:
            why = (
                f"{_documents(self.searched)} searched: they deal with {element.subject}, but no passage "
                f"there names {element.name}, which {where} asks for."
            )
            return self._made(Status.NONE, 780, why, element.rule)
        why = f"A passage about {element.subject} names {element.name}, as {where} asks."
        found = anchor(element.passage, element.start, element.end)
        return self._made(Status.EVIDENCE, 760, why, element.rule, found)

    def by_time(self, hits: Sequence[Hit]) -> Proposal | None:
        """Compare the duty's own time with one in a passage that is plainly about the same thing."""
        limit = self.duty.deadline
        if limit is None or limit.iso is None:
            return None
        kind = Kind(limit.kind)
        law = from_iso(limit.iso, kind=kind, working=limit.working)
        for hit in hits[:3]:
            if hit.covered < SAME_SUBJECT or not _tells(hit):
                continue
            same = hit.covered >= SAME_THING[0] and hit.telling >= SAME_THING[1]
            for start, end in sentence_spans(hit.passage.text):
                sentence = " ".join(hit.passage.text[start:end].split())
                told = self._time(sentence, limit, law, same=same)
                if told is not None:
                    found = anchor(hit.passage, hit.passage.start + start, hit.passage.start + end)
                    return self._made(*told, "times/1", found)
        return None

    def _time(
        self, sentence: str, limit: Deadline, law: Period, *, same: bool
    ) -> tuple[Status, int, str] | None:
        if len(self.question.core & set(terms(sentence))) < FEWEST:
            return None
        kind = law.kind
        for one in periods(sentence):
            if one.kind is not kind and not (kind is Kind.AT_LEAST and one.kind is Kind.LASTS):
                continue
            order = compare(one, law)
            words = f"The law says “{limit.text}”, the document “{one.text}”"
            broken = order is (Order.SHORTER if kind is Kind.AT_LEAST else Order.LONGER)
            if broken and same:
                return Status.CONFLICT, 700, f"{words}, in a passage about the same subject."
            if broken:
                return Status.UNSURE, 500, f"{words}, but the passage may be about something else."
            if order is Order.UNCLEAR:
                return Status.UNSURE, 500, f"{words}; which is longer depends on the calendar."
            return Status.EVIDENCE, 780, f"{words}, in a passage about the same subject."
        return None

    def by_words(self, hits: Sequence[Hit], spare: Sequence[Hit]) -> Proposal:
        """Answer from the overlap of words alone; a passage that breaks a limit comes last."""
        where = place(self.duty.eid)
        good = [one for one in hits[:5] if _speaks(one)]
        sound = [one for one in good if self._clash(_sentences_of(one)) is None] or [
            one for one in spare[:5] if _speaks(one)
        ]
        if good:
            return self._spoken((sound or good)[0], where)
        best = hits[0] if hits else None
        if best is not None and best.score >= PERHAPS and _tells(best):
            why = f"A passage comes near to {where} without covering what it asks; somebody has to read it."
            return self._made(Status.UNSURE, min(590, best.score), why, MEASURE, _sentences_of(best))
        low = best.score if best is not None else 0
        why = f"No evidence found for {where} in {_documents(self.searched)} searched."
        if self.kinds:
            why += f" It binds only firms of one kind or role ({self.kinds})."
        return self._made(Status.NONE, max(400, 1000 - low), why, MEASURE)

    def _spoken(self, hit: Hit, where: str) -> Proposal:
        found = _sentences_of(hit)
        shared = ", ".join(_shared(self.question, found.quote)[:4])
        if is_negated(found.quote):
            why = f"A passage speaks about {where} ({shared}) but denies something; somebody has to read it."
            return self._made(Status.UNSURE, 500, why, MEASURE, found)
        clash = self._clash(found)
        if clash is not None:
            broken = place(clash.limit.eid)
            why = f"A passage speaks about {where} ({shared}), but it breaks {broken}: {clash.why}"
            return self._made(Status.UNSURE, 550, why, MEASURE, found)
        if self.kinds:
            why = (
                f"A passage speaks about {where} ({shared}), which binds only firms of one kind or role "
                f"({self.kinds}); whether yours is one is for a person."
            )
            return self._made(Status.UNSURE, 550, why, MEASURE, found)
        why = f"A passage speaks about what {where} asks ({shared}); whether it is enough is for a person."
        confidence = min(790, 100 + hit.score * 3 // 4)
        return self._made(Status.EVIDENCE, confidence, why, MEASURE, found)

    def _clash(self, found: DocumentAnchor) -> Finding | None:
        """Return the limit that a passage breaks, if it does."""
        return next((one for one in self.broken if _same_place(one, found)), None)


def _speaks(hit: Hit) -> bool:
    return hit.score >= ENOUGH and _tells(hit) and hit.lead >= LEAD_ENOUGH


def _tells(hit: Hit) -> bool:
    """Return whether the shared words are telling enough; "data" and "processing" alone are not."""
    return hit.matched >= FEWEST and hit.telling >= TELLING


def _sentences_of(hit: Hit) -> DocumentAnchor:
    return anchor(hit.passage, hit.passage.start + hit.start, hit.passage.start + hit.end)


def _same_place(finding: Finding, found: DocumentAnchor) -> bool:
    same = finding.passage.version_digest == found.version_digest
    return same and finding.start < found.end and found.start < finding.end


def anchor(passage: Passage, start: int, end: int) -> DocumentAnchor:
    """Return the anchor of a range of the document that lies in a passage."""
    quote = passage.text[start - passage.start : end - passage.start]
    return DocumentAnchor(passage.document, passage.version_digest, passage.page, start, end, quote)


def _shared(question: Question, text: str) -> list[str]:
    """Return the document's own words that carry the match, in their order."""
    wanted = question.core
    seen: dict[str, str] = {}
    for raw in re.findall(r"[A-Za-z][A-Za-z-]{2,}", text):
        for word in terms(raw):
            if word in wanted:
                seen.setdefault(word, raw.lower())
    return list(dict.fromkeys(seen.values()))


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"
