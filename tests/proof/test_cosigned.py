"""What a pack says of witnesses: k of n under the reader's own policy, and nothing without one."""

from __future__ import annotations

import io
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.proof.small_log import NOON, Log, make_contents, make_log, seeded
from tests.proof.test_policy import W1, W2, cosigned

from muniment.proof import command
from muniment.proof.checkpoint import Checkpoint, parse_checkpoint
from muniment.proof.cosigned import FIRST_CONTACT, judge_witnesses
from muniment.proof.errors import Malformed
from muniment.proof.layout import write_event
from muniment.proof.leaf import Leaf, seal_fields
from muniment.proof.merkle import leaf_hash, root_of
from muniment.proof.pack import WITNESSED_AS_FAR, build_pack, verify_pack
from muniment.proof.policy import parse_policy
from muniment.proof.report import FAILED, NOT_CHECKED, PASSED, Report
from muniment.proof.signer import Signer, cosign, sign_checkpoint, signer_from_seeds
from muniment.proof.tlogproof import write_tlog_proof

ABOVE = signer_from_seeds("muniment.example/deployment", b"\x07" * 32, b"\x08" * 32)


def policy(quorum: str, *logs: Signer) -> bytes:
    lines = [f"log {key.encode()}\n" for one in logs for key in one.keys]
    for name, one in (("a", W1), ("b", W2)):
        lines += [f"witness {name}{at} {key.encode()}\n" for at, key in enumerate(one.cosigner_keys)]
        lines.append(f"group {name} all {name}0 {name}1\n")
    return "".join([*lines, f"group q {quorum} a b\n", "quorum q\n"]).encode()


def anchor(log: Log, *witnesses: Signer, **changes: object) -> tuple[bytes, bytes]:
    """An entry of the log above that names the state, under a head with cosignatures."""
    state = parse_checkpoint(log.checkpoint)
    fixed = {"action": "ledger.anchor", "subject": "log/one", "outcome": "done"}
    facts = {"size": state.size, "root": state.root.hex(), **changes}
    commitments, openings = seal_fields(fixed, facts, seeded("above")(32))
    leaf = Leaf("log.checkpoint", commitments, 0, b"s" * 16, 1893585600, sha256(b"x").digest()).encode()
    head = Checkpoint(ABOVE.name, 1, root_of([leaf]))
    raw = sign_checkpoint(ABOVE, head, NOON)
    raw += "".join(line.encode() for one in witnesses for line in cosign(one, head, NOON)).encode()
    assert leaf_hash(leaf) == head.root
    return write_event(0, leaf, openings), write_tlog_proof(0, [], raw)


def built(log: Log, **changes: object) -> bytes:
    return build_pack(make_contents(log, **changes))


def report(raw: bytes, log: Log, chosen: bytes | None) -> Report:
    return verify_pack(io.BytesIO(raw), log.signer.vkeys(), chosen)


def note(found: Report) -> str:
    return next(one.note for one in found.checks if one.name == "witnessed")


@pytest.fixture
def log() -> Log:
    return make_log()


def test_without_a_policy_nobody_can_say_and_the_report_says_that(log: Log) -> None:
    found = report(built(log), log, None)
    assert (found.verified, found.state("witnessed"), note(found)) == (True, NOT_CHECKED, FIRST_CONTACT)


def test_the_log_itself_is_cosigned(log: Log) -> None:
    both = replace(log, checkpoint=cosigned(log, W1, W2))
    raw = built(both)
    found = report(raw, log, policy("all"))
    assert (found.verified, found.state("witnessed")) == (True, PASSED)
    assert (
        note(found)
        == "2 of 2 witnesses had signed by 2030-01-02T12:00:00Z: witness.example/w1, witness.example/w2"
    )
    assert found.shown["witnessed"] == note(found)
    assert WITNESSED_AS_FAR.split(";")[0] in make_contents(both).told_limits()[2]
    assert found.outcomes()["witnessed"] == PASSED


def test_too_few_witnesses_are_refused_by_whoever_asks_for_more(log: Log) -> None:
    one = replace(log, checkpoint=cosigned(log, W1))
    found = report(built(one), log, policy("all"))
    assert (found.verified, found.state("witnessed")) == (False, FAILED)
    assert "1 of 2 witnesses had signed" in note(found)
    assert report(built(one), log, policy("any")).verified
    assert "0 of 2 witnesses had signed: none" in note(report(built(log), log, policy("any")))
    nobody = report(built(log), log, b"quorum none\n")
    assert (nobody.verified, nobody.state("witnessed")) == (True, NOT_CHECKED)


def test_a_state_is_witnessed_through_the_log_that_names_it(log: Log) -> None:
    raw = built(log, anchor=anchor(log, W1, W2))
    found = report(raw, log, policy("all", ABOVE))
    assert (found.verified, found.state("witnessed")) == (True, PASSED)
    assert "of muniment.example/deployment, which holds this state" in note(found)
    few = report(built(log, anchor=anchor(log, W2)), log, policy("all", ABOVE))
    assert (few.verified, "1 of 2" in note(few)) == (False, True)
    unknown = report(raw, log, policy("all"))
    assert (unknown.verified, "no key of the log through which" in note(unknown)) == (False, True)


@pytest.mark.parametrize("changes", [{"size": 12}, {"root": "00" * 32}, {"more": 1}])
def test_an_entry_about_another_state_is_refused(log: Log, changes: dict[str, object]) -> None:
    held = anchor(log, W1, W2, **changes)
    with pytest.raises(Malformed, match="about another one"):
        judge_witnesses(parse_policy(policy("all", ABOVE)), log.checkpoint, log.signer.keys, held)


def test_what_cannot_be_computed_here_is_neither_yes_nor_no(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = built(replace(log, checkpoint=cosigned(log, W1, W2)))
    monkeypatch.setattr("muniment.proof.checkpoint.mldsa44_available", lambda: False)
    found = report(raw, log, policy("all"))
    assert (found.verified, found.state("witnessed")) == (True, NOT_CHECKED)


def test_a_time_that_no_calendar_has_is_told_as_a_number(log: Log) -> None:
    from muniment.proof.cosigned import _at

    assert _at(2**63 - 1) == f"second {2**63 - 1}"
    assert _at(0) == "1970-01-01T00:00:00Z"


def test_by_the_command_line(log: Log, tmp_path, capsys) -> None:
    (tmp_path / "pack").write_bytes(built(replace(log, checkpoint=cosigned(log, W1, W2))))
    (tmp_path / "keys").write_bytes(log.signer.vkeys())
    (tmp_path / "policy").write_bytes(policy("all"))
    words = [str(tmp_path / "pack"), "--trust", str(tmp_path / "keys"), "--policy"]
    assert command.main([*words, str(tmp_path / "policy")]) == 0
    assert "2 of 2 witnesses had signed" in capsys.readouterr().out
    (tmp_path / "policy").write_bytes(b"nonsense\n")
    assert command.main([*words, str(tmp_path / "policy")]) == 2
    assert command.main([*words, str(tmp_path / "none")]) == 2
