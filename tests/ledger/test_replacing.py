"""Keys are changed by two persons; stolen ones are replaced by one at once, and that is told until another agrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.ledger.conftest import clocks as clocks  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.conftest import houses as houses  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.houses import Houses, administrator, announce_keys
from tests.ops.commands import here
from tests.proof.small_log import NOON

from muniment.cases import actions as cases
from muniment.ledger import lag, logs, publish, verify, witnessing
from muniment.ledger.models import Checkpoint, Log
from muniment.ledger.pruning import plan
from muniment.ledger.trust import reading, replacing, rotation
from muniment.ops import checking
from muniment.ops.cli import somebody
from muniment.proof.folder import verify_folder
from muniment.proof.note import parse_keys
from muniment.spine import config, ports
from muniment.spine.errors import Absent, Clash, Refused
from muniment.spine.scope import DEPLOYMENT, tenant_scope

ALONE = "its keys were called stolen and replaced by one person alone on "


@pytest.fixture(autouse=True)
def _keys_go_with_the_test(db: None) -> Iterator[None]:
    """Put the folder of signing keys back as it was: it does not know of transactions."""
    place = config.current().signing_keys
    before = {path: path.read_bytes() for path in place.glob("*")}
    yield
    for path in place.glob("*"):
        if path not in before:
            path.unlink()
    for path, raw in before.items():
        if not path.exists() or path.read_bytes() != raw:
            path.write_bytes(raw)


def deployment() -> Log:
    return logs.of(DEPLOYMENT)


def faults() -> list[str]:
    return verify.verify_log(DEPLOYMENT, deep=True).faults


def stolen(operator: Any) -> replacing.Good:
    """The keys of the installation's log are called stolen, and the log goes on."""
    publish.settle()
    good = lag.last_good(deployment(), ports.now())
    replacing.replace(operator, deployment(), good)
    publish.settle()
    publish.settle()
    return good


def test_one_person_alone_announces_no_keys(operator: Any) -> None:
    publish.settle()
    vkeys = rotation.propose(operator, deployment())
    sha256 = rotation.digest_of(vkeys)
    both = replace(operator, may=operator.may | {"ledger.rotate_key"})
    with pytest.raises(Refused, match="cannot announce them"):
        rotation.rotate(both, deployment(), ports.now(), sha256)
    with pytest.raises(Refused):
        rotation.rotate(operator, deployment(), ports.now(), sha256)
    with pytest.raises(Absent, match="No such keys"):
        rotation.rotate(administrator(DEPLOYMENT), deployment(), ports.now(), "0" * 64)
    with pytest.raises(Absent, match="No such keys"):
        rotation.rotate_key(administrator(DEPLOYMENT), number=2, vkeys=vkeys, until=ports.now())
    made = rotation.rotate(administrator(DEPLOYMENT), deployment(), ports.now(), sha256)
    assert made.vkeys == vkeys
    publish.settle()
    assert faults() == []


def test_nothing_is_announced_that_nobody_proposed(operator: Any) -> None:
    with pytest.raises(Absent, match="No such keys"):
        rotation.rotate(administrator(DEPLOYMENT), deployment(), ports.now(), "0" * 64)
    _, made = rotation.prepared(deployment())
    vkeys = made.vkeys().decode()
    with pytest.raises(Absent, match="No such keys"):
        rotation.rotate_key(administrator(DEPLOYMENT), number=1, vkeys=vkeys, until=ports.now())


def test_keys_that_slipped_past_the_second_person_are_named(
    operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever changes the program passes by its doors; the entries say so all the same.
    with monkeypatch.context() as changed:
        changed.setattr(rotation, "_require_proposed", lambda *_: None)
        announce_keys(deployment(), ports.now())
        publish.settle()
        assert faults() == []
    with monkeypatch.context() as changed:
        changed.setattr(rotation, "_require_proposed", lambda *_: None)
        later = ports.now() + rotation.timedelta(days=31)
        changed.setattr(ports, "now", lambda: later)
        publish.settle()
        publish.settle()
        one = replace(operator, may=operator.may | {"ledger.rotate_key"})
        vkeys = rotation.propose(one, deployment())
        rotation.rotate(one, deployment(), ports.now(), rotation.digest_of(vkeys))
        assert (
            f"{deployment().origin}: its keys number 2 were announced by one person alone:"
            " nobody else proposed them"
        ) in faults()


def test_stolen_keys_are_replaced_at_once_and_unconfirmed_until_another_one_agrees(
    operator: Any, ada: Any
) -> None:
    old = parse_keys(deployment().vkeys.encode())
    good = stolen(operator)
    log = deployment()
    assert not good.witnessed
    # The old keys signed the head that announces the new ones, and nothing after it; they are destroyed.
    assert not logs.key_path(log, 0).exists()
    fresh = logs.keys_at(log, log.published)
    assert not set(fresh) & set(old)
    assert [one.split(": ", 1)[1][: len(ALONE)] for one in faults()] == [ALONE]
    (told,) = [one for one in checking._logs(config.current()) if ALONE in one.what]  # one of the checks
    assert "confirm-key" in told.todo
    # Who replaced them does not confirm it, and nobody confirms what was not done.
    both = replace(operator, may=operator.may | {"ledger.confirm_key"})
    with pytest.raises(Refused, match="cannot confirm it"):
        replacing.confirm_key(both, number=1)
    with pytest.raises(Absent, match="Nothing of the keys"):
        replacing.confirm_key(administrator(DEPLOYMENT), number=2)
    replacing.confirm_key(administrator(DEPLOYMENT), number=1)
    assert replacing.unconfirmed(deployment()) == []
    publish.settle()
    assert faults() == []
    with pytest.raises(Absent):
        replacing.confirm_key(administrator(DEPLOYMENT), number=1)


def test_readers_of_either_keys_follow_and_stand_by_what_the_log_stands_by(operator: Any, ada: Any) -> None:
    old = parse_keys(deployment().vkeys.encode())
    good = stolen(operator)
    log = deployment()
    for reader in (old, logs.keys_at(log, log.published)):
        (told,) = reading.follow(reader)
        assert told.faults == ()
        seen = verify_folder(logs.folder(log), reader)
        assert seen.faults == []
        assert any(f"signed beyond {good.size} entries" in one for one in seen.notes)
    (told,) = reading.follow(old)
    assert "stolen" in told.said[0]
    assert f"log/{log.tag}" in plan.still_needed(log)
    # Further keys follow as ever.
    announce_keys(log, ports.now())
    publish.settle()
    assert reading.follow(old)[0].faults == ()


def test_what_a_witness_has_signed_last_is_what_the_log_stands_by(
    houses: Houses, operator: Any, ada: Any
) -> None:
    houses.open("witness.example/a", deployment())
    houses.policy("quorum witness.example/a")
    publish.settle()
    witnessing.ask_all(NOON)
    with tenant_scope(DEPLOYMENT):
        seen = Checkpoint.objects.order_by("-size").first()
    cases.open_case(ada, title="Nobody outside has seen this one")
    publish.settle()
    good = lag.last_good(deployment(), ports.now())
    assert (good.witnessed, good.size, good.root) == (True, seen.size, bytes(seen.root))
    assert good.size < deployment().published


def test_a_log_that_was_never_published_stands_by_nothing(operator: Any) -> None:
    with tenant_scope(DEPLOYMENT):
        empty = not Checkpoint.objects.exists()
    good = lag.last_good(deployment(), ports.now())
    assert (good.size == 0) is empty


def test_while_other_keys_are_announced_none_are_replaced(operator: Any) -> None:
    publish.settle()
    announce_keys(deployment(), ports.now())
    with pytest.raises(Clash, match="announced already"):
        replacing.replace(operator, deployment(), lag.last_good(deployment(), ports.now()))


def test_by_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, adam: Any
) -> None:
    command = here(capsys, monkeypatch)
    monkeypatch.setattr(somebody.acting, "by_login", lambda *_: adam)
    confirm = ("ledger", "confirm-key", "--login", "adam")
    assert command(*confirm, "--json").json["error"] == "absent"
    command("ledger", "settle")
    made = command("ledger", "replace-key", "--json")
    assert (made.code, len(made.json["keys"]), made.json["good"]["witnessed"]) == (0, 2, False)
    assert command("ledger", "replace-key").code == 1
    command("ledger", "settle")
    assert ALONE in command("ledger", "verify").out
    assert "Confirmed." in command(*confirm).out
    other = next(log for log in logs.every() if log.tenant_id not in {DEPLOYMENT, adam.tenant})
    refused = command(*confirm, "--log", other.origin, "--json")
    assert (refused.code, refused.json["error"]) == (1, "absent")
