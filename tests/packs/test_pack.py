"""A pack from the decision to the stranger: built, verified apart from us, refused when a byte is flipped."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from proofbundle.tlogproof import verify_tlog_proof
from securesystemslib.dsse import Envelope
from securesystemslib.signer._key import SSlibKey
from tests.cases import lived

from muniment.access.rules import WORKER
from muniment.cases import actions as cases
from muniment.cases import queries as case_queries
from muniment.ledger import logs, publish, streams, verify
from muniment.ledger.models import Entry
from muniment.packs import actions, jobs, queries
from muniment.packs.models import Handover
from muniment.proof.dsse import key_label
from muniment.proof.layout import WHOLE
from muniment.proof.note import parse_keys
from muniment.proof.pack import build_pack, verify_pack
from muniment.proof.streamproof import HEADS_CLASS, parse_stream_proof
from muniment.screening import queries as screening
from muniment.spine.actor import system
from muniment.spine.errors import Absent, Busy, Clash, Invalid, Refused
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import storage

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def decide(ada, otto, items, outcome="to_remedy"):
    made = cases.open_case(ada, title="Breaches are notified a day late", items=items)
    cases.propose(ada, case_id=made.id, outcome=outcome, rationale=lived.WORDS)
    with tenant_scope(ada.tenant):
        shown = case_queries.whole(made.id).shown
    answer = cases.decide(otto, case_id=made.id, approve=True, reason="Agreed, amend it.", shown=shown)
    assert answer.answer == "approved"
    return made


@pytest.fixture
def case(db, operator, ada, otto, account_of):
    account_of(ada)
    account_of(otto)
    house = lived.live_in(operator, ada)
    return decide(ada, otto, [("finding", house.conflict.id), ("evidence", house.policy.id)])


@pytest.fixture
def pack(case, otto):
    asked = actions.build(otto, case_id=case.id)
    assert work_off() == 1
    with tenant_scope(otto.tenant):
        return queries.pack(asked.id)


@pytest.fixture
def raw(pack, otto):
    _, pieces = actions.download(otto, pack_id=pack.id, given_to="Supervisory authority")
    with tenant_scope(otto.tenant):
        return b"".join(pieces)


@pytest.fixture
def trust(otto):
    return logs.of(otto.tenant).vkeys.encode()


def member(raw: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(raw)).read(name)


def run_verifier(folder: Path, raw: bytes, trust: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run the pack's own verify.py in a process with an empty environment and no access to our code."""
    (folder / "verify.py").write_bytes(member(raw, "verify.py"))
    (folder / "pack").write_bytes(raw)
    (folder / "vkeys").write_bytes(trust)
    command = [sys.executable, "-I", "verify.py", "pack", "--trust", "vkeys", "--json"]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, timeout=120, check=False)


def test_a_stranger_verifies_it_without_us(pack, raw, trust, tmp_path):
    report = verify_pack(io.BytesIO(raw), trust)
    assert report.verified
    assert report.state("keys") == report.state("quotes") == report.state("quantum") == "passed"
    done = run_verifier(tmp_path, raw, trust)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == "verified"
    assert (len(raw), pack.size) == (pack.size, len(raw))


def test_it_says_what_was_decided_by_whom_and_shows_no_address(pack, raw, ada, otto):
    statement = json.loads(member(raw, "statement.json"))["predicate"]
    assert statement["rationale"] == lived.WORDS
    assert statement["decision"]["reason"] == "Agreed, amend it."
    assert [(one["did"], one["name"], one["role"]) for one in statement["actors"]] == [
        ("proposed", "Ada Example", "analyst"),
        ("decided", "Otto Example", "officer"),
    ]
    quotes = [one["exact"] for one in statement["quotes"]]
    assert any("72 hours" in one for one in quotes)
    assert any("96 hours" in one for one in quotes)
    assert b"192.0.2.7" not in b"".join(
        member(raw, name) for name in zipfile.ZipFile(io.BytesIO(raw)).namelist()
    )
    shown = [
        json.loads(member(raw, f"events/{number:04}.json"))
        for number in range(1, pack.contents["events"] + 1)
    ]
    said = [next(one["value"] for one in event["openings"] if one["path"] == "action") for event in shown]
    assert {"cases.open", "cases.propose", "cases.decide", "vault.upload", "scans.finish"} <= set(said)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_flipped_byte_is_refused(raw, trust, share):
    changed = bytearray(raw)
    changed[int(len(raw) * share)] ^= 1
    assert not verify_pack(io.BytesIO(bytes(changed)), trust).verified


def test_a_flipped_byte_is_refused_by_the_packs_own_verifier(raw, trust, tmp_path):
    changed = bytearray(raw)
    changed[len(raw) // 2] ^= 1
    (tmp_path / "pack").write_bytes(changed)
    (tmp_path / "verify.py").write_bytes(member(raw, "verify.py"))
    command = [sys.executable, "-I", "verify.py", "pack"]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, timeout=120, check=False)
    assert done.returncode == 1
    assert b"REFUSED" in done.stdout


def test_keys_of_another_log_are_not_enough(raw, mallory, tmp_path):
    other = logs.of(mallory.tenant).vkeys.encode()
    assert not verify_pack(io.BytesIO(raw), other).verified
    assert run_verifier(tmp_path, raw, other).returncode == 1


def test_other_peoples_programs_accept_statement_and_proofs(raw, trust):
    key = parse_keys(trust)[0]
    theirs = SSlibKey(key_label(key), "ed25519", "ed25519", {"public": key.public.hex()})
    envelope = Envelope.from_dict(json.loads(member(raw, "statement.dsse.json")))
    assert envelope.payload == member(raw, "statement.json")
    assert set(envelope.verify([theirs], 1)) == {key_label(key)}

    leaf = base64.b64decode(json.loads(member(raw, "events/0001.json"))["leaf"])
    proof = member(raw, "proofs/0001.tlog-proof").decode()
    assert verify_tlog_proof(proof, leaf, key.encode())["ok"] is True
    assert verify_tlog_proof(proof, leaf + b" ", key.encode())["ok"] is False


def test_the_same_checkpoint_and_the_same_time_give_the_same_bytes(case, otto):
    publish.settle()
    with tenant_scope(otto.tenant):
        first, _ = jobs.contents_of(case.id, NOON)
        second, _ = jobs.contents_of(case.id, NOON)
    assert build_pack(first) == build_pack(second)


def test_a_case_about_a_match_proves_the_entry_and_the_explanation(db, operator, ada, otto):
    match = lived.screen(operator, ada)
    made = decide(ada, otto, [("match", match)], outcome="cleared")
    with tenant_scope(ada.tenant):
        assert screening.match(match).state == "cleared"
    asked = actions.build(otto, case_id=made.id)
    assert work_off() >= 1
    _, pieces = actions.download(otto, pack_id=asked.id, given_to="Supervisory authority")
    with tenant_scope(otto.tenant):
        whole = b"".join(pieces)
    assert verify_pack(io.BytesIO(whole), logs.of(otto.tenant).vkeys.encode()).verified
    predicate = json.loads(member(whole, "statement.json"))["predicate"]
    assert [one["about"]["kind"] for one in predicate["evidence"]] == ["match"]
    assert predicate["sources"][0]["name"].startswith("entry invented 2026-01 inv-")


def test_a_confirmed_match_is_noted_as_confirmed(db, operator, ada, otto):
    match = lived.screen(operator, ada)
    decide(ada, otto, [("match", match)], outcome="accepted_risk")
    with tenant_scope(ada.tenant):
        assert screening.match(match).state == "confirmed"
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_an_undecided_case_has_no_proof(db, ada, operator):
    made = cases.open_case(ada, title="Not decided yet")
    with pytest.raises(Refused, match="Nobody has decided"):
        actions.build(ada, case_id=made.id)


def test_one_proof_of_a_case_is_built_at_a_time(case, otto):
    actions.build(otto, case_id=case.id)
    with pytest.raises(Clash, match="being built already"):
        actions.build(otto, case_id=case.id)


def test_a_pack_is_built_once_however_often_its_job_runs(pack, otto):
    again = jobs.carry_out(otto.tenant, pack.id)
    assert (again.sha256, again.made_at) == (pack.sha256, pack.made_at)
    with tenant_scope(otto.tenant):
        file = storage.store(otto.tenant, [b"x"], most=10)
    with pytest.raises(Refused, match="built already"):
        actions.finish(
            _worker(otto), pack_id=pack.id, file=file, contents={}, origin=pack.origin, size=pack.log_size
        )


def _worker(of):
    return system("worker", may=WORKER, tenant=of.tenant)


def test_a_copy_says_to_whom_it_goes_and_the_ledger_keeps_it(raw, pack, otto):
    with tenant_scope(otto.tenant):
        [copy] = Handover.objects.all()
        assert (copy.given_to, copy.taken_by) == ("Supervisory authority", otto.id)
    with pytest.raises(Invalid, match="to whom"):
        actions.download(otto, pack_id=pack.id, given_to="  ")
    with pytest.raises(Invalid, match="no text may hold"):
        actions.download(otto, pack_id=pack.id, given_to="Ms\x07Example")


def test_a_pack_that_is_not_built_cannot_be_taken(case, otto):
    asked = actions.build(otto, case_id=case.id)
    with pytest.raises(Refused, match="still being built"):
        actions.download(otto, pack_id=asked.id, given_to="Somebody")


def test_another_tenants_pack_is_not_there_and_an_auditor_asks_for_none(pack, mallory, vera):
    with pytest.raises(Absent):
        actions.read(mallory, pack_id=pack.id)
    with pytest.raises(Refused):
        actions.build(vera, case_id=pack.case_id)


def test_a_changed_pack_on_the_disk_is_named_by_the_deep_check_and_never_handed_out(pack, otto):
    publish.settle()
    path = storage.path_of(pack.blob_id)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    faults = verify.verify_log(otto.tenant, deep=True).faults
    assert any(str(pack.blob_id) in fault or pack.blob_id.hex in fault for fault in faults)
    with pytest.raises(storage.Damaged):
        actions.download(otto, pack_id=pack.id, given_to="Somebody else")
    with tenant_scope(otto.tenant):
        assert not Handover.objects.exists()


def test_a_case_without_a_decision_has_nobody_to_name(db, ada):
    made = cases.open_case(ada, title="Nothing was decided yet")
    with tenant_scope(ada.tenant), pytest.raises(Absent, match="no decision"):
        queries.approved(case_queries.whole(made.id))


def test_without_a_checkpoint_a_proof_has_to_wait(case, otto):
    with tenant_scope(otto.tenant), pytest.raises(Busy, match="no checkpoint"):
        queries.proofs(case_queries.whole(case.id), [])


def test_a_stranger_reads_that_the_stream_of_the_case_is_whole(raw, trust, case, otto):
    report = verify_pack(io.BytesIO(raw), trust)
    assert report.outcomes()["complete"] == "passed"
    with tenant_scope(otto.tenant):
        held = list(Entry.objects.filter(subject=f"cases.Case/{case.id}").order_by("idx"))
        heads = Entry.objects.get(cls=HEADS_CLASS)
    proof = parse_stream_proof(member(raw, WHOLE))
    assert [one.index for one in proof.entries] == [one.idx for one in held if one.idx < heads.idx]
    assert "case.decision" in report.shown["stream by class"]
    limits = json.loads(member(raw, "statement.json"))["predicate"]["limits"]
    assert any("The case's stream is whole as far as" in one for one in limits)


def test_who_looked_at_the_case_is_counted_and_not_named(case, otto, vera):
    cases.read(vera, case_id=case.id)
    publish.settle(heads=True)
    with tenant_scope(otto.tenant):
        contents, proofs = jobs.contents_of(case.id, NOON)
    made = build_pack(contents)
    assert vera.id.encode() not in made
    report = verify_pack(io.BytesIO(made), proofs.log.vkeys.encode())
    assert "case.read 1" in report.shown["stream by class"]


def test_a_stream_that_is_too_long_for_one_proof_is_said_not_to_be_shown_whole(case, otto, monkeypatch):
    publish.settle(heads=True)
    monkeypatch.setattr(streams, "MOST_IN_LONG", 1)
    with tenant_scope(otto.tenant):
        contents, _ = jobs.contents_of(case.id, NOON)
    assert contents.stream == b""
    report = verify_pack(io.BytesIO(build_pack(contents)))
    assert (report.verified, report.outcomes()["complete"]) == (True, "not checked")


def test_a_stream_that_is_too_long_for_the_first_form_is_shown_whole_in_the_second(case, otto, monkeypatch):
    publish.settle(heads=True)
    monkeypatch.setattr(streams, "MOST_IN_STREAM", 1)
    with tenant_scope(otto.tenant):
        contents, proofs = jobs.contents_of(case.id, NOON)
    assert b'"muniment.stream/2"' in contents.stream
    report = verify_pack(io.BytesIO(build_pack(contents)), proofs.log.vkeys.encode())
    assert (report.verified, report.outcomes()["complete"]) == (True, "passed")


def test_leaves_that_are_too_large_for_one_proof_are_said_so(case, otto, monkeypatch):
    publish.settle(heads=True)
    monkeypatch.setattr(streams, "MOST_IN_STREAM", 1)
    monkeypatch.setattr(streams, "LARGEST_STREAM", 1000)
    with tenant_scope(otto.tenant):
        assert jobs.contents_of(case.id, NOON)[0].stream == b""
