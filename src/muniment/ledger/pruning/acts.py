"""The two actions of keeping: choosing for how long, and signing a bound below which entries go.

Rules: never less than twelve months, whoever asks; what goes is decided here and committed before a single row goes;
taking away is ``taking``'s, and only once the decision stands under a signed checkpoint.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from muniment.ledger import rules
from muniment.ledger.action import CLASSES, Act, action
from muniment.ledger.pruning import carried
from muniment.ledger.pruning.bound import said
from muniment.ledger.pruning.plan import Plan
from muniment.ledger.refusals import constraint
from muniment.ledger.tables.pruning import Prune, Retention
from muniment.ledger.walk import Start
from muniment.spine.errors import Clash, Invalid, Refused
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.session import open_action

constraint(
    "entries_are_kept_for_a_year",
    Refused("Entries of the ledger are kept for twelve months at least.", todo="Choose 12 or more."),
)
constraint(
    "nothing_younger_than_a_year_is_pruned",
    Refused("Nothing that is younger than a year is pruned.", todo="Set the clock right."),
)
constraint(
    "one_bound_per_class", Clash("Somebody else is pruning this log.", todo="Wait until that has ended.")
)


@action(
    "ledger.retain",
    cls="system.change",
    says="{actor} set that entries ({facts.cls}) are kept for {facts.months} months",
)
def retain(act: Act, *, months: int, cls: str = "") -> Retention:
    """Choose for how many months entries are kept, of one class or of all that are not named.

    :raises Invalid: for less than twelve months, or a class that is not known or never goes.
    """
    rules.require_months(months)
    if cls and (cls not in CLASSES or cls in rules.PERMANENT):
        raise Invalid(
            "There is no such class of entries, or its entries never go.",
            todo="See docs/formats/tiles-and-pruning.md for the names.",
            where="class",
        )
    held: Retention | None = Retention.objects.select_for_update().filter(cls=cls).first()
    before = None if held is None else held.months
    if held is None:
        held = Retention(tenant_id=act.tenant, cls=cls)
    held.months = months
    held.save()
    act.record(held, stream="ledger.Retention", cls=cls or "all others", months=months, before=before)
    return held


@action(
    "ledger.prune",
    cls="log.prune",
    says="{facts.goes:entry goes|entries go} below {facts.bound}, as their time is over",
)
def prune(act: Act, *, wanted: Plan, start: Start, number: int, why: str) -> None:
    """Sign a bound: which entries go, by class, and what later checks must still know of them.

    :param start: the state at the bound, as a check of the log found it.
    """
    held: list[list[Any]] = [list(one) for one in carried.items(start)]
    classes = sorted(said(cls, *one) for cls, one in wanted.classes.items())
    event = act.record(
        "pruning",
        stream="log",
        number=number,
        bound=wanted.below,
        goes=wanted.goes,
        classes=classes,
        months=[f"{cls or 'all others'}={months}" for cls, months in sorted(wanted.months.items())],
        carried=carried.root(held),
        why=why,
    )
    with open_action(LEDGER_HAND):
        carried.write(act.tenant, event, held)
        Prune.objects.bulk_create(
            _row(
                act.now, number=number, entry=event, cls=cls, below=below, before=before, tenant_id=act.tenant
            )
            for cls, (below, before) in sorted(wanted.classes.items())
        )


def _row(at: datetime, *, below: int, **given: Any) -> Prune:
    return Prune(bound=below, at=at, **given)
