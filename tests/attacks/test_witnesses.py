"""A cheating operator and witnesses: he owns the machine, the database and the log's keys, but not the witness.

Who notices is said in each test, with the file or command, and the sentence that is said.
"""

from __future__ import annotations

import io
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from tests.ledger.houses import Houses
from tests.ledger.tamper import owner, update
from tests.proof.small_log import NOON, make_contents, make_log
from tests.proof.test_policy import W1, cosigned, policy

from muniment.cases import actions as cases
from muniment.ledger import covering, lag, logs, publish, verify, witnessing
from muniment.ledger.models import Checkpoint, Log
from muniment.ledger.trust import accepting
from muniment.proof.checkpoint import open_checkpoint, parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.folder import verify_folder
from muniment.proof.kept import COSIGNED, cosigned_sizes
from muniment.proof.merkle import verify_consistency
from muniment.proof.note import ED25519, parse_keys, parse_note, write_note
from muniment.proof.pack import build_pack, verify_pack
from muniment.proof.policy import Policy, parse_policy, witnessed
from muniment.proof.signer import sign_checkpoint
from muniment.proof.tiles import Tiles
from muniment.proof.witness import write_submission
from muniment.spine import config, ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope

NAME = "witness.example/a"
OTHER = "witness.example/b"


def deployment() -> Log:
    return logs.of(DEPLOYMENT)


def place() -> Path:
    return logs.folder(deployment())


def lived(ada: Any, title: str) -> None:
    cases.open_case(ada, title=title)
    publish.settle()


def asked() -> list[witnessing.Heard]:
    witnessing._sizes.clear()
    return [one for made in witnessing.ask_all(NOON).values() for one in made.heard]


def auditors(houses: Houses, quorum: str = NAME) -> Policy:
    """The policy that the auditor keeps, with the log's keys from before anything happened."""
    lines = [f"log {line}" for line in deployment().vkeys.splitlines()]
    return parse_policy("\n".join([*lines, *houses.lines, f"quorum {quorum}", ""]).encode())


@pytest.fixture
def watched(houses: Houses, ada: Any) -> Houses:
    """An installation with one witness that has signed what is there."""
    houses.open(NAME, deployment())
    houses.policy(f"quorum {NAME}")
    lived(ada, "A broken lantern")
    assert [one.fault for one in asked()] == [""]
    return houses


class SetBack(Exception):
    """Everything that follows is taken back."""


def taken_back(folder: Path, copy: Path, work: Any) -> None:
    """Do something, then put database and files back to where they were, as a restore does."""
    shutil.copytree(folder.parent, copy)
    with suppress(SetBack), transaction.atomic():
        work()
        raise SetBack
    shutil.rmtree(folder.parent)
    shutil.copytree(copy, folder.parent)


def test_rolling_back_by_a_restore_and_going_on_is_told_by_the_witness(
    watched: Houses, ada: Any, tmp_path: Path
) -> None:
    def more() -> None:
        for number in range(3):
            lived(ada, f"To be forgotten {number}")
        assert [one.fault for one in asked()] == [""]

    taken_back(place(), tmp_path / "copy", more)
    # As long as it is smaller, the witness says that it has seen a larger one ...
    lived(ada, "Another history")
    (heard,) = asked()
    assert (heard.alarm, "It has cosigned a larger log" in heard.fault) == (True, True)
    # ... and once it is larger, that it does not continue; nothing of it is ever cosigned.
    for number in range(5):
        lived(ada, f"Another history {number}")
    (heard,) = asked()
    assert (heard.alarm, "does not continue the one that it cosigned" in heard.fault) == (True, True)
    assert watched.held[NAME].state.evidence(deployment().origin) >= 1
    (verdict,) = lag.judge(auditors(watched))
    covered = verdict.size
    assert covered < deployment().size


def test_an_old_checkpoint_that_is_shown_again_is_told_by_verify_and_by_the_page(
    watched: Houses, ada: Any
) -> None:
    old = (place() / "checkpoint").read_bytes()
    lived(ada, "After it")
    asked()
    newest = (place() / "witnessed").read_bytes()
    (place() / "checkpoint").write_bytes(old)
    (place() / "witnessed").write_bytes(old)
    assert any("and the log was published at" in one for one in verify.verify_log(DEPLOYMENT).faults)
    found = witnessing.policy()
    assert found is not None
    later = lag.lag(deployment(), found, ports.now() + timedelta(seconds=90))
    assert (later.late, later.behind > 0) == (True, True)
    # Whoever kept the newer one (a pack, a mail, the witness) holds a later state than the one that is shown.
    assert parse_checkpoint(old).size < parse_checkpoint(newest).size


def test_another_key_or_address_of_a_witness_needs_a_second_person_and_else_is_not_used(
    watched: Houses, ada: Any
) -> None:
    # The operator's own witness, which signs whatever it is shown.
    tame = watched.open(OTHER, deployment())
    own = "\n".join([*(line for line in watched.lines if OTHER in line), f"quorum {OTHER}", ""])
    config.current().witnesses.write_text(own)
    force = accepting.in_force()
    assert (
        force.fault == "The file of the witnesses is not the one that two persons accepted; it is not used."
    )
    assert force.policy is not None
    assert {key.name for key in force.policy.witness_keys} == {NAME}
    lived(ada, "Seen by the one that was accepted")
    asked()
    assert tame.state.seen() == []
    # In the database, behind everybody's back: the entry says otherwise.
    with owner(DEPLOYMENT, "ledger_witnesspolicy") as cursor:
        sha256 = accepting.digest_of(own.encode())
        update(cursor, "ledger_witnesspolicy", "body = %s, sha256 = %s", "number", own, sha256, 1)
    force = accepting.in_force()
    assert (force.policy, force.fault) == (
        None,
        "The witnesses in the database are not those that the ledger says were accepted.",
    )
    assert any("witnesspolicy" in one for one in verify.verify_log(DEPLOYMENT, deep=True).faults)
    # And the auditor's own policy is nowhere on this machine.
    (verdict,) = lag.judge(auditors(watched))
    assert verdict.holds is True


def test_one_person_cannot_do_both(watched: Houses, operator: Any) -> None:
    made = accepting.propose_policy(operator, body="quorum none\n")
    same = replace(operator, may=operator.may | {"ledger.accept_policy"})
    with pytest.raises(Exception, match="cannot accept them"):
        accepting.accept_policy(same, sha256=made.sha256)


def test_an_address_that_leads_to_somebody_else_brings_nothing(watched: Houses, ada: Any) -> None:
    tame = watched.open(OTHER, deployment())
    watched.says[NAME] = tame.add_checkpoint
    lived(ada, "Sent elsewhere")
    (heard,) = asked()
    assert heard.fault == "It answered, but not with the signatures of its keys in the policy."


def test_cosignatures_that_were_taken_away_are_missed_and_come_back(watched: Houses, ada: Any) -> None:
    with tenant_scope(DEPLOYMENT):
        own = Checkpoint.objects.order_by("-size").first().note.encode()
    for name in ("checkpoint", "witnessed"):
        (place() / name).write_bytes(own)
    # Those that are kept of each head as well: what is gone there is not told by anybody, so nothing rests on it.
    shutil.rmtree(place() / COSIGNED)
    (verdict,) = lag.judge(auditors(watched))
    assert (verdict.holds, "does not have the quorum of the policy" in verdict.fault) == (False, True)
    # The witness gives them again, since they are true.
    assert [one.fault for one in asked()] == [""]
    assert [one.holds for one in lag.judge(auditors(watched))] == [True]
    assert cosigned_sizes(place()) == [deployment().size]


def test_a_cosignature_that_is_moved_to_another_head_counts_for_nothing(watched: Houses, ada: Any) -> None:
    """Backdate: the witness's word for a later head is put below an earlier one that it never saw."""
    lived(ada, "Nobody saw it")
    early = deployment().size
    with tenant_scope(DEPLOYMENT):
        own = Checkpoint.objects.get(size=early).note.encode()
    lived(ada, "Somebody did")
    asked()
    late = cosigned_sizes(place())[-1]
    signed = parse_note((place() / COSIGNED / str(late)).read_bytes()).signatures
    lines = [one for one in signed if one.name == NAME]
    (place() / COSIGNED / str(early)).write_bytes(own + b"".join(one.encode().encode() for one in lines))
    with tenant_scope(DEPLOYMENT):
        assert covering.states([early])[early].size == late
    (fault,) = verify.verify_log(DEPLOYMENT).faults
    assert f"the file {COSIGNED}/{early} does not hold" in fault
    keys = parse_keys(deployment().vkeys.encode())
    assert (
        verify_folder(place(), keys, policy=auditors(watched)).faults[0].startswith(f"{COSIGNED}/{early}: ")
    )


def test_cosignatures_that_were_taken_out_of_a_pack_are_missed_in_it() -> None:
    log = make_log()
    whole = build_pack(make_contents(replace(log, checkpoint=cosigned(log, W1))))
    bare = build_pack(make_contents(log))
    chosen = _policy_text()
    trust = log.signer.vkeys()
    assert verify_pack(io.BytesIO(whole), trust, chosen).verified
    found = verify_pack(io.BytesIO(bare), trust, chosen)
    assert "The quorum of the policy is not reached. 0 of 1" in found.text()
    # A pack from which only they were cut out is no pack any more: every byte of it is bound.
    cut = parse_note(cosigned(log, W1)).signatures[-2].encode().encode()
    assert cut in whole
    assert not verify_pack(io.BytesIO(whole.replace(cut, b"")), trust, chosen).verified


def _policy_text() -> bytes:
    lines = [f"witness a{at} {key.encode()}" for at, key in enumerate(W1.cosigner_keys)]
    return "\n".join([*lines, "group a all a0 a1", "quorum a", ""]).encode()


def test_a_checkpoint_without_one_of_its_two_kinds_of_signature_is_refused(watched: Houses) -> None:
    """Downgrade: our verifiers, the witness and a policy with both keys all refuse."""
    raw = (place() / "checkpoint").read_bytes()
    keys = parse_keys(deployment().vkeys.encode())
    read = parse_note(raw)
    for left_out in keys:
        bare = write_note(read.text, [one for one in read.signatures if one.key_id != left_out.key_id])
        with pytest.raises(Malformed):
            open_checkpoint(bare, keys)
        with pytest.raises(Malformed):
            witnessed(bare, auditors(watched))
        said = watched.held[NAME].add_checkpoint(write_submission(0, [], bare))
        assert (said.status, b"signature" in said.body) == (403, True)
        (place() / "checkpoint").write_bytes(bare)
        assert any("not signed by the log" in one for one in verify.verify_log(DEPLOYMENT).faults)
    # A reader who has one key only asks for that one: whoever wants less says so.
    only = [key for key in keys if key.kind == ED25519]
    assert open_checkpoint(raw, only)[0].origin == deployment().origin


def test_a_witness_whose_stronger_signature_is_left_out_does_not_count() -> None:
    log = make_log()
    note = parse_note(cosigned(log, W1))
    bare = write_note(note.text, note.signatures[:-1])
    assert witnessed(bare, policy("a"), log.signer.keys).quorum is False


def test_two_auditors_are_not_shown_two_histories_under_one_witness(
    watched: Houses, ada: Any, tmp_path: Path
) -> None:
    kept: list[bytes] = []

    def for_the_other() -> None:
        lived(ada, "What the other auditor is shown")
        asked()
        kept.append((place() / "checkpoint").read_bytes())

    taken_back(place(), tmp_path / "copy", for_the_other)
    lived(ada, "What this auditor is shown")
    shown = (place() / "checkpoint").read_bytes()
    here, there = parse_checkpoint(shown), parse_checkpoint(kept[0])
    assert (here.size, here.root != there.root) == (there.size, True)
    (heard,) = asked()
    assert (heard.fault, heard.alarm) == ("It has cosigned another root at this size.", True)
    both = (witnessed(kept[0], auditors(watched)).quorum, witnessed(shown, auditors(watched)).quorum)
    assert both == (True, False)
    # The two heads that the log signed for one size lie with the witness: proof by itself.
    (evidence,) = (watched.folder / NAME / "evidence").glob("*-fork-*.json")
    assert evidence.read_text("utf-8").count(f"{deployment().origin}") >= 2


def test_what_is_written_anew_inside_the_window_is_seen_only_by_who_kept_something(
    watched: Houses, ada: Any, tmp_path: Path
) -> None:
    """Nobody in the house and no witness notices: only a receipt, a pack or a copy from within the window does."""
    kept: list[tuple[bytes, str]] = []

    def unseen() -> None:
        lived(ada, "As it was")
        kept.append(((place() / "checkpoint").read_bytes(), "As it was"))

    taken_back(place(), tmp_path / "copy", unseen)
    lived(ada, "As the operator would have it")
    lived(ada, "And on")
    assert [one.fault for one in asked()] == [""]
    assert verify.verify_log(DEPLOYMENT).faults == []
    assert [one.holds for one in lag.judge(auditors(watched))] == [True]
    # The bound of what can be done so is the window, which is measured and shown.
    found = witnessing.policy()
    assert found is not None
    assert lag.lag(deployment(), found, ports.now()).behind == 0
    assert (config.current().unwitnessed_entries, config.current().unwitnessed_seconds) == (100, 60)
    # Whoever kept the head of that moment can show it: signed by the log, and in no history that continues.
    old, _ = open_checkpoint(kept[0][0], parse_keys(deployment().vkeys.encode()))
    now = parse_checkpoint((place() / "checkpoint").read_bytes())
    proof = Tiles(place(), now.size).consistency(old.size)
    with pytest.raises(Malformed):
        verify_consistency(old.size, now.size, proof, old.root, now.root)


def test_keys_of_the_log_do_not_make_a_head_witnessed(watched: Houses) -> None:
    head = parse_checkpoint((place() / "checkpoint").read_bytes())
    raw = sign_checkpoint(logs.signer(deployment()), head, NOON)
    assert witnessed(raw, auditors(watched)).quorum is False
