"""Which legal holds stand and how far each erasure is, rebuilt from the entries (``ledger verify --deep``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from muniment.ledger.checks.rebuilt import Said, held, rebuilds
from muniment.lifecycle.models import Erasure, Hold, State
from muniment.spine.scope import tenant_scope

HOLDS: Final = rebuilds("lifecycle_hold", "number", "on", "target", "placed_by", "lift_asked_by", "lifted_by")
ERASURES: Final = rebuilds(
    "lifecycle_erasure", "number", "kind", "target", "state", "asked_by", "answered_by"
)
OF_HOLDS: Final = frozenset({"lifecycle.place_hold", "lifecycle.ask_lift", "lifecycle.lift_hold"})
OF_ERASURES: Final = frozenset(
    {
        "lifecycle.answer_erasure",
        "lifecycle.ask_erasure",
        "lifecycle.clear",
        "lifecycle.empty",
        "lifecycle.execute",
    }
)


def faults(tenant: UUID) -> Iterator[str]:
    """Yield a sentence for each hold and each order that stands elsewhere than its entries lead to."""
    with tenant_scope(tenant):
        yield from held(HOLDS, Hold.objects.all(), (OF_HOLDS, _hold))
        yield from held(ERASURES, Erasure.objects.all(), (OF_ERASURES, _erasure))


def _some(one: Said, *names: str) -> dict[str, Any]:
    return {name: one.facts[name] for name in names if name in one.facts}


def _hold(one: Said) -> dict[str, Any]:
    if one.kind == "lifecycle.ask_lift":
        return {"lift_asked_by": one.actor}
    if one.kind == "lifecycle.lift_hold":
        return {"lifted_by": one.actor}
    fresh = {"placed_by": one.actor, "lift_asked_by": None, "lifted_by": None}
    return _some(one, "number", "on", "target") | fresh


def _erasure(one: Said) -> dict[str, Any]:
    if one.kind == "lifecycle.ask_erasure":
        fresh = {"asked_by": one.actor, "answered_by": None, "state": State.ASKED}
        return _some(one, "number", "kind", "target") | fresh
    if one.kind == "lifecycle.answer_erasure":
        return {"answered_by": one.actor, "state": one.facts.get("answer")}
    return {"state": State.EXECUTED if one.kind == "lifecycle.execute" else State.CLEARED}
