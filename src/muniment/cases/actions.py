"""Every way a case can change.

One function here is one change, one permission and one kind of ledger entry. Views, API routes and jobs call these
and nothing else; reads live in ``queries``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from muniment.cases import queries, rules
from muniment.cases.models import Answer, Case, Decision, Item, ItemKind, Outcome, State
from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.ledger.words import Sealed
from muniment.screening import actions as screening
from muniment.spine import ports
from muniment.spine.errors import Absent, Clash, Refused

constraint(
    "nobody_decides_their_own_proposal",
    Refused("You proposed this, so somebody else must decide it.", todo="Ask another officer to decide."),
)
constraint(
    "one_item_once_in_a_case", Clash("This already belongs to the case.", todo="There is nothing to do.")
)
constraint(
    "one_open_question_per_case", Clash("A proposal already waits for a decision.", todo="Reload the page.")
)
constraint("one_case_per_number", Clash("Another case was opened at this moment.", todo="Try again."))


def _locked(case_id: UUID) -> Case:
    """Return the case with its row locked, so that what is read of it stays true until commit."""
    case: Case | None = Case.objects.select_for_update().filter(id=case_id).first()
    if case is None:
        raise Absent
    return case


def _attach(act: Act, case: Case, wanted: Sequence[tuple[str, UUID]]) -> list[Item]:
    made = []
    for kind, item_id in wanted:
        found = queries.thing(kind, item_id)
        made.append(
            Item.objects.create(
                case=case,
                kind=kind,
                item_id=item_id,
                digest=found.digest,
                attached_by=act.actor.id,
                attached_at=act.now,
            )
        )
    return made


@action("cases.open", cls="case.change", says="{actor} opened case {facts.number}")
def open_case(
    act: Act,
    *,
    title: str,
    items: Sequence[tuple[str, UUID]] = (),
    due_at: datetime | None = None,
    once: UUID | None = None,
) -> Case:
    """Open a case that waits for somebody else's decision.

    :param items: (kind, identifier) of the findings, matches or documents that it is about.
    :param once: drawn when the form was shown; becomes the identifier, so that a form sent twice opens one case.
    :raises Absent: when one of them is not there.
    """
    highest = Case.objects.aggregate(highest=Max("number"))["highest"] or 0
    case: Case = Case.objects.create(
        id=once or ports.new_id(),
        number=highest + 1,
        title=rules.require_title(title),
        opened_by=act.actor.id,
        opened_at=act.now,
        due_at=due_at or act.now + rules.DUE_AFTER,
    )
    attached = _attach(act, case, items)
    act.record(
        case,
        number=case.number,
        title=Sealed(case.title),
        items=[f"{item.kind}/{item.item_id}/{item.digest}" for item in attached],
    )
    return case


@action("cases.attach", cls="case.change", says="{actor} attached {facts.kind} to case {facts.number}")
def attach(act: Act, *, case_id: UUID, kind: str, item_id: UUID) -> Item:
    """Attach a finding, a match or a document to a case.

    A proposal that waits becomes void, because what would be approved is no longer what was proposed.

    :raises Refused: when the case is closed.
    :raises Clash: when it belongs to the case already.
    """
    case = _locked(case_id)
    rules.require_step(case, "cases.attach")
    [item] = _attach(act, case, [(kind, item_id)])
    voided = _void(case)
    act.record(case, number=case.number, kind=kind, item=item_id, digest=item.digest, voided=voided)
    return item


def _void(case: Case) -> bool:
    """Take back the proposal that waits, if there is one."""
    waiting: Decision | None = Decision.objects.filter(case=case, answer=Answer.ASKED).first()
    if waiting is not None:
        waiting.answer = Answer.VOID
        waiting.save(update_fields=["answer"])
        case.state = State.OPEN
        case.save(update_fields=["state"])
    return waiting is not None


@action("cases.propose", cls="case.change", says="{actor} proposed {facts.outcome} for case {facts.number}")
def propose(act: Act, *, case_id: UUID, outcome: str, rationale: str) -> Decision:
    """Ask somebody else to decide, with an outcome and the rationale for it.

    The question is bound to a digest of exactly what is shown now; when anything of it changes, it becomes void.

    :raises Refused: when the case is closed, a proposal waits already, or there is nothing to decide about.
    """
    case = _locked(case_id)
    rules.require_step(case, "cases.propose")
    items = queries.items(case)
    rules.require_something_to_decide(items)
    outcome = rules.require_outcome(outcome)
    rationale = rules.require_rationale(rationale, called="rationale")
    decision: Decision = Decision.objects.create(
        case=case,
        outcome=outcome,
        rationale=rationale,
        requested_by=act.actor.id,
        requested_at=act.now,
        bound_digest=rules.shown_digest(case, queries.contents(items), outcome, rationale, act.actor.id),
    )
    case.state = State.PROPOSED
    case.save(update_fields=["state"])
    act.record(
        case,
        number=case.number,
        decision=decision.id,
        outcome=outcome,
        rationale=Sealed(rationale),
        bound=decision.bound_digest,
    )
    return decision


@action("cases.decide", cls="case.decision", says="{actor} decided case {facts.number}: {facts.answer}")
def decide(act: Act, *, case_id: UUID, approve: bool, reason: str, shown: str) -> Decision:
    """Answer a proposal with yes or no and the reason for it.

    The reason is what an examiner reads first, so it is required and kept word for word. When what the person was
    shown is no longer what stands in the case, nothing is approved: the answer returned is *void*.

    :param shown: the digest that stood on the page from which this was decided.
    :raises Refused: when nothing waits, or the actor is the one who proposed it.
    """
    case = _locked(case_id)
    rules.require_step(case, "cases.decide")
    decision = rules.require_asked(Decision.objects.filter(case=case, answer=Answer.ASKED).first())
    rules.require_second_pair_of_eyes(decision, act.actor)
    reason = rules.require_rationale(reason, called="reason")
    now = rules.shown_digest(
        case,
        queries.contents(queries.items(case)),
        decision.outcome,
        str(decision.rationale),
        decision.requested_by,
    )
    if not now == shown == decision.bound_digest:
        _void(case)
        decision.answer = Answer.VOID
        act.record(case, number=case.number, decision=decision.id, answer="void", shown=shown[:64], bound=now)
        return decision
    decision.answer = Answer.APPROVED if approve else Answer.REJECTED
    decision.decided_by, decision.decided_at, decision.reason = act.actor.id, act.now, reason
    decision.save(update_fields=["answer", "decided_by", "decided_at", "reason"])
    if approve:
        case.state, case.outcome, case.closed_at = State.DECIDED, decision.outcome, act.now
        _settle_matches(act, case)
    else:
        case.state = State.OPEN
    case.save(update_fields=["state", "outcome", "closed_at"])
    act.record(
        case,
        number=case.number,
        decision=decision.id,
        answer=decision.answer,
        outcome=decision.outcome,
        reason=Sealed(reason),
        bound=decision.bound_digest,
        requested_by=decision.requested_by,
    )
    return decision


def _settle_matches(act: Act, case: Case) -> None:
    """Note on the matches of a case what was decided; whatever is not cleared was a true match."""
    ids = [item.item_id for item in queries.items(case) if item.kind == ItemKind.MATCH]
    if ids:
        state = "cleared" if case.outcome == Outcome.CLEARED else "confirmed"
        screening.settle(act, match_ids=ids, state=state, case_id=case.id)


@action("cases.withdraw", cls="case.change", says="{actor} withdrew case {facts.number}")
def withdraw(act: Act, *, case_id: UUID, reason: str) -> Case:
    """Close a case that was opened in error; it stays on record with the reason.

    :raises Refused: when it is closed already.
    """
    case = _locked(case_id)
    rules.require_step(case, "cases.withdraw")
    _void(case)
    case.state, case.closed_at = State.WITHDRAWN, act.now
    case.save(update_fields=["state", "closed_at"])
    act.record(
        case, number=case.number, reason=Sealed(rules.require_rationale(reason, called="reason", shortest=3))
    )
    return case


@action("cases.read", cls="case.read", says="{actor} read case {facts.number}", reads=True)
def read(act: Act, *, case_id: UUID) -> queries.Whole:
    """Return a case with all that belongs to it, and put on record that it was read."""
    found = queries.whole(case_id)
    act.record(found.case, number=found.case.number)
    return found


@action(
    "cases.read_queue",
    cls="case.read",
    says="{actor} looked at a list of {facts.count:case|cases}",
    reads=True,
)
def read_queue(
    act: Act, *, state: str = "", most: int = queries.MOST, after: int = 0, by_number: bool = False
) -> list[Case]:
    """Return cases, those that are due first, and put on record that they were looked at.

    :param state: only the cases in this state. :param after: how many to pass over.
    :param by_number: by number instead; ``after`` is then the number after which to begin.
    """
    found = (
        queries.by_number(state, after, most) if by_number else queries.queue(state, most=most, after=after)
    )
    act.record("cases.queue", count=len(found))
    return found
