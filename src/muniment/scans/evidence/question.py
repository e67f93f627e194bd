"""Turns a duty into words to look for.

What is to be done counts most; the lead-in above a list and the conditions count less; who must do it and the
small change of legal language count nothing. Words that are rare in the law and rare in the firm's
documents tell more than common ones.
"""

from __future__ import annotations

from muniment.scans.duties.duty import Duty
from muniment.scans.evidence.index import Index, Question
from muniment.scans.evidence.terms import Weights, pairs, terms

CORE, LEAD, SIDE = 4, 2, 1
MOST_CORE, MOST_REST = 12, 6
_PARTIES = frozenset(
    terms(
        "controller processor provider deployer importer distributor operator manufacturer representative "
        "financial institution data system systems right obligation responsible personal market person"
    )
)


def ask(duty: Duty, law: Weights, index: Index) -> Question:
    """Build the question of one duty.

    :param law: weights over all duties of the scan, so that "ICT" tells little where it is everywhere.
    """
    head = duty.statement[: -len(" ".join(duty.quote.split()))] if duty.lead_in else ""
    body = duty.quote if duty.lead_in else _without_times(duty)
    core = {word: law[word] // (4 if word in _PARTIES else 1) for word in terms(body)}
    rest = dict.fromkeys(terms(head), LEAD) if head else dict.fromkeys(terms(duty.condition[:240]), SIDE)
    rest |= dict.fromkeys(terms(duty.recipient), LEAD)
    weighed = {word: CORE * (told + index.weights[word]) for word, told in core.items()}
    chosen = _heaviest(weighed, MOST_CORE)
    others = {
        word: share * (law[word] + index.weights[word]) // (4 if word in _PARTIES else 1)
        for word, share in rest.items()
        if word not in core
    }
    words = sorted([*chosen, *_heaviest(others, MOST_REST)], key=lambda one: (-one[1], one[0]))
    kept = {word for word, _ in chosen}
    couples = [one for one in pairs(terms(body)) if set(one.split("_")) & kept]
    lead = frozenset(word for word in terms(head) if word not in core and word not in _PARTIES)
    told = tuple((word, core[word]) for word, _ in chosen)
    return Question(tuple(words), told, lead, tuple(dict.fromkeys(couples))[:24])


def _heaviest(weights: dict[str, int], most: int) -> list[tuple[str, int]]:
    return sorted(weights.items(), key=lambda one: (-one[1], one[0]))[:most]


def _without_times(duty: Duty) -> str:
    """Return the action without the words of its deadlines, which say when and not what."""
    text = duty.action
    for one in duty.deadlines:
        text = text.replace(one.text, " ").replace(one.trigger, " ")
    return text


def law_weights(duties: tuple[Duty, ...]) -> Weights:
    """Count words over the duties of the scan, public text only."""
    return Weights(terms(one.statement) for one in duties)
