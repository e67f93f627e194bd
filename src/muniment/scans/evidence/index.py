"""Searches passages in memory: BM25 over words and word pairs proposes, weighted coverage decides the order.

Tantivy keeps the postings in a RAM directory; nothing is written. Its floating scores choose the candidates
only; the order shown is by whole numbers with ties broken by version digest and position, so that the same
documents give the same order on any machine. Statistics are those of this index alone: one index holds one
tenant's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import tantivy

from muniment.scans.evidence.passages import Passage, sentence_spans
from muniment.scans.evidence.terms import Weights, pairs, terms

CANDIDATES = 40
HEAP = 15_000_000
# Sum of weights from which on shared words tell all they can.
PLENTY = 12_000
# What a word is worth that stands beside the best sentences (passage, neighbours), per mille.
BESIDE = 300
FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found; every number is whole, shares are per mille.

    :param score: from how much the shared words tell, how much of the question they are, and how much of the
        sentences; a short sentence wholly about the duty counts as much as a long one that repeats it.
    :param start: where the best one or two sentences begin in the passage; ``end`` is one past their end.
    :param covered: share of the question that the sentences, and what stands beside them, hold.
    :param matched: how many words of the question the sentences hold.
    :param telling: what these words tell, in thousandths of a nat of the law's statistics.
    :param lead: share of the lead-in's words that stand in the passage or beside it; 1000 without a lead-in.
    """

    passage: Passage
    score: int
    rank: int
    start: int
    end: int
    covered: int
    matched: int
    telling: int
    lead: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    :param core: the words of what is to be done.
    :param lead: the words of the lead-in above a list.
    :param side: words that only help to find: conditions, recipients.
    :param couples: neighbouring words of what is to be done.
    """

    core: frozenset[str]
    lead: frozenset[str]
    side: frozenset[str]
    couples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """One or two sentences of a passage and what their words weigh."""

    start: int
    end: int
    words: frozenset[str]
    weight: int


class Index:
    """An index over the passages of one tenant's documents.

    :param telling: how much each word tells; the law's own statistics in a scan, else those of the passages.
    """

    def __init__(self, passages: Sequence[Passage], telling: Weights | None = None) -> None:
        self.passages = tuple(sorted(passages, key=lambda one: (one.version_digest, one.start, one.end)))
        words = [terms(one.text) for one in self.passages]
        self.bags = [frozenset(one) for one in words]
        self.vocabulary = frozenset().union(*self.bags)
        self.weights = telling if telling is not None else Weights(self.bags)
        self._windows = [self._windows_of(one) for one in self.passages]
        self._beside = [self._around(at) for at in range(len(self.passages))]
        self._schema, self._index = _filled(words)
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return len(self.passages)

    def _windows_of(self, passage: Passage) -> tuple[Window, ...]:
        """Return each sentence and each pair of neighbours that says enough to be judged."""
        spans = sentence_spans(passage.text)
        bags = [frozenset(terms(passage.text[start:end])) for start, end in spans]
        found = []
        for at, (start, end) in enumerate(spans):
            found.append((start, end, bags[at]))
            if at + 1 < len(spans):
                found.append((start, spans[at + 1][1], bags[at] | bags[at + 1]))
        return tuple(
            Window(start, end, bag, self.weights.sum(bag))
            for start, end, bag in found
            if len(bag) >= FEWEST_WORDS
        )

    def _around(self, at: int) -> frozenset[str]:
        """Return the words of a passage and of its neighbours in the same document."""
        near = self.passages[max(0, at - 1) : at + 2]
        same = [one.version_digest == self.passages[at].version_digest for one in near]
        bags = self.bags[max(0, at - 1) : at + 2]
        return frozenset().union(*(bag for bag, here in zip(bags, same, strict=True) if here))

    def search(
        self, question: Question, top: int = 10, *, avoiding: Sequence[tuple[str, int, int]] = ()
    ) -> tuple[Hit, ...]:
        """Return the best passages for a question, best first; none when no word is shared.

        :param avoiding: ranges of documents (version digest, start, end) that must not be the answer.
        """
        if not self.passages or not question.core:
            return ()
        found = self._searcher.search(self._query(question), limit=CANDIDATES, count=False).hits
        ids = sorted({int(self._searcher.doc(address)["id"][0]) for _, address in found})
        hits = [hit for at in ids if (hit := self._best(question, at, avoiding)) is not None]
        hits.sort(key=lambda one: (-one.score, one.passage.version_digest, one.passage.start))
        return tuple(replace(one, rank=rank) for rank, one in enumerate(hits[:top], start=1))

    def _best(self, question: Question, at: int, avoiding: Sequence[tuple[str, int, int]]) -> Hit | None:
        passage = self.passages[at]
        barred = [
            (start - passage.start, end - passage.start)
            for digest, start, end in avoiding
            if digest == passage.version_digest
        ]
        # A word no document uses cannot tell one passage from another, so it weighs half.
        known = question.core & self.vocabulary
        whole = self.weights.sum(known) + self.weights.sum(question.core - known) // 2
        hits = [
            self._weighed(question, at, window, whole)
            for window in self._windows[at]
            if not any(start < window.end and window.start < end for start, end in barred)
        ]
        return max(hits, key=lambda one: (one.score, one.start - one.end, -one.start), default=None)

    def _weighed(self, question: Question, at: int, window: Window, whole: int) -> Hit:
        weights, beside = self.weights, self._beside[at]
        shared = question.core & window.words
        told = weights.sum(shared)
        near = weights.sum((question.core & beside) - shared) * BESIDE // 1000
        led = weights.sum(question.lead & window.words)
        covered = min(1000, (told + near) * 1000 // max(1, whole))
        about = min(1000, (told + led // 2) * 1000 // max(1, window.weight))
        score = (4 * min(1000, told * 1000 // PLENTY) + 3 * covered + 3 * about) // 10
        lead = len(question.lead & beside) * 1000 // len(question.lead) if question.lead else 1000
        return Hit(self.passages[at], score, 0, window.start, window.end, covered, len(shared), told, lead)

    def _query(self, question: Question) -> tantivy.Query:
        words = sorted(question.core | question.lead | question.side)
        wanted = [("uni", word) for word in words] + [("bi", couple) for couple in question.couples]
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, word, "freq"))
                for field, word in wanted
            ]
        )


def _filled(words: list[list[str]]) -> tuple[tantivy.Schema, tantivy.Index]:
    schema = (
        tantivy.SchemaBuilder()
        .add_unsigned_field("id", stored=True)
        .add_text_field("uni", tokenizer_name="whitespace", index_option="freq")
        .add_text_field("bi", tokenizer_name="whitespace", index_option="freq")
        .build()
    )
    index = tantivy.Index(schema)
    writer = index.writer(heap_size=HEAP, num_threads=1)
    for at, one in enumerate(words):
        writer.add_document(tantivy.Document(id=at, uni=" ".join(one), bi=" ".join(pairs(one))))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return schema, index
