"""Turns a duty into words to look for.

What is to be done counts most; the lead-in above a list and the conditions count less; who must do it and the
small change of legal language count nothing. Words that are rare in the law and rare in the firm's documents tell
more than common ones.
"""

from __future__ import annotations

from collections import Counter

from muniment.scans.duties.duty import Duty
from muniment.scans.evidence.index import Index, Question
from muniment.scans.evidence.terms import Weights, pairs, terms

CORE, LEAD, SIDE = 4, 2, 1
MOST = 14
_PARTIES = frozenset(
    terms(
        "controller processor provider deployer importer distributor operator manufacturer representative financial "
        "institution processing data system systems right obligation responsible ICT"
    )
)


def ask(duty: Duty, law: Weights, index: Index) -> Question:
    """Build the question of one duty.

    :param law: weights over all duties of the scan, so that "ICT" tells little in an act that says it everywhere.
    """
    body = duty.quote if duty.lead_in else duty.action
    counted: Counter[str] = Counter()
    for share, text in ((CORE, body), (LEAD, duty.action if duty.lead_in else duty.recipient), (SIDE, duty.condition[:240])):
        for word in terms(text):
            counted[word] = max(counted[word], share)
    scored = {
        word: share * (law[word] + index.weights[word]) // (4 if word in _PARTIES else 1)
        for word, share in counted.items()
    }
    words = sorted(scored.items(), key=lambda one: (-one[1], one[0]))[:MOST]
    core = frozenset(word for word, _ in words if counted[word] == CORE)
    kept = {word for word, _ in words}
    couples = [one for one in pairs(terms(body)) if set(one.split("_")) & kept]
    return Question(tuple(words), core, tuple(dict.fromkeys(couples))[:24])


def law_weights(duties: tuple[Duty, ...]) -> Weights:
    """Count words over the duties of the scan, public text only."""
    return Weights(terms(one.statement) for one in duties)


