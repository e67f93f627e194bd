"""Heads are witnessed by others, the ledger goes on without them, and nobody is told more than is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from proofbundle.tlogproof import verify_tlog_proof
from tests.ledger.houses import Houses
from tests.proof.small_log import NOON
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey

from muniment.cases import actions as cases
from muniment.ledger import lag, logs, publish, queries, verify, witnessing
from muniment.ledger.models import Entry, Log
from muniment.ledger.trust import accepting
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.merkle import root_of
from muniment.proof.note import Key, parse_keys, parse_note
from muniment.proof.policy import parse_policy, witnessed
from muniment.proof.signer import sign_checkpoint
from muniment.proof.witness import write_submission
from muniment.spine import config, ports
from muniment.spine.egress import Egress
from muniment.spine.errors import Invalid
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import actions as tenants
from muniment.witness import folder as place
from muniment.witness.application import Answer


def deployment() -> Log:
    return logs.of(DEPLOYMENT)


def settled(act: Any, title: str = "A broken lantern") -> None:
    cases.open_case(act, title=title)
    publish.settle()


def standing(log: Log) -> lag.Lag:
    found = witnessing.policy()
    assert found is not None
    return lag.lag(log, found, ports.now())


def test_without_a_policy_nobody_is_asked(houses: Houses, ada: Any) -> None:
    settled(ada)
    assert witnessing.policy() is None
    assert witnessing.ask_all(NOON) == {}


def test_a_published_head_is_cosigned_and_kept_with_the_checkpoint(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    ((origin, made),) = witnessing.ask_all(NOON).items()
    assert (origin, [one.fault for one in made.heard]) == (deployment().origin, [""])
    shown = (logs.folder(deployment()) / "checkpoint").read_bytes()
    found = witnessing.policy()
    assert found is not None
    assert witnessed(shown, found, parse_keys(deployment().vkeys.encode())).quorum is True
    assert witnessing.kept_witnessed(deployment()) == shown
    # Nothing is left to ask, and settling again does not take the signatures away.
    assert witnessing.ask_all(NOON) == {}
    publish.settle()
    assert (logs.folder(deployment()) / "checkpoint").read_bytes() == shown
    assert verify.verify_log(DEPLOYMENT).faults == []


def test_the_log_grows_under_its_witness_and_the_size_is_remembered(houses: Houses, ada: Any) -> None:
    asked: list[bytes] = []
    witness = houses.open("witness.example/a", deployment())
    houses.says["witness.example/a"] = lambda raw: (asked.append(raw), witness.add_checkpoint(raw))[1]
    houses.policy("quorum witness.example/a")
    for number in range(3):
        settled(ada, f"Case {number}")
        witnessing.ask_all(NOON)
    assert standing(deployment()).behind == 0
    assert len(asked) == 3
    witnessing._sizes.clear()
    settled(ada, "After a restart")
    witnessing.ask_all(NOON)
    assert standing(deployment()).behind == 0
    assert len(asked) == 5


def test_entries_of_a_tenant_are_covered_through_the_deployments_log(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    own = logs.of(ada.tenant)
    assert (standing(own).covered, standing(own).through) == (0, False)
    witnessing.ask_all(NOON)
    found = standing(own)
    assert (found.covered, found.behind, found.through, found.late) == (own.size, 0, True, False)
    assert (found.names, found.oldest) == (("witness.example/a",), None)


def test_an_anchor_that_no_witness_has_seen_covers_nothing(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    witnessing.ask_all(NOON)
    before = logs.of(ada.tenant).size
    settled(ada, "Unseen")
    found = standing(logs.of(ada.tenant))
    assert (found.covered, found.behind) == (before, logs.of(ada.tenant).size - before)
    assert found.behind > 0


def test_a_tenants_log_that_the_policy_names_is_asked_for_itself(houses: Houses, ada: Any) -> None:
    own = logs.of(ada.tenant)
    houses.open("witness.example/a", deployment(), own)
    houses.policy(f"log {own.vkeys.splitlines()[0]}", "quorum witness.example/a")
    settled(ada)
    assert set(witnessing.ask_all(NOON)) == {deployment().origin, own.origin}
    assert (standing(own).through, standing(own).behind) == (False, 0)


def test_without_the_quorum_the_log_goes_on_and_says_how_far_it_is_behind(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    houses.open("witness.example/b")
    houses.policy("group both all witness.example/a witness.example/b", "quorum both")
    settled(ada)
    heard = {one.url: one.fault for one in witnessing.ask_all(NOON)[deployment().origin].heard}
    assert heard == {houses.urls[0]: "", houses.urls[1]: "It does not know this log."}
    found = standing(deployment())
    assert (found.covered, found.behind, found.at) == (0, deployment().size, None)
    (verdict,) = lag.judge(witnessing.read_policy(config.current().witnesses))
    assert (verdict.holds, "does not have the quorum" in verdict.fault) == (False, True)
    # The first has signed and is not asked again; the second learns of the log.
    place.trust(houses.folder / "witness.example/b", parse_keys(deployment().vkeys.encode()))
    houses.held["witness.example/b"].logs = place.known(houses.folder / "witness.example/b")
    assert [one.url for one in witnessing.ask_all(NOON)[deployment().origin].heard] == houses.urls[1:]
    assert standing(deployment()).behind == 0


def test_an_older_quorum_stands_until_there_is_a_newer_one(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    witnessing.ask_all(NOON)
    before = deployment().size
    houses.says["witness.example/a"] = lambda _raw: Answer(503, b"")
    settled(ada, "Unseen")
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert (heard.fault, heard.alarm) == ("It answered 503.", False)
    found = standing(deployment())
    assert (found.covered, found.behind) == (before, deployment().size - before)
    later = lag.lag(deployment(), witnessing.policy(), ports.now() + timedelta(minutes=2))  # type: ignore[arg-type]  # there is one
    assert later.late
    assert witnessing.last_round(deployment()) == witnessing.Round(deployment().size, NOON, (heard,))


@pytest.mark.parametrize(
    ("said", "fault", "alarm"),
    [
        (Answer(200, b"nonsense\n"), "A signature line of the note has the wrong shape.", False),
        (Answer(200, b""), "The signature lines have no end, or a control character in them.", False),
        (Answer(403, b"no"), "It does not accept the log's signature.", False),
        (Answer(422, b"no"), "It says that this head does not continue the one that it cosigned.", True),
        (Answer(409, b"0\n"), "It has cosigned another root at this size.", True),
        (Answer(409, b"999999\n"), "It has cosigned a larger log, of 999999 entries.", True),
        (Answer(409, b"many\n"), "It answered 409.", False),
        (Answer(409, b"9" * 99), "It answered 409.", False),
        (Answer(200, b"x" * 300_000), "The answer is larger than 262144 bytes.", False),
    ],
)
def test_what_a_witness_answers_is_told_in_words(
    houses: Houses, ada: Any, said: Answer, fault: str, alarm: object
) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    houses.says["witness.example/a"] = lambda _raw: said
    settled(ada)
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert (heard.fault, heard.alarm) == (fault, alarm)
    assert standing(deployment()).covered == 0


def test_signatures_of_others_and_of_other_heads_are_not_taken(houses: Houses, ada: Any) -> None:
    witness = houses.open("witness.example/a", deployment())
    stranger = houses.open("witness.example/b", deployment())
    settled(ada)
    old: list[Answer] = []
    houses.says["witness.example/a"] = lambda raw: (old.append(witness.add_checkpoint(raw)), old[0])[1]
    houses.lines = [line for line in houses.lines if "example/a" in line]
    houses.policy("quorum witness.example/a")
    witnessing.ask_all(NOON)
    settled(ada, "Another head, the old signature")
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert "not with the signatures" in heard.fault
    houses.says["witness.example/a"] = stranger.add_checkpoint
    witnessing._sizes.clear()
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert "not with the signatures" in heard.fault
    shown = parse_note((logs.folder(deployment()) / "checkpoint").read_bytes())
    assert {one.name for one in shown.signatures} == {deployment().origin}


def test_nothing_goes_out_unless_the_settings_allow_it(
    houses: Houses, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    monkeypatch.setattr(witnessing, "egress", Egress)
    settled(ada)
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert heard.fault == "Nothing may be fetched from this destination."
    assert witness.state.seen() == []


def elsewhere(size: int) -> bytes:
    """A head that the log's keys signed over entries that this installation never had."""
    state = Checkpoint(deployment().origin, size, root_of([b"other"] * size))
    return sign_checkpoint(logs.signer(deployment()), state, NOON)


def test_a_log_that_was_set_back_is_told_by_its_witness(houses: Houses, ada: Any) -> None:
    witness = houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    larger = deployment().size + 5
    said = witness.add_checkpoint(write_submission(0, [], elsewhere(larger)))
    witnessing._sizes[deployment().origin, houses.urls[0]] = larger
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert (heard.fault, heard.alarm) == (f"It has cosigned a larger log, of {larger} entries.", True)
    # Its cosignature on the head that was taken back covers nothing that is here now.
    (logs.folder(deployment()) / "witnessed").write_bytes(elsewhere(larger) + said.body)
    assert standing(deployment()).covered == 0
    (verdict,) = lag.judge(witnessing.read_policy(config.current().witnesses))
    assert (verdict.holds, "none that this log published" in verdict.fault) == (False, True)


def test_a_log_that_shows_two_histories_is_told_by_its_witness(houses: Houses, ada: Any) -> None:
    witness = houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    size = deployment().size
    witness.add_checkpoint(write_submission(0, [], elsewhere(size)))
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert (heard.fault, heard.alarm) == ("It has cosigned another root at this size.", True)
    settled(ada, "More, in the hope that nobody looks")
    witnessing._sizes[deployment().origin, houses.urls[0]] = size
    (heard,) = witnessing.ask_all(NOON)[deployment().origin].heard
    assert (heard.fault, heard.alarm) == (
        "It says that this head does not continue the one that it cosigned.",
        True,
    )
    assert witness.state.evidence(deployment().origin) == 2


def test_a_policy_is_held_against_the_heads_that_are_kept(houses: Houses, ada: Any, tmp_path: Path) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    empty = parse_policy(b"quorum none\n")
    assert [one.holds for one in lag.judge(empty)] == [True]
    witnessing.ask_all(NOON)
    found = witnessing.read_policy(config.current().witnesses)
    (verdict,) = lag.judge(found)
    assert (verdict.holds, verdict.size, verdict.fault) == (True, deployment().size, "")
    other = parse_policy(
        f"log {place.signer(tmp_path / 'witness.example/a').keys[0].encode()}\nquorum none\n".encode()
    )
    (verdict,) = lag.judge(other)
    assert (verdict.holds, verdict.fault) == (False, "The policy names no log of this installation.")


def test_a_cosigned_head_of_another_history_covers_nothing(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    witnessing.ask_all(NOON)
    kept = logs.folder(deployment()) / "witnessed"
    raw = kept.read_bytes()
    kept.write_bytes(raw[:-20] + b"AAAAAAAAAAAAAAAAAAA\n")
    (logs.folder(deployment()) / "checkpoint").write_bytes(b"nonsense")
    (verdict,) = lag.judge(witnessing.read_policy(config.current().witnesses))
    assert verdict.holds is False


@pytest.mark.parametrize("damage", [b"nonsense", b"\n\n", b"bent"])
def test_a_damaged_file_is_mended_by_asking_again(houses: Houses, ada: Any, damage: bytes) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    settled(ada)
    witnessing.ask_all(NOON)
    shown = logs.folder(deployment()) / "checkpoint"
    whole = shown.read_bytes()
    with tenant_scope(DEPLOYMENT):
        own = queries.newest_checkpoint().note.encode()  # type: ignore[union-attr]  # there is one
    bent = whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:]
    shown.write_bytes(bent if damage == b"bent" else own + damage)
    witnessing.ask_all(NOON)
    assert standing(deployment()).behind == 0
    found = witnessing.policy()
    assert found is not None
    assert witnessed(shown.read_bytes(), found, parse_keys(deployment().vkeys.encode())).quorum is True


def test_what_is_downloaded_bears_the_cosignatures(houses: Houses, ada: Any) -> None:
    own = logs.of(ada.tenant)
    houses.open("witness.example/a", deployment(), own)
    houses.policy(f"log {own.vkeys.splitlines()[0]}", "quorum witness.example/a")
    settled(ada)
    witnessing.ask_all(NOON)
    with tenant_scope(ada.tenant):
        names = {one.name for one in parse_note(queries.note().encode()).signatures}
        first = Entry.objects.order_by("idx").first()
        file = queries.proof_file(first).decode()
    assert names == {own.origin, "witness.example/a"}
    # Somebody else's program finds the entry in the log, and its head witnessed.
    trusted = [key.encode() for key in houses.held["witness.example/a"].signer.cosigner_keys]
    log_key = own.vkeys.splitlines()[0]
    assert verify_tlog_proof(file, bytes(first.leaf), log_key, trusted, threshold=1)["ok"] is True
    assert verify_tlog_proof(file, b"another", log_key, trusted, threshold=1)["ok"] is False
    state = TilesReader(LocalBackend(logs.folder(own))).get_checkpoint()
    for line in (*trusted, *own.vkeys.splitlines()):
        state.verify(Vkey.from_string(line))


def test_a_policy_that_cannot_be_read_is_refused_with_its_line(
    houses: Houses, ada: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("# mine\nnonsense\n")
    with pytest.raises(Invalid, match="line 2"):
        witnessing.read_policy(wrong)
    with pytest.raises(Invalid, match="cannot be read"):
        witnessing.read_policy(tmp_path)


def test_a_policy_that_is_named_and_missing_stops(
    houses: Houses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = replace(config.current(), witness_policy=str(tmp_path / "none"))
    monkeypatch.setattr(accepting.config, "current", lambda: named)
    with pytest.raises(Invalid, match="is not there"):
        witnessing.policy()


def test_before_the_first_checkpoint_nothing_is_asked_and_nothing_holds(
    houses: Houses, operator: Any
) -> None:
    fresh = logs.of(tenants.found(operator, name="New House", slug="new-house").id)
    houses.open("witness.example/a", fresh)
    houses.policy(*(f"log {line}" for line in fresh.vkeys.splitlines()), "quorum witness.example/a")
    found = witnessing.read_policy(config.current().witnesses)
    assert witnessing.ask(fresh, found, NOON) is None
    (verdict,) = lag.judge(found)
    assert (verdict.holds, verdict.fault) == (False, "No head of this log was published yet.")


def test_heads_that_are_all_damaged_are_a_fault_and_cover_nothing(houses: Houses, ada: Any) -> None:
    houses.open("witness.example/a", deployment())
    stranger = place.make(
        houses.folder / "s", place.Settings("stranger.example", "https://localhost", "127.0.0.1", 1), NOON
    )
    key = stranger.keys[0]
    houses.policy(f"log {Key(deployment().origin, key.kind, key.public).encode()}", "quorum none")
    settled(ada)
    (verdict,) = lag.judge(witnessing.read_policy(config.current().witnesses))
    assert (verdict.holds, verdict.size) == (False, 0)
    assert verdict.fault
    assert standing(deployment()).covered == 0


def test_a_round_that_cannot_be_read_is_none(houses: Houses, ada: Any) -> None:
    settled(ada)
    assert witnessing.last_round(deployment()) is None
    (logs.folder(deployment()) / "asked.json").write_text("[]")
    assert witnessing.last_round(deployment()) is None
