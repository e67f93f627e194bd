"""A cheating operator and the time that leaves the house: in packs and in files of entries, before a reader outside.

The reader has a verifier, the log's keys and the certificate of an authority from elsewhere, and nothing of ours.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from datetime import timedelta

import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
from tests.ledger.stamps import NOON, ask, at

from muniment.cases import actions as cases
from muniment.ledger import logs, record
from muniment.ledger.models import Entry
from muniment.ledger.time import asking
from muniment.ledger.time.testing import new_authority
from muniment.proof.archive import write_archive
from muniment.proof.entryfile import verify_entry
from muniment.proof.report import FAILED, NOT_CHECKED
from muniment.spine.scope import tenant_scope

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


def entry(tenant, of, title, moment):
    with at(moment):
        made = cases.open_case(of, title=title)
    return tenant, f"cases.Case/{made.id}"


def handed(tenant, subject):
    with tenant_scope(tenant):
        found = Entry.objects.get(subject=subject, kind="cases.open")
        return asking.entry_file(found)


def members(raw):
    held = zipfile.ZipFile(io.BytesIO(raw))
    return {name: held.read(name) for name in held.namelist()}


def bent(raw, **changes):
    out = io.BytesIO()
    held = sorted((members(raw) | changes).items())
    write_archive(out, ((name, len(one), zlib.crc32(one), [one]) for name, one in held))
    return out.getvalue()


def read(raw, tenant, roots):
    return verify_entry(io.BytesIO(raw), logs.of(tenant).vkeys.encode(), None, roots)


@pytest.fixture
def root(clocks):
    """The certificate that the reader has from the authority itself."""
    return clocks.open().root_pem


def test_the_clock_set_back_and_forth_around_a_token_moves_no_bound(clocks, root, town, ada):
    """`verify.py --entry`: the operator's own time lies outside the interval, for everybody to see."""
    entry(town.example, ada, "before", NOON - HOUR)
    ask(clocks)
    files = []
    for moment in (NOON - YEAR, NOON + YEAR, NOON + HOUR / 2):
        record._last_order = 0  # another process each time: it remembers nothing of the order of events
        record._asked.clear()
        files.append(entry(town.example, ada, "between", moment))
    ask(clocks, NOON + HOUR)
    told = [read(handed(*one), town.example, root).shown for one in files]
    assert {one["timed"].split(", said")[0] for one in told} == {
        "between 2026-11-22T12:00:00Z and 2026-11-22T13:00:00Z"
    }
    assert [one["said at"][:4] for one in told] == ["2025", "2027", "2026"]


def test_tokens_of_another_tenants_file_are_refused_by_name(clocks, root, town, ada, mallory):
    """`verify.py --entry` names the member: what came from another log does not fit this one."""
    for of, tenant in ((ada, town.example), (mallory, mallory.tenant)):
        entry(tenant, of, "before", NOON - HOUR)
    ask(clocks)
    mine = entry(town.example, ada, "mine", NOON + HOUR / 2)
    theirs = entry(mallory.tenant, mallory, "theirs", NOON + HOUR / 2)
    ask(clocks, NOON + HOUR)
    raw, other = handed(*mine), members(handed(*theirs))
    assert read(raw, town.example, root).verified
    for side in ("before", "after"):
        whole = {name: one for name, one in other.items() if name.startswith(f"time/{side}")}
        found = read(bent(raw, **whole), town.example, root)
        assert found.state("timed") == FAILED
        assert f"time/{side}." in found.text()


def test_a_later_token_passed_off_as_an_earlier_one_is_refused_by_name(clocks, root, town, ada):
    """`verify.py --entry` names the token: an entry below must have named it, or it must be about the head."""
    entry(town.example, ada, "before", NOON - HOUR)
    ask(clocks)
    early = entry(town.example, ada, "early", NOON + HOUR / 2)
    ask(clocks, NOON + HOUR)
    late = entry(town.example, ada, "late", NOON + 3 * HOUR / 2)
    ask(clocks, NOON + 2 * HOUR)
    raw, other = handed(*early), members(handed(*late))
    for name in ("time/before-1.tsr", "time/after-1.tsr"):
        found = read(bent(raw, **{name: other[name]}), town.example, root)
        assert (found.state("timed"), name in found.text()) == (FAILED, True)


def test_a_token_by_an_authority_of_his_own_counts_for_nobody_who_has_the_real_one(clocks, root, town, ada):
    """`verify.py --authorities` refuses; who named no authority is told that nobody vouches for this one."""
    ask(clocks)
    mine = entry(town.example, ada, "mine", NOON + HOUR / 2)
    ask(clocks, NOON + HOUR)
    raw = handed(*mine)
    held = members(raw)
    own = new_authority(NOON - YEAR, name="Outside Time Ltd")
    query = _query(held["time/after.head"])
    forged = own.answer(query, now=lambda: NOON + HOUR / 2)
    changed = bent(
        raw,
        **{"time/after-1.tsr": forged, "trust/authorities.pem": held["trust/authorities.pem"] + own.root_pem},
    )
    found = read(changed, town.example, root)
    assert found.state("timed") == FAILED
    assert "None of the time-stamps is of an authority that you named" in found.text()
    alone = read(changed, town.example, None)
    assert alone.state("timed") == NOT_CHECKED
    assert "you named no authority that you trust" in alone.shown["timed"]


def _query(head):
    made = TimestampRequestBuilder().data(head).hash_algorithm(HashAlgorithm.SHA256).build()
    assert hashlib.sha256(head).digest() in made.as_bytes()
    return made.as_bytes()


def test_tokens_that_are_left_out_make_no_better_interval(clocks, root, town, ada):
    """Whoever leaves a side out is told that nobody bounds it: the file never says more than its tokens do."""
    entry(town.example, ada, "before", NOON - HOUR)
    ask(clocks)
    mine = entry(town.example, ada, "mine", NOON + HOUR / 2)
    ask(clocks, NOON + HOUR)
    raw = handed(*mine)
    out = io.BytesIO()
    kept = sorted((name, one) for name, one in members(raw).items() if not name.startswith("time/after"))
    write_archive(out, ((name, len(one), zlib.crc32(one), [one]) for name, one in kept))
    found = read(out.getvalue(), town.example, root)
    assert found.state("timed") == NOT_CHECKED
    assert "not after: not yet" in found.shown["timed"]
