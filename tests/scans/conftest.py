"""A finished scan of a small law of our own against one policy, so that the room is proven without real data."""

from __future__ import annotations

import pytest
from tests.scans.duties.written import written_act

from muniment.scans import actions, queries
from muniment.sources import actions as sources
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault

LAW = written_act(
    """
## 33 Telling of a breach
1. In the case of a personal data breach, the controller shall without undue delay and, where feasible, not later than 72 hours after having become aware of it, notify the personal data breach to the supervisory authority.
2. The controller shall keep a written register of lanterns in each branch.
## 34 Keeping
1. The controller shall erase lantern records at the request of the keeper, unless a court forbids it.
""",  # noqa: E501  # a paragraph of law is one line
    celex="32016R0679",
)
POLICY = b"""# Incident response

## Personal data breaches

The data protection officer notifies a personal data breach to the supervisory authority not later than
96 hours after having become aware of it.
"""


@pytest.fixture
def law(db, operator):
    origin = sources.Origin(
        key="32016R0679", version="OJ:2030-02-01", publisher="Town Council", authenticity="invented"
    )
    return sources.take_in(operator, [sources.File("law.xml", b"as it came")], LAW, origin)


@pytest.fixture
def filed(db, ada):
    return vault.receive(ada, [POLICY], name="incident.md", title="Incident response", owner="IT security")


@pytest.fixture
def scanned(law, filed, ada):
    asked = actions.run(ada, snapshots=[law.id])
    assert work_off() == 1
    with tenant_scope(ada.tenant):
        return queries.scan(asked.id)


@pytest.fixture
def conflict(scanned, ada):
    with tenant_scope(ada.tenant):
        return queries.Wanted(status="conflict_found").rows(scanned).get()
