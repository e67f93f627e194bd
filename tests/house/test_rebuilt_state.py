"""Every table that an action writes is rebuilt from the ledger by ``ledger verify --deep``, or it is said why not."""

from __future__ import annotations

import pytest

from muniment.access import rebuilding as _access  # noqa: F401  # each notes what it rebuilds
from muniment.cases import rebuilding as _cases  # noqa: F401  # as above
from muniment.ledger.checks.rebuilt import REBUILT
from muniment.lifecycle import rebuilding as _lifecycle  # noqa: F401  # as above
from muniment.spine.guard import Kept, guarded_tables
from muniment.tenants import rebuilding as _tenants  # noqa: F401  # as above

MATERIAL = "material, not state: no rule asks it; its rows are held by the digests that entries commit"
PUBLIC = "public law and lists as they were brought in: each file is held by its digest"
RESULT = "a result that is made again and compared by its own replay; its rows are held by digests"
#: Tables that are not rebuilt, each with the reason. All of their rows are held by digests all the same.
NOT_REBUILT = {
    "cases_decision": "a decision is its entry; the state of the case, which follows from it, is rebuilt",
    "cases_item": MATERIAL,
    "counterparties_blindtoken": "made from names that are sealed, for search alone",
    "counterparties_counterparty": MATERIAL,
    "counterparties_import": MATERIAL,
    "counterparties_ownership": MATERIAL,
    "ledger_clockjump": "what the clock did and nobody decided; it is held by `clock_faults`",
    "ledger_logkey": "keys are held against the signing keys and the entries that announced them",
    "ledger_question": "a question that somebody keeps for convenience decides nothing",
    "ledger_stamp": "tokens are held against their files and authorities",
    "lifecycle_erasedkey": "held against the key store and the journal",
    "packs_breakdown": RESULT,
    "packs_handover": "a handing over is its entry",
    "packs_pack": RESULT,
    "scans_failure": RESULT,
    "scans_finding": RESULT,
    "scans_replay": RESULT,
    "scans_scan": RESULT,
    "sources_listentry": PUBLIC,
    "sources_provision": PUBLIC,
    "sources_snapshot": PUBLIC,
    "sources_snapshotfile": PUBLIC,
    "vault_blob": "held against the stored files",
    "vault_document": MATERIAL,
    "vault_documentversion": MATERIAL,
}


def _guarded() -> list[str]:
    return sorted(item.table for item in guarded_tables() if item.kept is Kept.GUARDED)


@pytest.mark.parametrize("table", _guarded())
def test_a_table_is_rebuilt_from_the_ledger_or_it_is_said_why_not(table):
    reason = NOT_REBUILT.get(table, "")
    if table.startswith("screening_"):
        reason = RESULT
    assert (table in REBUILT) != bool(reason), "rebuild it, or give one reason"


def test_no_reason_is_left_over():
    assert set(NOT_REBUILT) | set(REBUILT) <= set(_guarded())


def test_what_is_rebuilt_is_named_with_its_columns():
    assert all(REBUILT.values())
