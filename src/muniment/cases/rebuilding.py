"""Where each case stands, rebuilt from the entries alone and held against the table (``ledger verify --deep``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from muniment.cases.models import Case
from muniment.ledger.checks.rebuilt import Said, differences, history, rebuilds
from muniment.spine.scope import tenant_scope

TABLE = rebuilds("cases_case", "state", "outcome", "number")
KINDS = frozenset({"cases.open", "cases.attach", "cases.propose", "cases.decide", "cases.withdraw"})


def _after(one: Said, before: dict[str, Any]) -> dict[str, Any]:
    """Return how a case stands after an entry about it."""
    name = one.kind.partition(".")[2]
    if name == "propose":
        return {**before, "state": "proposed"}
    if name == "attach":
        return {**before, "state": "open"} if one.facts.get("voided") else before
    if name == "withdraw":
        return {**before, "state": "withdrawn"}
    if one.facts.get("answer") == "approved":
        return {**before, "state": "decided", "outcome": one.facts.get("outcome")}
    return {**before, "state": "open"}


def faults(tenant: UUID) -> Iterator[str]:
    """Yield a sentence for each case that stands elsewhere than its entries lead to."""
    with tenant_scope(tenant):
        expected: dict[str, dict[str, Any]] = {}
        for one in history(KINDS):
            if one.kind == "cases.open":
                if "number" in one.facts:
                    expected[one.subject] = {"state": "open", "outcome": "", "number": one.facts["number"]}
            elif one.subject in expected:
                expected[one.subject] = _after(one, expected[one.subject])
        rows = (
            (
                f"{Case._meta.label}/{row.pk}",
                {"state": row.state, "outcome": row.outcome, "number": row.number},
            )
            for row in Case.objects.iterator(chunk_size=500)
        )
        yield from differences(TABLE, expected, rows)
