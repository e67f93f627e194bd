"""A mirror is given the entries, if the settings name it, and holds a copy that verifies by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.ledger.houses import Houses
from tests.proof.small_log import NOON

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, witnessing
from muniment.proof.merkle import leaf_hash, root_of
from muniment.proof.tiles import Tiles
from muniment.spine import config
from muniment.spine.scope import DEPLOYMENT

NAME = "witness.example/a"


def test_a_mirror_is_given_the_entries_only_if_the_settings_name_it(
    houses: Houses, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logs.of(DEPLOYMENT)
    mirror = houses.open(NAME, log, mirror=True)
    houses.policy(f"quorum {NAME}")
    cases.open_case(ada, title="A broken lantern")
    publish.settle()
    (heard,) = witnessing.ask_all(NOON)[log.origin].heard
    assert heard.fault == "It keeps a copy, and has not been given the entries of this head."
    named = replace(config.current(), witness_mirrors=tuple(houses.urls))
    monkeypatch.setattr(witnessing, "config", type("Told", (), {"current": staticmethod(lambda: named)}))
    monkeypatch.setattr(witnessing, "GIVEN_AT_ONCE", 2)
    (heard,) = witnessing.ask_all(NOON)[log.origin].heard
    assert heard.fault == ""
    assert mirror.mirror is not None
    size = logs.of(DEPLOYMENT).published
    copy, own = Tiles(mirror.mirror.place(log.origin), size), Tiles(logs.folder(log), size)
    assert copy.entries(0, size) == own.entries(0, size)
    assert copy.range().root() == root_of(own.entries(0, size))
    assert leaf_hash(copy.entry(0)) == own.node(0, 0)
    # It grows with the log.
    cases.open_case(ada, title="Another one")
    publish.settle()
    assert [one.fault for one in witnessing.ask_all(NOON)[log.origin].heard] == [""]
