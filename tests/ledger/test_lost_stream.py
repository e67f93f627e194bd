"""A waiting event whose stream is gone is refused with words, so that the worker can go on with the other logs."""

from __future__ import annotations

import pytest

from muniment.ledger.models import Outbox
from muniment.ledger.sequence import sequence
from muniment.spine import ports
from muniment.spine.errors import Clash
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action
from muniment.tenants import actions


def test_an_event_without_its_stream_is_refused_and_stays_waiting(db, operator):
    made = actions.found(operator, name="Fourth House", slug="fourth-house")
    with tenant_scope(made.id), open_action(LEDGER_HAND):
        stray = Outbox.objects.get()
        stray.id, stray.stream, stray.order = ports.new_id(), ports.new_id(), stray.order + 1
        Outbox.objects.bulk_create([stray])

    with pytest.raises(Clash, match="stream"):
        sequence(made.id)

    with tenant_scope(made.id):
        assert Outbox.objects.count() == 2
