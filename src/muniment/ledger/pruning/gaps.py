"""Why there is no entry at a place that must have one: *pruned*, or *missing*.

Rules: only a bound that its entry still states counts; where nothing says that entries were pruned, they are missing.
"""

from __future__ import annotations

from muniment.ledger.pruning import bound
from muniment.ledger.pruning.bound import Bound
from muniment.proof.errors import Malformed


def in_force() -> Bound | None:
    """Return the bound below which entries were pruned; ``None`` when nothing was, or what says so cannot be read."""
    try:
        return bound.newest()
    except Malformed:
        return None


def why(place: int) -> str:
    """Return why there is no entry at a place that must have one: ``pruned`` or ``missing``."""
    found = in_force()
    if found is None:
        return "missing"
    return "pruned" if place < max(below for below, _before in found.classes.values()) else "missing"
