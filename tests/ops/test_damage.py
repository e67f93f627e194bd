"""`docs/damage.md` as commands: damage is listed, proposed at the machine, and accepted by an administrator."""

from __future__ import annotations

from django.db import transaction

from muniment.ledger import logs, tally
from muniment.ops.cli import somebody
from muniment.spine.models import Tally
from muniment.spine.scope import tenant_scope


def test_damage_is_listed_proposed_and_named_by_every_check(command, ada, adam, monkeypatch):
    log = logs.of(ada.tenant)
    with tenant_scope(ada.tenant), transaction.atomic():
        tally.count(ada, "cases.open")
    Tally.objects.update(times=1_000_000)
    listed = command("ledger", "damage", "--log", log.origin, "--json")
    [found] = listed.json["damage"]
    assert (listed.code, found["proposed_by"]) == (1, "")
    proposed = command(
        "ledger",
        "propose-damage",
        found["name"],
        "--log",
        log.origin,
        "--reason",
        "The disk did it.",
        "--json",
    )
    assert proposed.json["digest"] == found["digest"]
    assert command("ledger", "damage", "--log", log.origin, "--json").json["damage"][0]["proposed_by"]
    refused = command("ledger", "propose-damage", "waiting:none", "--reason", "No.", "--json")
    assert refused.json["error"] == "absent"
    monkeypatch.setattr(somebody.acting, "by_login", lambda *_: adam)
    accept = ("ledger", "accept-damage", found["digest"], "--login", "adam")
    assert "Every check names this from now on" in command(*accept).out
    assert command(*accept, "--json").json["error"] == "absent"
    left = command("ledger", "damage", "--log", log.origin)
    assert (left.code, "No damage is found" in left.out) == (0, True)
    shown = command("ledger", "verify", "--json").json
    [accepted] = [one for each in shown["logs"] for one in each["accepted"]]
    assert found["name"] in accepted
