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
MOST_TERMS = 48
HEAP = 15_000_000
# What a word is worth that stands elsewhere than in the two best sentences, per mille.
ELSEWHERE = 500
BESIDE = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    :param score: per mille of the question's weight that the passage and its surroundings cover.
    :param inside: the same for its best one or two sentences alone.
    :param start: where those sentences begin in the passage; ``end`` is one past their last code point.
    :param core: per mille of the weight of the core words that the passage covers.
    :param matched: how many core words the passage holds.
    :param telling: what the core words found in the passage tell, in thousandths of a nat of the law's
        statistics.
    :param lead: per mille of the lead-in's words that stand in the passage or beside it; 1000 without a
        lead-in.
    """

    passage: Passage
    score: int
    rank: int
    inside: int
    start: int
    end: int
    core: int
    matched: int
    telling: int
    lead: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    :param words: word and weight, heaviest first.
    :param core: the words of what is to be done, with what each tells in the law.
    :param lead: the words of the lead-in above a list.
    :param couples: neighbouring words of what is to be done.
    """

    words: tuple[tuple[str, int], ...]
    core: tuple[tuple[str, int], ...]
    lead: frozenset[str]
    couples: tuple[str, ...]


class Index:
    """An index over the passages of one tenant's documents."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(sorted(passages, key=lambda one: (one.version_digest, one.start, one.end)))
        words = [terms(one.text) for one in self.passages]
        self.bags = [frozenset(one) for one in words]
        self.sentences = [_sentences(one.text) for one in self.passages]
        self.couples = [frozenset(pairs(one)) for one in words]
        self.weights = Weights(self.bags)
        self._beside = [self._around(at) for at in range(len(self.passages))]
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

    def search(self, question: Question, top: int = 10) -> tuple[Hit, ...]:
        """Return the best passages for a question, best first; none when no word is shared."""
        if not self.passages or not question.words:
            return ()
        found = self._searcher.search(self._query(question), limit=CANDIDATES, count=False).hits
        ids = sorted({int(self._searcher.doc(address)["id"][0]) for _, address in found})
        hits = [self._weighed(question, at) for at in ids]
        hits.sort(key=lambda one: (-one.score, -one.inside, one.passage.version_digest, one.passage.start))
        return tuple(replace(one, rank=rank) for rank, one in enumerate(hits[:top], start=1))

    def _weighed(self, question: Question, at: int) -> Hit:
        total = max(1, sum(weight for _, weight in question.words))
        core_total = max(1, sum(weight for _, weight in question.core))
        start, end, close = self._window(question, at)
        near = sum(weight for word, weight in question.words if word in close)
        bag, beside = self.bags[at], self._beside[at]
        rest = sum(weight for word, weight in question.words if word in bag and word not in close) * ELSEWHERE
        around = sum(weight for word, weight in question.words if word in beside and word not in bag) * BESIDE
        bonus = min(6, sum(1 for one in question.couples if one in self.couples[at])) * 15
        score = min(1000, (near + min((rest + around) // 1000, near // 2)) * 1000 // total + bonus)
        held = [weight for word, weight in question.core if word in bag]
        told = sum(held)
        lead = len(question.lead & (bag | beside)) * 1000 // len(question.lead) if question.lead else 1000
        inside, core = near * 1000 // total, told * 1000 // core_total
        return Hit(self.passages[at], score, 0, inside, start, end, core, len(held), told, lead)

    def _window(self, question: Question, at: int) -> tuple[int, int, frozenset[str]]:
        """Return the sentence, or the two neighbours, that cover most; one when the second adds little."""
        weights = dict(question.words)
        best = (0, 0, 0, frozenset[str]())
        lines = self.sentences[at]
        for first, (start, end, bag) in enumerate(lines):
            alone = sum(weights.get(word, 0) for word in bag)
            if alone > best[0]:
                best = (alone, start, end, bag)
            if first + 1 < len(lines):
                both = bag | lines[first + 1][2]
                value = sum(weights.get(word, 0) for word in both) * 4 // 5
                if value > best[0]:
                    best = (value, start, lines[first + 1][1], both)
        return best[1], best[2] or len(self.passages[at].text), best[3]

    def _query(self, question: Question) -> tantivy.Query:
        heaviest = [word for word, _ in question.words[:MOST_TERMS]]
        wanted = [("uni", word) for word in heaviest] + [
            ("bi", couple) for couple in question.couples[:MOST_TERMS]
        ]
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, field, word, "freq"))
                for field, word in wanted
            ]
        )


def _sentences(text: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    return tuple((start, end, frozenset(terms(text[start:end]))) for start, end in sentence_spans(text))


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
