"""Verifying sees one moment, whatever is written beside it, and keeps nobody from writing."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from muniment.ledger import numbers
from muniment.ledger.models import Lane
from muniment.ledger.snapshot import one_moment
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action


def apart(work):
    """Run something on a connection of its own, outside the test's transaction."""
    troubles = []

    def run():
        try:
            work()
        except BaseException as trouble:  # noqa: BLE001  # it is raised again where the test sees it
            troubles.append(trouble)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    if troubles:
        raise troubles[0]


def count_on(tenant):
    with tenant_scope(tenant), transaction.atomic(), open_action(LEDGER_HAND):
        numbers.take(tenant, 1)


def counted():
    return list(Lane.objects.values_list("next_number", flat=True))


@pytest.fixture
def another_tenant(town, django_db_blocker):
    """An identifier that nobody has; what is counted for it is committed and harms nobody."""
    with django_db_blocker.unblock():
        yield uuid4()


@pytest.mark.database
def test_what_is_written_meanwhile_is_not_seen_and_does_not_wait(another_tenant):
    def look():
        with tenant_scope(another_tenant):
            with one_moment():
                assert counted() == [1]
                apart(lambda: count_on(another_tenant))
                assert counted() == [1]
            assert counted() == [2]

    apart(lambda: count_on(another_tenant))
    apart(look)


@pytest.mark.database
def test_a_fault_within_ends_the_moment_and_leaves_the_connection_as_it_was(another_tenant):
    def look():
        with pytest.raises(DatabaseError), one_moment(), connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        with one_moment(), tenant_scope(another_tenant):
            assert counted() == []
        count_on(another_tenant)
        with tenant_scope(another_tenant):
            assert counted() == [1]

    apart(look)


def test_within_a_transaction_nothing_is_done(db):
    with one_moment():
        assert connection.in_atomic_block
