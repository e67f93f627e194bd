"""Searches passages in memory: BM25 over words and word pairs proposes, weighted coverage decides the order.

Tantivy keeps the postings in a RAM directory; nothing is written. Its floating scores choose the candidates only;
the order shown is by whole numbers with ties broken by version digest and position, so that the same documents
give the same order on any machine. Statistics are those of this index alone: one index holds one tenant's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tantivy

from muniment.scans.evidence.passages import Passage
from muniment.scans.evidence.terms import Weights, pairs, terms

CANDIDATES = 40
MOST_TERMS = 48
HEAP = 15_000_000
# What a word is worth that stands beside the passage (neighbour, title) and not in it, per mille.
BESIDE = 400
TITLE = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    :param score: per mille of the question's weight that the passage and its surroundings cover.
    :param inside: the same for the passage alone.
    :param rank: from 1.
    """

    passage: Passage
    score: int
    inside: int
    rank: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for: words with their weights.

    :param words: word and weight, heaviest first.
    :param core: the words without which a passage is beside the point (what is to be done, to what).
    """

    words: tuple[tuple[str, int], ...]
    core: frozenset[str]
    couples: tuple[str, ...]


class Index:
    """An index over the passages of one tenant's documents."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(sorted(passages, key=lambda one: (one.version_digest, one.start, one.end)))
        words = [terms(one.text) for one in self.passages]
        self.bags = [frozenset(one) for one in words]
        self.couples = [frozenset(pairs(one)) for one in words]
        self.weights = Weights(self.bags)
        self._beside = [self._around(at) for at in range(len(self.passages))]
        self._titles = self._first_of_each()
        self._schema, self._index = _filled(words)
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return len(self.passages)

    def _same(self, first: int, second: int) -> bool:
        return 0 <= second < len(self.passages) and (
            self.passages[first].version_digest == self.passages[second].version_digest
        )

    def _around(self, at: int) -> frozenset[str]:
        bags = [self.bags[other] for other in (at - 1, at + 1) if self._same(at, other)]
        return frozenset().union(*bags)

    def _first_of_each(self) -> list[frozenset[str]]:
        titles: dict[str, frozenset[str]] = {}
        for one in self.passages:
            titles.setdefault(one.version_digest, frozenset(terms(one.text[:90])))
        return [titles[one.version_digest] for one in self.passages]

    def search(self, question: Question, top: int = 10) -> tuple[Hit, ...]:
        """Return the best passages for a question, best first; none when no word is shared."""
        total = sum(weight for _, weight in question.words)
        if not self.passages or not total:
            return ()
        found = self._searcher.search(self._query(question), limit=CANDIDATES, count=False).hits
        ids = sorted({int(self._searcher.doc(address)["id"][0]) for _, address in found})
        scored = []
        for at in ids:
            inside, whole = self._coverage(question, at)
            bonus = sum(1 for one in question.couples if one in self.couples[at])
            scored.append((min(1000, (whole * 1000) // total + 15 * min(bonus, 6)), (inside * 1000) // total, at))
        scored.sort(key=lambda one: (-one[0], -one[1], one[2]))
        return tuple(
            Hit(self.passages[at], score, inside, rank)
            for rank, (score, inside, at) in enumerate(scored[:top], start=1)
        )

    def _coverage(self, question: Question, at: int) -> tuple[int, int]:
        inside = beside = 0
        for word, weight in question.words:
            if word in self.bags[at]:
                inside += weight
            elif word in self._beside[at]:
                beside += weight * BESIDE // 1000
            elif word in self._titles[at]:
                beside += weight * TITLE // 1000
        return inside, inside + min(beside, inside // 2)

    def _query(self, question: Question) -> tantivy.Query:
        heaviest = [word for word, _ in question.words[:MOST_TERMS]]
        wanted = [("uni", word) for word in heaviest] + [("bi", couple) for couple in question.couples[:MOST_TERMS]]
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
