"""A policy on file, and a case about it."""

from __future__ import annotations

import pytest

from muniment.cases import actions
from muniment.vault import actions as vault


@pytest.fixture
def policy(db, ada):
    return vault.receive(
        ada, [b"# Incidents\n\nWithin 96 hours.\n"], name="incident.md", title="Incident response"
    )


@pytest.fixture
def case(ada, policy):
    return actions.open_case(ada, title="Breach notified too late", items=[("evidence", policy.id)])
