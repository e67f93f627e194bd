"""A pack says who witnessed the state that it rests on, and is called witnessed only by the reader's own policy."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from tests.cases import lived
from tests.ledger.conftest import houses as houses  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.houses import Houses, announce_keys
from tests.packs.test_pack import decide

from muniment.ledger import logs, publish
from muniment.packs import actions, queries
from muniment.proof.examine import verify_pack
from muniment.proof.report import FAILED, NOT_CHECKED, PASSED
from muniment.spine import ports
from muniment.spine.queue import work_off
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.witness.application import Answer

NAME = "witness.example/a"


@pytest.fixture
def case(db: None, operator: Any, ada: Any, otto: Any, account_of: Any) -> Any:
    account_of(ada)
    account_of(otto)
    house = lived.live_in(operator, ada)
    return decide(ada, otto, [("evidence", house.policy.id)])


def built(case: Any, otto: Any) -> bytes:
    asked = actions.build(otto, case_id=case.id)
    assert work_off() == 1
    with tenant_scope(otto.tenant):
        return queries.bytes_of(queries.pack(asked.id))


def policy(houses: Houses) -> bytes:
    log = logs.of(DEPLOYMENT)
    lines = [f"log {line}" for line in log.vkeys.splitlines()[:2]]
    return "\n".join([*lines, *houses.lines, f"quorum {NAME}", ""]).encode()


def test_a_pack_carries_what_shows_that_its_state_was_witnessed(houses: Houses, case: Any, otto: Any) -> None:
    houses.open(NAME, logs.of(DEPLOYMENT))
    houses.policy(f"quorum {NAME}")
    raw = built(case, otto)
    trust = logs.of(otto.tenant).vkeys.encode()
    found = verify_pack(io.BytesIO(raw), trust, policy(houses))
    assert (found.verified, found.state("witnessed")) == (True, PASSED), found.text()
    assert "1 of 1 witnesses had signed" in found.shown["witnessed"]
    assert NAME in found.shown["witnessed"]
    # Without a policy of one's own nothing is said.
    assert verify_pack(io.BytesIO(raw), trust).state("witnessed") == NOT_CHECKED


def test_a_pack_without_a_quorum_is_built_and_not_called_witnessed(
    houses: Houses, case: Any, otto: Any
) -> None:
    houses.open(NAME, logs.of(DEPLOYMENT))
    houses.policy(f"quorum {NAME}")
    houses.says[NAME] = lambda _raw: Answer(503, b"")
    raw = built(case, otto)
    found = verify_pack(io.BytesIO(raw), logs.of(otto.tenant).vkeys.encode(), policy(houses))
    assert (found.verified, found.state("witnessed")) == (False, FAILED)
    assert verify_pack(io.BytesIO(raw), logs.of(otto.tenant).vkeys.encode()).verified


def test_a_log_that_is_named_itself_is_cosigned_itself(houses: Houses, case: Any, otto: Any) -> None:
    own = logs.of(otto.tenant)
    houses.open(NAME, logs.of(DEPLOYMENT), own)
    houses.policy(f"log {own.vkeys.splitlines()[0]}", f"quorum {NAME}")
    found = verify_pack(io.BytesIO(built(case, otto)), own.vkeys.encode(), policy(houses))
    assert (found.state("witnessed"), "which holds this state" in found.shown["witnessed"]) == (PASSED, False)


def test_a_pack_is_verified_with_the_keys_from_before_they_were_changed(
    houses: Houses, case: Any, otto: Any, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = logs.of(otto.tenant)
    before = logs.key_path(own).read_bytes()
    old = own.vkeys.encode()
    publish.settle()
    try:
        announce_keys(own, ports.now())
        publish.settle()
        later = ports.now() + timedelta(days=31)
        with monkeypatch.context() as patched:
            patched.setattr(ports, "now", lambda: later)
            publish.settle()
            publish.settle()
            raw = built(case, otto)
        found = verify_pack(io.BytesIO(raw), old)
        assert found.verified, found.text()
        assert "followed through 2 changes" in found.text()
    finally:
        logs.key_path(own, 1).unlink(missing_ok=True)
        logs.key_path(own).write_bytes(before)
