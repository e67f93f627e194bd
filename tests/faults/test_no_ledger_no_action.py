"""With the ledger unwritable nothing is answered and nothing is changed: every address with every method."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from tests.faults.test_coverage_of_the_ledger import (  # noqa: F401  # firm is a fixture
    ask,
    firm,
    ids_of,
    is_free,
)
from tests.isolation.routes import every_route

from muniment.ledger import record
from muniment.spine.guard import guarded_tables
from muniment.spine.keys import KeyFault

ROUTES = every_route()


class Full(DatabaseError):
    """Stands for a full disk, a locked table, a table that is gone."""


def everything():
    """Count the rows of every guarded table, whosever they are."""
    return {
        item.table: sorted(str(one) for one in item.model.everything.values_list("pk", flat=True))
        for item in guarded_tables()
        if hasattr(item.model, "everything")
    }


#: How the ledger can fail; each address meets one of them, in turn.
FAULTS = (Full("disk full"), OSError(28, "no space"), KeyFault("the key is gone"))


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_nothing_is_answered_and_nothing_changes(route, client_as, firm, monkeypatch):  # noqa: F811  # a fixture
    fault = FAULTS[ROUTES.index(route) % len(FAULTS)]
    values = ids_of(route, firm)
    client = client_as(firm.officer)
    client.raise_request_exception = False
    before = everything()

    def broken(*_):
        raise fault

    monkeypatch.setattr(record, "append", broken)
    for method in route.methods:
        answer = ask(client, method, route.filled(values), route)
        if is_free(route.name, method, answer.status_code):
            continue
        assert answer.status_code >= 400, f"{method} answered {answer.status_code}"
        assert everything() == before, method
