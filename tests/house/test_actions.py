"""Every action: its name, its words, who holds it, and that its stored name never changes by accident."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from muniment.access.rules import EDGE, OPERATOR, ROLES, WORKER
from muniment.ledger.action import CLASSES, REGISTRY
from muniment.spine.errors import Refused

HERE = Path(__file__).resolve().parent
#: Python keeps these words for itself, or a builtin would be hidden; the function says the same with more words.
LONGER = {"cases.open": "open_case"}


@pytest.fixture(scope="module")
def actions(django_db_setup):
    """Every action of the house."""
    for actions in (HERE.parents[1] / "src/muniment").glob("*/actions*"):
        import_module(f"muniment.{actions.parent.name}.actions")
    import_module("muniment.ledger.checks.runs")
    import_module("muniment.ledger.clock")
    import_module("muniment.ledger.damage.acts")
    import_module("muniment.ledger.time.asking")
    import_module("muniment.ledger.time.onrecord")
    import_module("muniment.ledger.pruning.acts")
    import_module("muniment.ledger.publish")
    import_module("muniment.ledger.trust.accepting")
    import_module("muniment.ledger.questions.acts")
    import_module("muniment.ledger.reading")
    import_module("muniment.ledger.exporting")
    import_module("muniment.ledger.pushing.follow")
    return {kind: known for kind, known in REGISTRY.items() if known.module.startswith("muniment.")}


def test_a_name_is_its_room_and_a_verb(actions):
    for kind, known in actions.items():
        room, verb = kind.split(".")
        assert known.module.split(".")[1] == room, kind
        assert known.door.__name__ == LONGER.get(kind, verb), kind


def test_every_action_says_what_it_does(actions):
    for kind, known in actions.items():
        first = known.doc.split("\n")[0]
        assert first.endswith(".") and len(first) > 15, kind
        assert known.says, kind
        assert known.cls in CLASSES


def test_somebody_holds_every_action_and_nobody_holds_one_that_is_not_there(actions):
    held = set().union(*ROLES.values(), EDGE, OPERATOR, WORKER)
    assert set(actions) - held == set(), "held by nobody"
    assert held - set(actions) == set(), "held, but no such action"


def test_stored_names_change_only_on_purpose(actions):
    kept = (HERE / "names.txt").read_text().split()
    assert sorted(actions) == kept, (
        "an action's name is stored in ledgers: change tests/house/names.txt on purpose"
    )


def test_an_auditor_changes_nothing(actions, db, vera):
    own_account = {
        "access.change_password",
        "access.enrol_factor",
        "access.remove_factor",
        "access.sign_in",
        "access.sign_out",
    }
    copies = {"packs.download", "ledger.export", "ledger.export_personal"}
    allowed = {kind for kind, known in actions.items() if known.reads} | own_account | copies
    assert ROLES["auditor"] <= allowed
    for kind, known in actions.items():
        if kind not in ROLES["auditor"]:
            with pytest.raises(Refused):
                known.door(vera)


def test_reading_changes_no_row(actions):
    for kind, known in actions.items():
        if known.reads:
            assert kind.split(".")[1].startswith(("browse", "download", "read", "replay")), kind
