"""An installation from before vouchers gets them when it is updated, once, and everything still holds."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

from django.apps import apps
from django.db import connection
from tests.ledger.tamper import owner

from muniment.cases import actions as cases
from muniment.ledger import publish, verify

TABLES = ("ledger_outbox", "ledger_checkpoint", "ledger_log")


def all_faults():
    return [fault for found in verify.verify(deep=True).values() for fault in found.faults]


def test_what_an_older_installation_holds_is_vouched_for_and_numbered(db, ada, mallory):
    for title in ("One", "Two"):
        cases.open_case(ada, title=title)
        cases.open_case(mallory, title=title)
        publish.settle()
    cases.open_case(ada, title="It waits")
    assert all_faults() == []
    for table in TABLES:
        with owner(ada.tenant, table) as cursor:
            number = ", number = 0" if table == "ledger_checkpoint" else ""
            cursor.execute(f"UPDATE {table} SET voucher = %s{number}", [b""])  # noqa: S608  # the tests' own words
    assert any("not as it was recorded" in fault for fault in all_faults())
    assert any("its row is not as the ledger wrote it" in fault for fault in all_faults())
    assert any("another row bears its number" in fault for fault in all_faults())

    step = import_module("muniment.ledger.migrations.0002_vouchers")
    with owner(ada.tenant, "ledger_log"):
        step.vouch_for_what_is_there(apps, SimpleNamespace(connection=connection))

    assert all_faults() == []
    publish.settle()
    assert all_faults() == []
