"""What may happen to a case, and when. Pure: no database, no clock, no request."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from muniment.cases.models import Answer, Case, Decision, Item, Outcome, State
from muniment.proof.canonical import canonical
from muniment.spine.actor import Actor
from muniment.spine.errors import Clash, Invalid, Refused
from muniment.spine.wording import require_wording

#: A case that nobody gave another date is due after so long.
DUE_AFTER: Final = timedelta(days=10)
LONGEST_TEXT: Final = 20_000
LONGEST_TITLE: Final = 500
SHORTEST_RATIONALE: Final = 10

#: From which state an action leads to which; the diagram in the reference is drawn from this.
STEPS: Final[dict[str, dict[str, str]]] = {
    "cases.attach": {State.OPEN: State.OPEN, State.PROPOSED: State.OPEN},
    "cases.propose": {State.OPEN: State.PROPOSED},
    "cases.decide": {State.PROPOSED: State.DECIDED},
    "cases.withdraw": {State.OPEN: State.WITHDRAWN, State.PROPOSED: State.WITHDRAWN},
}


def require_step(case: Case, action: str) -> None:
    """Refuse what cannot be done to a case in its state."""
    if case.state not in STEPS[action]:
        words = {
            State.OPEN: "Nobody has proposed anything for this case yet.",
            State.PROPOSED: "A proposal already waits for a decision.",
            State.DECIDED: "This case is already decided.",
            State.WITHDRAWN: "This case was withdrawn.",
        }
        todo = {
            State.OPEN: "Propose an outcome with a rationale first.",
            State.PROPOSED: "Decide it, or attach something, which takes the proposal back.",
            State.DECIDED: "Open a new case if something has changed.",
            State.WITHDRAWN: "Open a new case if something has changed.",
        }
        state = State(case.state)
        raise Refused(words[state], todo=todo[state])


def require_second_pair_of_eyes(decision: Decision, actor: Actor) -> None:
    """Refuse to let the person who proposed also decide."""
    if decision.requested_by == actor.id:
        raise Refused(
            "You proposed this, so somebody else must decide it.", todo="Ask another officer to decide."
        )


def require_title(title: str) -> str:
    """Return what is to be decided, in one line."""
    return require_wording(title, called="title", shortest=3, longest=LONGEST_TITLE)


def require_rationale(text: str, *, called: str, shortest: int = SHORTEST_RATIONALE) -> str:
    """Return why, as an examiner will read it; it may have several lines."""
    return require_wording(text, called=called, shortest=shortest, longest=LONGEST_TEXT, lines=True)


def require_outcome(outcome: str) -> str:
    """Return the outcome.

    :raises Invalid: for one that is not known.
    """
    if outcome not in Outcome.values:
        raise Invalid(
            "This outcome is not known.", todo=f"Choose one of: {', '.join(Outcome.values)}.", where="outcome"
        )
    return outcome


def require_something_to_decide(items: Iterable[Item]) -> None:
    """Refuse a proposal about nothing."""
    if not list(items):
        raise Refused(
            "There is nothing in this case yet.", todo="Attach a finding, a match or a document first."
        )


def require_asked(decision: Decision | None) -> Decision:
    """Return the decision that waits.

    :raises Clash: when it was answered or taken back meanwhile.
    """
    if decision is None or decision.answer != Answer.ASKED:
        raise Clash("This proposal was answered or taken back meanwhile.", todo="Reload the page.")
    return decision


def shown_digest(
    case: Case, items: Iterable[tuple[str, str, str]], outcome: str, rationale: str, by: str
) -> str:
    """Return the digest of exactly what a person who decides is shown.

    :param items: (kind, identifier, digest of the contents) of each item as it is now.
    :returns: SHA-256 in hex over canonical JSON.
    """
    shown = {
        "case": str(case.id),
        "items": sorted([str(kind), name, digest] for kind, name, digest in items),
        "outcome": outcome,
        "rationale": unicodedata.normalize("NFC", rationale),
        "requested_by": by,
    }
    return hashlib.sha256(canonical(shown)).hexdigest()


def refusal(check: Callable[[], object]) -> str:
    """Return why something would be refused now, in the words of the refusal itself; empty when it would not be.

    Pages say it beside a button that cannot be pressed.
    """
    try:
        check()
    except Refused as why:
        return f"{why.what} {why.todo}".strip()
    return ""


def require_permission(actor: Actor, name: str) -> None:
    """Refuse whoever's role does not hold a permission, in the door's own words."""
    if name not in actor.may:
        raise Refused("Your role does not allow this.", todo="Ask somebody whose role does.")


def why_not_decide(actor: Actor, decision: Decision) -> str:
    """Return why this person may not decide this proposal; empty when they may."""
    return refusal(lambda: require_permission(actor, "cases.decide")) or refusal(
        lambda: require_second_pair_of_eyes(decision, actor)
    )


def words_in(text: str) -> int:
    """Return how many words a text has, as a person would count them."""
    return len(text.split())
