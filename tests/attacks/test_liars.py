"""Witnesses that lie, alone and together with the operator: what their lie leaves behind, and where nobody can tell.

The policies here are an auditor's own; the witnesses `a` and `b` are two houses (`tests/proof/test_policy.py`).
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.proof.small_log import NOON
from tests.proof.streamed import StreamedLog
from tests.proof.test_policy import W1, W2, policy

from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.folder import verify_folder
from muniment.proof.note import parse_note, write_note
from muniment.proof.policy import witnessed
from muniment.proof.signer import cosign, sign_checkpoint
from muniment.proof.tiles import TileWriter


def seen_by(log, *witnesses, now=NOON):
    """The head of a log as these witnesses signed it, whatever they had signed before."""
    head = sign_checkpoint(log.signer, log.state(), NOON)
    note = parse_note(head)
    lines = [line for one in witnesses for line in cosign(one, log.state(), now)]
    return write_note(note.text, [*note.signatures, *lines])


@pytest.fixture
def two():
    """Two histories of one log, equally long."""
    return StreamedLog().write("cocc"), StreamedLog(seed="other").write("cocc")


def test_one_witness_that_signs_two_histories_is_not_enough_where_two_are_asked_for(two):
    """Told by `ledger verify --policy` and `verify.py --policy`: the second house did not sign the second history."""
    first, second = seen_by(two[0], W1, W2), seen_by(two[1], W1)
    both = policy("both")
    assert witnessed(first, both, two[0].signer.keys).quorum is True
    assert witnessed(second, both, two[0].signer.keys).quorum is False


def test_a_witness_that_signed_two_histories_is_convicted_by_the_two_heads(two):
    """Asked for alone, its lie counts; the two heads beside each other are proof against it."""
    heads = [seen_by(one, W1) for one in two]
    judged = [witnessed(one, policy("a"), two[0].signer.keys) for one in heads]
    assert [one.quorum for one in judged] == [True, True]
    assert judged[0].checkpoint.size == judged[1].checkpoint.size
    assert judged[0].checkpoint.root != judged[1].checkpoint.root
    assert all(set(W1.cosigner_keys) <= set(one.good) for one in judged)


def test_operator_and_all_witnesses_together_are_noticed_only_by_whoever_kept_a_head(two, tmp_path):
    """Nobody else: the new history has every signature that the policy asks for, and its files hold."""
    honest, forged = two
    writer = TileWriter(tmp_path, sync=False)
    writer.extend(0, forged.entries)
    head = seen_by(forged, W1, W2)
    writer.publish(head)
    asked = policy("both", logs=tuple(forged.signer.keys))
    assert witnessed(head, asked).quorum is True
    assert verify_folder(tmp_path, honest.signer.keys, policy=asked).faults == []
    kept = [("what the auditor kept", seen_by(honest, W1, W2))]
    assert verify_folder(tmp_path, honest.signer.keys, policy=asked, kept=kept).faults == [
        "what the auditor kept: the tree does not lead to the checkpoint signed at 4"
    ]


def test_the_time_of_a_witness_is_its_own_word(two):
    """Nobody notices a false one from the signature; a reader is shown the time of each witness by name."""
    late = NOON + timedelta(days=365)
    raw = write_note(
        parse_note(seen_by(two[0], W1)).text,
        [*parse_note(seen_by(two[0], W1)).signatures, *cosign(W2, parse_checkpoint(seen_by(two[0])), late)],
    )
    found = witnessed(raw, policy("both"), two[0].signer.keys)
    assert found.quorum is True
    times = {name.decode()[0]: second for name, second in found.times.items() if second}
    assert times["b"] - times["a"] == timedelta(days=365).total_seconds()
