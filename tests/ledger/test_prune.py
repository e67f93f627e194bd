"""Old entries go below a signed bound, nothing younger than a year goes, and nothing becomes unverifiable by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, verify
from muniment.ledger.models import Entry
from muniment.ledger.pruning import doing
from muniment.spine import ports
from muniment.spine.scope import tenant_scope

THEN = ports.now()


@pytest.fixture
def old(db, ada):
    """A log of one tenant with 600 old entries, and a few young ones fourteen months later."""
    with ports.frozen(clock=THEN):
        case = cases.open_case(ada, title="The one that stays open")
        for _ in range(600):
            cases.read_queue(ada)
        publish.settle()
    with ports.frozen(clock=THEN + timedelta(days=425)):
        cases.attach  # noqa: B018
        cases.open_case(ada, title="A young one")
        publish.settle()
        yield case


def entries(tenant) -> list[int]:
    with tenant_scope(tenant):
        return list(Entry.objects.order_by("idx").values_list("idx", flat=True))


def test_old_entries_go_whole_bundles_of_them_and_everything_still_holds(old, ada):
    before = logs.of(ada.tenant).size
    done = doing.prune(ada.tenant)
    assert (done.below, done.gone, done.bundles, done.stops) == (512, 512, 2, ())
    left = entries(ada.tenant)
    assert left[0] == 512
    assert left[-1] == logs.of(ada.tenant).size - 1 >= before
    for deep in (False, True):
        found = verify.verify_log(ada.tenant, deep=deep)
        assert found.faults == []
        assert found.pruned == 512
    assert found.rows > 1, "rows whose last change was pruned are still held"
    folder = logs.folder(logs.of(ada.tenant))
    assert not (folder / "tile/entries/000").exists()
    assert (folder / "tile/0/000").exists()
