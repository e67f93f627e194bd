"""The call to a witness breaks off at every place: nothing signed is lost, and nothing is there twice."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any

import pytest
from tests.ledger.houses import Houses
from tests.proof.small_log import NOON

from muniment.cases import actions as cases
from muniment.ledger import lag, logs, publish, verify, witnessing
from muniment.ledger.models import Log
from muniment.proof.tiles import TileWriter
from muniment.spine import ports
from muniment.spine.errors import Busy
from muniment.spine.scope import DEPLOYMENT
from muniment.witness.application import Answer
from muniment.witness.state import State

NAME, OTHER = "witness.example/a", "witness.example/b"


def deployment() -> Log:
    return logs.of(DEPLOYMENT)


def behind() -> int:
    found = witnessing.policy()
    assert found is not None
    return lag.lag(deployment(), found, ports.now()).behind


@pytest.fixture
def watched(houses: Houses, ada: Any) -> Houses:
    houses.open(NAME, deployment())
    houses.policy(f"quorum {NAME}")
    cases.open_case(ada, title="A broken lantern")
    publish.settle()
    return houses


def asked() -> list[str]:
    return [one.fault for made in witnessing.ask_all(NOON).values() for one in made.heard]


def test_an_answer_that_was_lost_is_given_again(watched: Houses) -> None:
    """The witness has written it down, and the log never heard of it."""
    witness = watched.held[NAME]

    def lost(raw: bytes) -> Answer:
        assert witness.add_checkpoint(raw).status == 200
        return Answer(502, b"the line was cut")

    watched.says[NAME] = lost
    assert asked() == ["It answered 502."]
    assert (behind() > 0, witness.state.seen()[0].checkpoint.size) == (True, deployment().size)
    watched.says[NAME] = witness.add_checkpoint
    assert asked() == [""]
    assert (behind(), len(witness.state.seen())) == (0, 1)


def test_a_line_that_is_cut_before_the_witness_wrote_costs_nothing(
    watched: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut:
        def post(self, *_: Any) -> Any:
            raise Busy("The line is cut.")

    with monkeypatch.context() as patched:
        patched.setattr(witnessing, "egress", Cut)
        assert asked() == ["The line is cut."]
    assert watched.held[NAME].state.seen() == []
    assert asked() == [""]


@pytest.mark.parametrize("number", [28, 5, 30], ids=["full disk", "EIO", "read-only"])
def test_a_signature_that_cannot_be_written_here_is_asked_for_again(
    watched: Houses, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def broken(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    before = (logs.folder(deployment()) / "checkpoint").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(TileWriter, "_put", broken)
        assert asked() == [witnessing.NOT_KEPT]
    assert (logs.folder(deployment()) / "checkpoint").read_bytes() == before
    assert asked() == [""]
    assert (behind(), verify.verify_log(DEPLOYMENT).faults) == (0, [])


@pytest.mark.parametrize("wrong", [sqlite3.OperationalError("disk I/O error"), OSError(28, "full")])
def test_a_witness_that_cannot_write_signs_nothing(
    watched: Houses, monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise wrong

    with monkeypatch.context() as patched:
        patched.setattr(State, "_write", broken)
        assert asked() == ["It answered 503."]
    assert watched.held[NAME].state.seen() == []
    assert asked() == [""]


def test_two_that_ask_at_once_leave_one_whole_file(watched: Houses) -> None:
    """A second publisher asks while the first one's request is under way."""
    witness = watched.held[NAME]
    twice: list[bytes] = []

    def again(raw: bytes) -> Answer:
        if not twice:
            twice.append(raw)
            assert witness.add_checkpoint(raw).status == 200
        return witness.add_checkpoint(raw)

    watched.says[NAME] = again
    assert asked() == [""]
    assert (behind(), asked()) == (0, [])


def test_a_head_that_was_published_meanwhile_keeps_its_place(watched: Houses, ada: Any) -> None:
    witness = watched.held[NAME]
    own = TileWriter(logs.folder(deployment()))
    newer = b"a newer head, published by the other one\n"

    def meanwhile(raw: bytes) -> Answer:
        own.publish(newer)
        return witness.add_checkpoint(raw)

    watched.says[NAME] = meanwhile
    assert asked() == [""]
    assert (logs.folder(deployment()) / "checkpoint").read_bytes() == newer
    # The quorum that was reached is kept all the same.
    assert behind() == 0
    publish.settle()
    assert verify.verify_log(DEPLOYMENT).faults == []


def test_the_quorum_does_not_wait_for_a_slow_one_which_adds_to_it(watched: Houses) -> None:
    slow = watched.open(OTHER, deployment())
    watched.policy(f"group one any {NAME} {OTHER}", "quorum one")
    publish.settle()
    seen: list[bool] = []
    log = deployment()

    def late(raw: bytes) -> Answer:
        until = ports.monotonic() + 30
        while ports.monotonic() < until and not witnessing.kept_witnessed(log):
            time.sleep(0.01)
        seen.append(bool(witnessing.kept_witnessed(log)))
        return slow.add_checkpoint(raw)

    watched.says[OTHER] = late
    assert asked() == ["", ""]
    assert seen == [True]
    shown = witnessing.kept_witnessed(deployment()).decode()
    assert (shown.count(f"— {NAME} "), shown.count(f"— {OTHER} ")) == (2, 2)
