"""An operator with the database, and then with the keys too, at the places of entries: put in, exchanged, given twice.

Each test asserts the sentence, and by which command or file it is said.
"""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from tests.ledger.tamper import key, owner, update
from tests.proof.small_log import NOON
from tests.proof.streamed import CASE, StreamedLog

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, sequence, verify
from muniment.ledger.models import Entry, Outbox
from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.folder import verify_folder
from muniment.proof.merkle import inclusion_proof, leaf_hash
from muniment.proof.signer import sign_checkpoint
from muniment.proof.tiles import TileWriter
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof
from muniment.spine.errors import Clash
from muniment.spine.scope import tenant_scope

COLUMNS = "tenant_id, cls, kind, actor, subject, at, stream, body"


@pytest.fixture
def log(db, ada):
    for number in range(3):
        cases.open_case(ada, title=f"Case {number}")
    publish.settle()
    return logs.of(ada.tenant)


def said(tenant) -> str:
    """What ``muniment ledger verify`` says, which the worker runs once a day."""
    return "\n".join(verify.verify_log(tenant).faults)


def test_an_entry_that_is_put_behind_the_last_one_is_named(log, ada):
    """Insert, with the database alone: no head covers it."""
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute(
            f"INSERT INTO ledger_entry (id, {COLUMNS}, idx, sn, root) "  # noqa: S608  # our own words
            f"SELECT %s, {COLUMNS}, %s, sn + 1000, root FROM ledger_entry WHERE idx = %s AND tenant_id = %s",
            [key(uuid4()), log.size, log.size - 1, key(ada.tenant)],
        )
    told = said(ada.tenant)
    assert f"entry {log.size}: it stands behind the end of the log" in told
    assert "the entries do not lead to the stored head" in told


def test_an_event_that_is_laid_among_those_that_wait_is_never_placed(log, ada):
    """Insert, before it has a place: the sequencer stops, since nobody vouched for it."""
    cases.open_case(ada, title="It waits")
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute(
            f'INSERT INTO ledger_outbox (id, {COLUMNS}, "order", commitments, voucher) '  # noqa: S608  # our own words
            f'SELECT %s, {COLUMNS}, "order" + 1, commitments, voucher FROM ledger_outbox WHERE tenant_id = %s',
            [key(uuid4()), key(ada.tenant)],
        )
    with pytest.raises(Clash, match="not what was recorded"):
        sequence.sequence(ada.tenant)
    with tenant_scope(ada.tenant):
        assert Outbox.objects.count() == 2
        assert Entry.objects.count() == log.size


def test_two_entries_that_exchange_their_places_are_named(log, ada):
    """Reorder, with the database alone."""
    last, before, aside = log.size - 1, log.size - 2, 1_000_000
    with owner(ada.tenant, "ledger_entry") as cursor:
        for here, there in ((last, aside), (before, last), (aside, before)):
            update(cursor, "ledger_entry", "idx = %s", "idx", there, here)
    told = said(ada.tenant)
    for place in (before, last):
        assert f"entry {place}: its sealed contents are not those that were logged" in told
        assert f"entry {place}: its columns do not agree with its leaf" in told


def test_the_database_gives_no_place_twice(log, ada):
    """Duplicate an index, with the database alone: a constraint refuses it, whoever writes."""
    with (
        owner(ada.tenant, "ledger_entry") as cursor,
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        update(cursor, "ledger_entry", "idx = %s", "idx", log.size - 2, log.size - 1)


def test_two_entries_for_one_place_are_never_in_one_tree(tmp_path):
    """Duplicate an index, with every key: each of two auditors is proved another entry at place 2.

    One head cannot prove both; two heads contradict each other for whoever lays the proofs side by side.
    """
    one, two = StreamedLog().write("co"), StreamedLog().write("co")
    one.append("case.change", CASE, {"note": "for one"})
    two.append("case.change", CASE, {"note": "for the other"})
    proofs = []
    for made in (one, two):
        made.write("c")
        hashes = inclusion_proof(2, 4, made.node)
        proofs.append(parse_tlog_proof(write_tlog_proof(2, hashes, made.checkpoint())))
    heads = [open_checkpoint(proof.checkpoint, one.signer.keys)[0] for proof in proofs]
    for made, proof, head in zip((one, two), proofs, heads, strict=True):
        proof.require(leaf_hash(made.entries[2]), head)
    for proof, head, other in zip(proofs, heads, (two, one), strict=True):
        with pytest.raises(Malformed):
            proof.require(leaf_hash(other.entries[2]), head)
    writer = TileWriter(tmp_path, sync=False)
    writer.extend(0, one.entries)
    writer.publish(sign_checkpoint(one.signer, heads[0], NOON))
    seen = verify_folder(tmp_path, one.signer.keys, kept=[("the other proof", proofs[1].checkpoint)])
    assert seen.faults == ["the other proof: the tree does not lead to the checkpoint signed at 4"]
