"""A cheating operator and history: with root, database and the log's keys he writes and signs another whole log.

What is asserted in each test: that the rewritten log is flawless in itself (whoever has nothing else cannot tell), who
notices all the same, by which file, and what is said. Where nobody notices, the test says that too.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile

import pytest
from tests.ledger.tamper import key, owner
from tests.proof.small_log import NOON
from tests.proof.streamed import CASE, HEADS, OTHER, StreamedLog, map_of
from tests.proof.test_whole_pack import contents, event, judged

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, streams, verify
from muniment.proof.folder import verify_folder
from muniment.proof.leaf import parse_leaf
from muniment.proof.merkle import consistency_proof
from muniment.proof.pack import build_pack
from muniment.proof.streamfile import verify_stream
from muniment.proof.streamheads import Head, HeadMap
from muniment.proof.streamproof import RebuiltHeads, write_stream_proof
from muniment.proof.tiles import TileWriter
from muniment.proof.witness import write_submission
from muniment.witness import folder as place
from muniment.witness.application import Witness

#: Places:   0123456789
LETTERS = "cocchococh"
KEPT = "what the auditor kept"


def rewritten(how):
    """Write the same history with one thing otherwise: numbers, maps and roots are right again, and it grew on."""
    letters = list(LETTERS)
    log = StreamedLog()
    if how == "nothing":
        log.write("".join(letters))
    elif how == "an entry in the middle taken away":
        log.write("".join(letters[:2] + letters[3:]))
    elif how == "two entries exchanged":
        letters[1], letters[2] = letters[2], letters[1]
        log.write("".join(letters))
    elif how == "an entry put in between":
        log.write("".join([*letters[:3], "c", *letters[3:]]))
    elif how == "an entry told otherwise":
        log.write("".join(letters[:2]))
        log.append("case.change", CASE, {"note": "another word"})
        log.write("".join(letters[3:]))
    elif how == "an entry put in and dated back":
        log.write("".join(letters[:3]))
        log.append("case.decision", CASE, {"note": "as if it had been decided then"})
        log.write("".join(letters[3:]))
    elif how == "the end cut off and written anew":
        log.write("".join(letters[:6]) + "oc")
    return log.write("coch") if how != "nothing" else log


WAYS = (
    "an entry in the middle taken away",
    "two entries exchanged",
    "an entry put in between",
    "an entry told otherwise",
    "an entry put in and dated back",
    "the end cut off and written anew",
)


def published(log, folder):
    """Publish a log as the program would: tiles, what the stream-heads leaves say, a checkpoint."""
    folder.mkdir()
    writer = TileWriter(folder, sync=False)
    writer.extend(0, log.entries)
    for index, raw in enumerate(log.entries):
        if parse_leaf(raw).cls == "log.heads":
            writer.add(streams.file_of(index), log.published(index))
    writer.publish(log.checkpoint())
    return folder


def flawless(log, folder):
    """Say whether the log is without fault for whoever has nothing but its files and keys."""
    seen = verify_folder(folder, log.signer.keys)
    rebuilt = RebuiltHeads(lambda index: streams.published_in(folder, index), len(log.entries))
    said = [one for at, raw in enumerate(log.entries) for one in rebuilt.take(at, parse_leaf(raw))]
    return seen.holds and said == []


@pytest.fixture
def honest(tmp_path):
    log = StreamedLog().write(LETTERS)
    published(log, tmp_path / "honest")
    return log


@pytest.fixture
def witness(tmp_path, honest):
    """A witness that has seen the honest log."""
    place.make(tmp_path / "w", place.Settings("w.example", "https://localhost", "127.0.0.1", 1), NOON)
    place.trust(tmp_path / "w", honest.signer.keys)
    made = Witness(tmp_path / "w")
    assert made.add_checkpoint(write_submission(0, [], honest.checkpoint())).status == 200
    yield made
    made.state.close()


@pytest.mark.parametrize("how", WAYS)
def test_whoever_kept_an_older_checkpoint_notices_a_history_that_was_rewritten(honest, tmp_path, how):
    forged = rewritten(how)
    folder = published(forged, tmp_path / "forged")
    assert flawless(forged, folder), "without anything older nobody can tell"
    seen = verify_folder(folder, honest.signer.keys, kept=[(KEPT, honest.checkpoint())])
    assert seen.faults == [f"{KEPT}: the tree does not lead to the checkpoint signed at 10"]


@pytest.mark.parametrize("how", WAYS)
def test_a_witness_signs_no_history_that_was_rewritten(honest, witness, how):
    forged = rewritten(how)
    size = len(forged.entries)
    proofs = [consistency_proof(10, size, forged.node), consistency_proof(10, size, honest.node), []]
    for proof in proofs:
        assert witness.add_checkpoint(write_submission(10, proof, forged.checkpoint())).status in (400, 422)
    assert witness.add_checkpoint(write_submission(0, [], forged.checkpoint())).status == 409


def test_a_witness_keeps_the_head_that_contradicts_the_one_it_signed(honest, witness):
    forged = StreamedLog(seed="forged").write(LETTERS)
    answer = witness.add_checkpoint(write_submission(10, [], forged.checkpoint()))
    assert answer.status == 409
    assert witness.state.evidence(honest.origin) == 1


def test_an_honest_log_that_grew_is_accepted_by_both(honest, witness, tmp_path):
    grown = StreamedLog().write(LETTERS + "coch")
    proof = consistency_proof(10, 14, grown.node)
    assert witness.add_checkpoint(write_submission(10, proof, grown.checkpoint())).status == 200
    folder = published(grown, tmp_path / "grown")
    assert verify_folder(folder, honest.signer.keys, kept=[(KEPT, honest.checkpoint())]).faults == []


def test_a_tail_that_was_cut_off_is_noticed_by_whoever_kept_the_newer_checkpoint(honest, witness, tmp_path):
    shorter = StreamedLog().write(LETTERS[:6])
    folder = published(shorter, tmp_path / "shorter")
    assert flawless(shorter, folder)
    [said] = verify_folder(folder, honest.signer.keys, kept=[(KEPT, honest.checkpoint())]).faults
    assert said == (
        f"{KEPT}: it is signed at 10 entries, and the log here ends at 6:"
        " the log was rolled back, or this copy is older."
    )
    assert witness.add_checkpoint(write_submission(6, [], shorter.checkpoint())).status in (400, 409)


def test_an_entry_dated_back_at_the_end_still_stands_behind_what_was_signed_before(honest):
    """The date is the operator's word; the place is not: the auditor's checkpoint has 10 entries and not this one."""
    honest.append("case.decision", CASE, {"note": "dated back"})
    leaf = parse_leaf(honest.entries[-1])
    assert leaf.cls == "case.decision"
    assert len(honest.entries) - 1 >= 10


def test_two_auditors_who_were_shown_two_logs_notice_when_they_lay_their_packs_side_by_side(tmp_path):
    one, two = StreamedLog().write(LETTERS), StreamedLog(seed="two").write(LETTERS)
    packs = {}
    for name, log in (("one", one), ("two", two)):
        made = contents(log, log.proof(CASE, [0, 2, 3], 4, map_of(log, 4)), events=[event(log, 0)])
        packs[name] = build_pack(made)
        published(log, tmp_path / name)
        assert flawless(log, tmp_path / name)
    heads = {name: zipfile.ZipFile(io.BytesIO(raw)).read("checkpoint") for name, raw in packs.items()}
    for name, other in (("one", "two"), ("two", "one")):
        seen = verify_folder(tmp_path / name, one.signer.keys, kept=[("the other pack", heads[other])])
        assert seen.faults == ["the other pack: the tree does not lead to the checkpoint signed at 10"]


def test_a_number_given_twice_in_a_stream_makes_no_proof_that_it_is_whole():
    """Two entries with the number 1: one for each of two auditors."""
    log = StreamedLog().write("c")
    log.append("case.change", CASE, {"note": "for one"}, sn=1)
    log.append("case.change", CASE, {"note": "for the other"}, sn=1)
    log.commit_heads()
    of = map_of(log, 3)
    trust = log.signer.vkeys()
    assert verify_stream(write_stream_proof(log.proof(CASE, [0, 2], 3, of)), trust).verified
    for places in ([0, 1], [0, 1, 2]):
        assert not verify_stream(write_stream_proof(log.proof(CASE, places, 3, of)), trust).verified


def test_a_map_that_hides_the_end_of_a_stream_is_noticed_by_whoever_has_the_entries(tmp_path):
    """Nobody who has the pack alone can notice: the operator signed that the stream ends before."""
    log = StreamedLog().write("occc")
    lying = HeadMap([Head(OTHER, 0, 0), Head(CASE, 1, 2)])
    log.commit_heads(root=lying.root().hex(), streams=2)
    report = judged(contents(log, log.proof(CASE, [1, 2], 4, lying), events=[event(log, 1)]))
    assert report.outcomes()["complete"] == "passed"
    folder = published(log, tmp_path / "lying")
    rebuilt = RebuiltHeads(lambda index: streams.published_in(folder, index), 5)
    said = [one for at, raw in enumerate(log.entries) for one in rebuilt.take(at, parse_leaf(raw))]
    assert said == [
        "the stream-heads leaf at 4: the entries before it do not lead to the map of streams that it commits"
    ]


def test_an_entry_hidden_in_another_stream_is_noticed_by_nobody_who_may_not_open_it():
    """It is written in every pack: what was logged into another stream is not in this one."""
    log = StreamedLog().write("cc")
    log.append("case.decision", OTHER, {}, subject=f"cases.Case/{CASE.hex()}")
    log.commit_heads()
    made = contents(log, log.proof(CASE, [0, 1], 3, map_of(log, 3)), events=[event(log, 0)])
    assert judged(made).outcomes()["complete"] == "passed"
    assert any("what was logged into another stream is not in it" in one for one in made.told_limits())


def test_a_tenant_dropped_from_database_and_disk_is_missed_by_the_deployments_log(db, ada):
    cases.open_case(ada, title="One")
    publish.settle()
    publish.settle()
    log = logs.of(ada.tenant)
    for table in ("entry", "rowlist", "checkpoint", "stream", "lane", "log"):
        with owner(ada.tenant, f"ledger_{table}") as cursor:
            cursor.execute(f"DELETE FROM ledger_{table} WHERE tenant_id = %s", [key(ada.tenant)])  # noqa: S608  # our names
    shutil.rmtree(logs.folder(log))
    faults = [fault for found in verify.verify().values() for fault in found.faults]
    assert (
        f"log/{log.tag}: the deployment's log says that it stood at {log.size} entries, and it is missing"
        in faults
    )


def test_a_tenant_dropped_from_the_deployments_log_too_is_missed_by_whoever_kept_its_checkpoint(tmp_path):
    """The deployment's log is one like any other: here `o` is a tenant's head in it; it is written anew without."""
    before = StreamedLog().write("coch")
    after = StreamedLog().write("cccch")
    assert OTHER not in {parse_leaf(raw).st for raw in after.entries}
    folder = published(after, tmp_path / "after")
    assert flawless(after, folder)
    [said] = verify_folder(folder, before.signer.keys, kept=[(KEPT, before.checkpoint())]).faults
    assert "does not lead to the checkpoint signed at 4" in said
    assert json.loads(after.published(4))["index"] == 4
    assert parse_leaf(after.entries[4]).st == HEADS
