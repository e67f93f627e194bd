"""One pair of keys of a log follows another, and whoever trusts the old one can tell that it is the same log."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.houses import administrator, announce_keys, put_into_force
from tests.ops.commands import here

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, verify
from muniment.ledger.models import Checkpoint, Entry, Log, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.pruning import plan
from muniment.ledger.tables.trusted import LogKey
from muniment.ledger.trust import reading, rotation
from muniment.ops.cli import somebody
from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.folder import verify_folder
from muniment.proof.note import Key, parse_keys
from muniment.proof.signer import new_signer, sign_checkpoint
from muniment.spine import config, ports
from muniment.spine.errors import Busy, Clash
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@pytest.fixture
def old(db: None) -> tuple[Key, ...]:
    """The keys as an auditor got them before anything was changed."""
    return parse_keys(logs.of(DEPLOYMENT).vkeys.encode())


def deployment() -> Log:
    return logs.of(DEPLOYMENT)


def rotated(operator: Any) -> LogKey:
    publish.settle()
    made = announce_keys(deployment(), ports.now())
    publish.settle()
    return made


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    moved = ports.now() + timedelta(days=days)
    monkeypatch.setattr(ports, "now", lambda: moved)


def names(log: Log) -> int:
    """How many signatures the newest head bears."""
    with tenant_scope(log.tenant_id):
        newest = Checkpoint.objects.order_by("-size").first()
    return len(open_checkpoint(newest.note.encode(), parse_keys(log.vkeys.encode()))[1].good)


def more(log: Log, ada: Any, title: str) -> None:
    cases.open_case(ada, title=title)
    publish.settle()


def no_faults() -> None:
    assert verify.verify_log(DEPLOYMENT, deep=True).faults == []


def test_new_keys_sign_beside_the_old_ones_and_then_alone(
    old: tuple[Key, ...], operator: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish.settle()
    assert names(deployment()) == 2
    made = rotated(operator)
    log = deployment()
    fresh = parse_keys(made.vkeys.encode())
    assert (names(log), set(logs.keys_at(log, log.published))) == (4, {*old, *fresh})
    no_faults()
    # The old ones sign until their time is over, the log lets go of them, and they are gone.
    later(monkeypatch, 29)
    more(log, ada, "Still both")
    assert names(log) == 4
    later(monkeypatch, 2)
    more(log, ada, "The new ones alone")
    publish.settle()
    log = deployment()
    assert (names(log), logs.keys_at(log, log.published)) == (2, fresh)
    assert not logs.key_path(log, 0).exists()
    assert logs.key_path(log, 1).exists()
    assert logs.signer(log).keys == fresh
    no_faults()
    # And again, from there.
    again = announce_keys(log, ports.now())
    publish.settle()
    assert (again.number, names(deployment())) == (2, 4)
    no_faults()


def test_a_reader_with_the_old_keys_follows_them_through_the_log(
    old: tuple[Key, ...], operator: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = (publish.settle(), reading.follow(old))[1]
    assert (before.said, before.faults) == ((f"{deployment().origin}: signed by the trusted keys",), ())
    rotated(operator)
    with tenant_scope(DEPLOYMENT):
        index = Entry.objects.get(kind="ledger.rotate_key").idx
    (told,) = reading.follow(old)
    assert f"changed at entry {index}, under the trusted ones; both were to sign until" in told.said[0]
    assert told.faults == ()
    later(monkeypatch, 31)
    more(deployment(), ada, "The new ones alone")
    publish.settle()
    (told,) = reading.follow(old)
    assert (len(told.said), told.faults) == (2, ())
    assert "the old keys were let go at entry" in told.said[1]
    # Who begins with the new ones is led back to the older ones, and who has neither is told so.
    fresh = logs.keys_at(deployment(), deployment().published)
    (told,) = reading.follow(fresh)
    assert (len(told.said), told.faults) == (1, ())
    assert "the old keys were let go at entry" in told.said[0]
    (told,) = reading.follow(new_signer(deployment().origin).keys)
    assert "not announced" in told.faults[0] or "known key" in told.faults[0]
    (told,) = reading.follow(new_signer("elsewhere.example").keys)
    assert told.faults == ("None of the trusted keys is of a log of this installation.",)


def test_whoever_was_given_the_newest_keys_reads_what_all_before_them_signed_and_the_other_way_round(
    old: tuple[Key, ...], operator: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish.settle()
    first = (logs.folder(deployment()) / "checkpoint").read_bytes()
    for title in ("Once", "Twice"):
        rotated(operator)
        later(monkeypatch, 31)
        more(deployment(), ada, title)
        publish.settle()
    log = deployment()
    newest = logs.keys_at(log, log.published)
    everything = parse_keys(log.vkeys.encode())
    assert (len(everything), set(newest)) == (6, set(everything[4:]))
    for trusted in (old, newest, everything[2:4], everything):
        seen = verify_folder(logs.folder(log), trusted, kept=[("kept", first)])
        assert seen.faults == []
        assert rotation.followed(log, trusted).at(log.published) == tuple(
            sorted(newest, key=lambda key: key.kind)
        )
    with tenant_scope(DEPLOYMENT):
        entry = Entry.objects.filter(kind="ledger.rotate_key").latest("idx")
        facts = opened_event(entry).facts
    assert (
        facts["before"]
        == sha256(b"".join(key.encode().encode() + b"\n" for key in everything[2:4])).hexdigest()
    )


def test_keys_that_the_old_ones_did_not_announce_are_never_taken(
    old: tuple[Key, ...], operator: Any, ada: Any
) -> None:
    rotated(operator)
    # Whoever owns the machine puts keys of his own over everything and signs with them.
    log = deployment()
    forged = new_signer(log.origin)
    other = logs.folder(log) / rotation.SUCCESSION
    raw = other.read_bytes()
    other.write_bytes(
        raw.replace(parse_keys(log.vkeys.encode())[2].encode().encode(), forged.keys[0].encode().encode())
    )
    (told,) = reading.follow(old)
    assert "not those of the entry" in told.faults[0]
    other.unlink()
    (told,) = reading.follow(old)
    assert any("keys in the database are not those" in one for one in told.faults)


def test_a_head_that_one_pair_in_force_did_not_sign_is_named(
    old: tuple[Key, ...], operator: Any, ada: Any
) -> None:
    rotated(operator)
    log = deployment()
    shown = logs.folder(log) / "checkpoint"
    head, _ = open_checkpoint(shown.read_bytes(), old)
    shown.write_bytes(sign_checkpoint(logs.opened_signer(log, 0), head, ports.now()))
    (told,) = reading.follow(old)
    assert told.faults == (
        (
            "the file checkpoint is not signed by the keys that were in force: "
            "A key of the log that was in force at this size has not signed."
        ),
    )


def test_keys_that_were_made_and_not_announced_are_used_at_the_next_try(
    old: tuple[Key, ...], operator: Any
) -> None:
    log = deployment()
    publish.settle()
    kept = new_signer(log.origin)
    logs.keep(log.tag, kept, 1)
    # Nothing happens by them before they are announced.
    assert logs.pairs(log)[-1].number == 0
    no_faults()
    made = announce_keys(log, ports.now())
    assert made.vkeys == kept.vkeys().decode()
    # Announced and without a place: the old ones sign alone, until the entry stands in the log.
    assert [pair.number for pair in logs.pairs(deployment())] == [0]
    with pytest.raises(Clash, match="announced already"):
        announce_keys(log, ports.now())
    publish.settle()
    assert [pair.number for pair in logs.pairs(deployment())] == [0, 1]


@pytest.mark.parametrize("damage", [b"", b"half of a file"])
def test_half_a_file_of_new_keys_is_refused_with_the_reason(db: None, operator: Any, damage: bytes) -> None:
    log = deployment()
    logs.key_path(log, 1).write_bytes(damage)
    try:
        with pytest.raises(Busy, match="nobody announced"):
            announce_keys(log, ports.now())
        with tenant_scope(DEPLOYMENT):
            assert LogKey.objects.count() == 0
    finally:
        logs.key_path(log, 1).unlink()


def test_what_lies_beside_from_a_crash_is_no_key(old: tuple[Key, ...], operator: Any) -> None:
    aside = logs.key_path(deployment(), 1).with_name(f".{logs.key_path(deployment(), 1).name}.new")
    aside.write_bytes(b"half")
    rotated(operator)
    assert not aside.exists()
    no_faults()


def test_a_folder_that_cannot_be_written_announces_nothing(
    old: tuple[Key, ...], operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(logs.os, "fsync", full)
    with pytest.raises(Busy, match="nothing was announced"):
        announce_keys(deployment(), ports.now())
    monkeypatch.undo()
    assert not logs.key_path(deployment(), 1).exists()
    rotated(operator)
    no_faults()


def test_a_published_step_is_written_again_after_a_crash(old: tuple[Key, ...], operator: Any) -> None:
    rotated(operator)
    place = logs.folder(deployment()) / rotation.SUCCESSION
    whole = place.read_bytes()
    for damage in (None, b"", b"half"):
        place.unlink() if damage is None else place.write_bytes(damage)
        publish.settle()
        assert rotation.followed(deployment(), old).turns
    assert place.read_bytes().startswith(whole[:40])


def test_the_entries_that_trust_rests_on_are_never_pruned(
    old: tuple[Key, ...], operator: Any, ada: Any
) -> None:
    assert f"log/{deployment().tag}" not in plan.still_needed(deployment())
    rotated(operator)
    put_into_force("quorum none\n")
    needed = plan.still_needed(deployment())
    assert f"log/{deployment().tag}" in needed
    with tenant_scope(DEPLOYMENT):
        subjects = set(Outbox.objects.filter(kind="ledger.accept_policy").values_list("subject", flat=True))
    assert subjects
    assert subjects <= needed
    assert not any("WitnessPolicy" in one for one in plan.still_needed(logs.of(ada.tenant)))


@pytest.fixture(autouse=True)
def _keys_go_with_the_test() -> Any:
    """Put the folder of signing keys back as it was: it does not know of transactions."""
    place = config.current().signing_keys
    before = {path: path.read_bytes() for path in place.glob("*")} if place.is_dir() else {}
    yield
    for path in set(place.glob("*")) | set(place.glob(".*.new")):
        if path not in before:
            path.unlink()
    for path, raw in before.items():
        if not path.exists() or path.read_bytes() != raw:
            path.write_bytes(raw)


def test_by_the_command_line(
    old: tuple[Key, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = here(capsys, monkeypatch)
    (tmp_path / "old").write_text("".join(key.encode() + "\n" for key in old))
    assert command("ledger", "checkpoint", "--succession", "--json").json["error"] == "absent"
    command("ledger", "settle")
    monkeypatch.setattr(somebody.acting, "by_login", lambda *_: administrator(DEPLOYMENT))
    rotate = ("ledger", "rotate-key", "--login", "adam", "--json")
    assert command(*rotate, "0" * 64).json["error"] == "absent"
    proposed = command("ledger", "propose-key", "--json")
    assert (proposed.code, len(proposed.json["keys"])) == (0, 2)
    assert proposed.json["sha256"] in command("ledger", "propose-key").out
    assert command(*rotate, "0" * 64).json["error"] == "absent"
    made = command(*rotate, proposed.json["sha256"])
    assert (made.code, made.json["keys"]) == (0, proposed.json["keys"])
    assert command(*rotate, proposed.json["sha256"]).json["error"] == "clash"
    assert command("ledger", "propose-key", "--json").json["error"] == "clash"
    command("ledger", "settle")
    found = command("ledger", "verify", "--trust", str(tmp_path / "old"), "--json")
    assert (found.code, len(found.json["trusted"][0]["said"])) == (0, 1), found.out
    assert "keys were changed at entry" in command("ledger", "verify", "--trust", str(tmp_path / "old")).out
    assert "muniment.succession/1" in command("ledger", "checkpoint", "--succession").out
    assert len(command("ledger", "checkpoint", "--keys").out.splitlines()) == 4
    missing = command("ledger", "propose-key", "--log", "elsewhere", "--json")
    assert missing.json["error"] == "absent"
    (tmp_path / "old").write_text("nonsense\n")
    wrong = command("ledger", "verify", "--trust", str(tmp_path / "old"), "--json")
    assert (wrong.code, wrong.json["error"]) == (1, "invalid")
