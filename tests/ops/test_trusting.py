"""Whose witness counts is decided by two persons, by the commands that they type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.ledger.conftest import houses as houses  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.houses import Houses

from muniment.ledger import logs
from muniment.ledger.trust import accepting
from muniment.ops.cli import somebody
from muniment.spine import config
from muniment.spine.errors import Refused
from muniment.spine.scope import DEPLOYMENT

NAME = "witness.example/a"


@pytest.fixture
def file(houses: Houses, tmp_path: Path) -> Path:
    houses.open(NAME, logs.of(DEPLOYMENT))
    made = tmp_path / "policy"
    made.write_text("\n".join([*houses.lines, f"quorum {NAME}", ""]))
    return made


def test_one_proposes_and_another_one_accepts(
    command: Any, file: Path, adam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(somebody.acting, "by_login", lambda *_: adam)
    accept = ("ledger", "accept-policy", str(file), "--login", "adam", "--json")
    assert "Nobody was named" in command("ledger", "policy").out
    assert command(*accept).json["error"] == "absent"
    made = command("ledger", "propose-policy", str(file), "--json")
    assert made.code == 0, made.out
    waits = command("ledger", "policy", "--json").json
    assert (waits["sha256"], waits["waits"]["sha256"]) == ("", made.json["sha256"])
    assert "Proposed, not in force" in command("ledger", "policy").out
    # Who has seen another file accepts nothing.
    other = file.with_name("other")
    other.write_text("quorum none\n")
    assert (
        command("ledger", "accept-policy", str(other), "--login", "adam", "--json").json["error"] == "absent"
    )
    assert command(*accept).json["sha256"] == made.json["sha256"]
    shown = command("ledger", "policy", "--json")
    assert (shown.code, shown.json["file"]) == (0, file.read_text())
    # A second time there is nothing to accept.
    assert command(*accept).json["error"] == "absent"
    config.current().witnesses.write_text("quorum none\n")
    changed = command("ledger", "policy")
    assert (changed.code, "not the one that two persons accepted" in changed.out) == (1, True)


def test_who_proposed_cannot_accept(
    command: Any, file: Path, adam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepting.propose_policy(accepting.for_installation(adam), body=file.read_text())
    with pytest.raises(Refused, match="cannot accept them"):
        accepting.accept_policy(
            accepting.for_installation(adam), sha256=accepting.digest_of(file.read_bytes())
        )


def test_an_officer_and_an_operator_cannot_accept(file: Path, otto: Any, operator: Any) -> None:
    made = accepting.propose_policy(operator, body=file.read_text())
    for one in (accepting.for_installation(otto), operator):
        with pytest.raises(Refused, match="does not allow"):
            accepting.accept_policy(one, sha256=made.sha256)


def test_a_file_that_cannot_be_read_is_proposed_by_nobody(command: Any, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    assert command("ledger", "propose-policy", str(wrong), "--json").json["error"] == "invalid"
    for text in (b"nonsense\n", b"\xff\n"):
        wrong.write_bytes(text)
        assert command("ledger", "propose-policy", str(wrong), "--json").json["error"] == "invalid"
    assert accepting.waiting() is None


def test_a_file_that_lies_there_and_cannot_be_opened_is_told(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = config.current().witnesses
    place.write_text("quorum none\n")
    try:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "open", lambda *_a, **_k: (_ for _ in ()).throw(OSError(5, "EIO")))
            with pytest.raises(Exception, match="cannot be read"):
                accepting.in_force()
    finally:
        place.unlink()
