"""What people and programs are told about witnesses: the page, `check`, settling, and verifying under a policy."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.urls import reverse
from tests.ledger.houses import Houses
from tests.ops.commands import here
from tests.proof.small_log import NOON

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, witnessing
from muniment.ledger.models import Entry
from muniment.ledger.trust import accepting
from muniment.ops import checking
from muniment.ops.serving import worker
from muniment.spine import config, ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.witness.application import Answer

NAME = "witness.example/a"


@pytest.fixture
def command(db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    return here(capsys, monkeypatch)


@pytest.fixture
def page(client_as: Any, otto: Any, account_of: Any) -> Any:
    account_of(otto)

    def text(name: str = "ledger:checkpoints") -> str:
        answer = client_as(otto).get(reverse(name))
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", answer.content.decode())

    return text


@pytest.fixture
def lived(houses: Houses, ada: Any) -> Houses:
    houses.open(NAME, logs.of(DEPLOYMENT))
    cases.open_case(ada, title="A broken lantern")
    publish.settle()
    return houses


def troubles() -> list[str]:
    return [one.what for one in checking._witnesses(config.current())]


def test_without_witnesses_the_page_says_so_and_nothing_is_wrong(page: Any, lived: Houses) -> None:
    assert "Nobody was named" in page()
    assert "Witnesses outside" not in page("ledger:index")
    assert troubles() == []


def test_the_page_says_how_many_entries_are_witnessed_and_by_whom(page: Any, lived: Houses) -> None:
    lived.policy(f"quorum {NAME}")
    before = page()
    assert "have signed a state that holds 0 of " in before
    assert re.search("not yet under such a state. The oldest is of <time", before)
    publish.settle()
    witnessing.ask_all(NOON)
    text = page()
    assert "Witnessed" in text
    assert "They signed the log of the whole installation" in text
    assert f"Signed by: {NAME}<" in text
    assert "0 witnessed" in before
    assert re.search(
        "Witnesses outside this house have signed a state that holds [1-9]", page("ledger:index")
    )
    assert "0 witnessed" not in text


def test_a_contradiction_is_said_first_and_by_the_check_too(page: Any, lived: Houses) -> None:
    lived.policy(f"quorum {NAME}")
    lived.says[NAME] = lambda _raw: Answer(422, b"no")
    witnessing.ask_all(NOON)
    assert "does not fit this one" in page()
    assert "Contradicted" in page("ledger:index")
    assert any("does not continue the one that it cosigned" in one for one in troubles())
    # Who is no longer named is no longer heard.
    lived.lines.clear()
    lived.policy("quorum none")
    assert troubles() == []


def test_a_file_of_witnesses_that_cannot_be_read_breaks_no_page(
    page: Any, lived: Houses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = replace(config.current(), witness_policy=str(tmp_path))
    with monkeypatch.context() as patched:
        patched.setattr(accepting.config, "current", lambda: named)
        assert "Cannot be read" in page()
        assert any("is not there" in one.what for one in checking.troubles())


def test_a_file_that_two_persons_did_not_accept_is_not_used_and_told(page: Any, lived: Houses) -> None:
    place = config.current().witnesses
    place.write_text("\n".join([*lived.lines, f"quorum {NAME}"]) + "\n")
    assert witnessing.policy() is None
    assert witnessing.ask_all(NOON) == {}
    assert any("waits to be accepted by two persons" in one for one in troubles())
    assert "waits to be accepted by two persons" in page()
    lived.policy(f"quorum {NAME}")
    assert not any("two persons" in one for one in troubles())
    witnessing.ask_all(NOON)
    # A file that was changed by one is not used; what two accepted goes on.
    place.write_text("quorum none\n")
    assert any("not the one that two persons accepted" in one for one in troubles())
    assert "not the one that two persons accepted" in page()
    assert witnessing.policy() is not None
    place.unlink()
    assert not any("two persons" in one for one in troubles())


def test_the_check_says_how_long_the_oldest_entry_has_waited(
    lived: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.policy(f"quorum {NAME}")
    house = logs.of(DEPLOYMENT)
    with tenant_scope(DEPLOYMENT):
        first = Entry.objects.get(idx=0).at
    # The log of the installation is as old as the process of these tests, so its own clock is what is gone by.
    for seconds, said in ((60, False), (61, True), (95, True)):
        monkeypatch.setattr(ports, "now", lambda seconds=seconds: first + timedelta(seconds=seconds))
        words = (
            f"{house.size} entries of {house.origin} are not witnessed; the oldest has waited {seconds} s."
        )
        assert (words in troubles()) is said


def test_settling_asks_and_verifying_holds_the_heads_against_a_policy(
    command: Any, lived: Houses, tmp_path: Path
) -> None:
    lived.policy(f"quorum {NAME}")
    policy = str(config.current().witnesses)
    lacking = command("ledger", "verify", "--policy", policy, "--json")
    assert (lacking.code, lacking.json["holds"]) == (1, False)
    told = command("ledger", "settle", "--json").json["witnesses"]
    assert [(one["url"], one["fault"]) for one in told] == [(lived.urls[0], "")]
    found = command("ledger", "verify", "--policy", policy, "--json")
    assert found.code == 0, found.out
    (one,) = found.json["witnessed"]
    assert (one["holds"], one["size"]) == (True, logs.of(DEPLOYMENT).size)
    assert "witnessed up to" in command("ledger", "verify", "--policy", policy).out
    assert command("ledger", "verify", "--json").json["witnessed"] is None
    missing = command("ledger", "verify", "--policy", str(tmp_path / "none"), "--json")
    assert (missing.code, missing.json["error"]) == (1, "invalid")


def test_what_cannot_be_checked_here_is_neither_true_nor_false(
    command: Any, lived: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.policy(f"quorum {NAME}")
    witnessing.ask_all(NOON)
    monkeypatch.setattr("muniment.proof.checkpoint.mldsa44_available", lambda: False)
    found = command("ledger", "verify", "--policy", str(config.current().witnesses), "--json")
    assert (found.code, found.json["holds"]) == (2, None)


def test_the_worker_asks_and_says_in_its_log_who_did_not_sign(
    lived: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The log of tests is told errors only.
    lines = structlog.testing.CapturingLogger()
    monkeypatch.setattr(worker, "log", structlog.wrap_logger(lines, wrapper_class=structlog.BoundLogger))

    def told() -> list[str]:
        names = re.findall(r"witness_\w+", str(lines.calls))
        lines.calls.clear()
        return names

    lived.policy(f"quorum {NAME}")
    for status, event in ((503, "witness_did_not_sign"), (422, "witness_contradicts")):
        lived.says[NAME] = lambda _raw, status=status: Answer(status, b"")
        assert worker._ask()
        assert told() == [event]
    lived.says[NAME] = lived.held[NAME].add_checkpoint
    assert worker._ask()
    assert not worker._ask()
    assert told() == []


def test_the_worker_that_is_asked_to_stop_asks_nobody(lived: Houses) -> None:
    stopping = worker.Worker()
    stopping.stopping.set()
    asking = threading.Thread(target=stopping.witnesses)
    asking.start()
    asking.join(timeout=10)
    assert not asking.is_alive()
