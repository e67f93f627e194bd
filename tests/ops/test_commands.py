"""Every command answers in words or JSON, with the exit codes that scripts rely on; on both databases."""

from __future__ import annotations

import json

import pytest
from tests.ledger.tamper import key, owner
from tests.ops.commands import muniment

from muniment.ops.cli.program import COMMANDS
from muniment.ops.demo import town
from muniment.spine.scope import DEPLOYMENT

PASSWORD = "a long enough passphrase"


@pytest.fixture
def wick(command):
    """A tenant with an analyst and an officer."""
    assert command("tenant", "create", "--name", "Wick and Oil", "--slug", "wick").code == 0
    for login, role in (("ann@wick.example", "analyst"), ("odo@wick.example", "officer")):
        words = [
            "--tenant",
            "wick",
            "--login",
            login,
            "--name",
            "Test Person",
            "--role",
            role,
            "--password-stdin",
        ]
        assert command("user", "create", *words, given=f"{PASSWORD}\n").code == 0


def test_the_help_lists_exactly_the_commands_that_are_there(command):
    shown = command("--help").out
    for name in COMMANDS:
        assert f"\n  {name}" in shown
    for later in ("backup", "restore", "purge", "trust", "dump"):
        assert f"\n  {later}" not in shown
        assert command(later).code == 2


def test_an_answer_is_one_json_document(command):
    for words in (
        ["tenant", "list"],
        ["ledger", "checkpoint"],
        ["policy"],
        ["source", "list"],
        ["list", "list"],
    ):
        ran = command(*words, "--json")
        assert ran.code == 0
        assert ran.json


def test_people_get_words_where_programs_get_json(command, wick):
    assert "wick" in command("tenant", "list").out
    assert "cases.decide" in command("policy").out
    assert "health/ready" in command("routes").out


def test_without_an_installation_nothing_can_be_said(tmp_path):
    ran = muniment("ledger", "verify", "--json", home=tmp_path)
    assert (ran.code, ran.json["error"]) == (2, "busy")


def test_the_ledger_settles_and_verifies(installed):
    assert muniment("ledger", "settle", home=installed).code == 0
    ran = muniment("ledger", "verify", "--deep", "--json", home=installed)
    assert (ran.code, ran.json["holds"]) == (0, True)
    assert sum(log["entries"] for log in ran.json["logs"]) >= 1


def test_a_taken_short_name_is_refused_in_a_sentence(command, wick):
    ran = command("tenant", "create", "--name", "Other", "--slug", "wick")
    assert (ran.code, ran.out) == (1, "")
    assert "Another tenant has this short name." in ran.err


def test_a_weak_password_and_an_unknown_tenant_are_refused(command, wick):
    base = [
        "user",
        "create",
        "--login",
        "x@wick.example",
        "--name",
        "X",
        "--role",
        "auditor",
        "--password-stdin",
    ]
    assert command(*base, "--tenant", "wick", given="short\n").code == 1
    assert command(*base, "--tenant", "none", given=f"{PASSWORD}\n").code == 1


def test_a_drawn_password_is_shown_once_and_opens_nothing_but_its_own_change(command, wick):
    words = ["--tenant", "wick", "--login", "new@wick.example", "--name", "New Person", "--role", "analyst"]
    made = command("user", "create", *words, "--json").json
    ran = command("case", "list", "--login", "new@wick.example", "--json", given=made["password"] + "\n\n")
    assert (ran.code, ran.json["error"]) == (1, "refused")
    assert "role does not allow" in ran.err


def test_who_works_for_a_tenant_proves_who_they_are(command, wick):
    words = ["case", "open", "--title", "A broken lantern", "--json"]
    nobody = command(*words)
    assert (nobody.code, nobody.json["error"]) == (1, "invalid")
    wrong = command(*words, "--login", "ann@wick.example", given="not the passphrase\n")
    assert (wrong.code, wrong.json["error"]) == (1, "refused")
    assert command(*words, "--login", "ann@wick.example", given=f"{PASSWORD}\n\n").code == 0


def test_a_password_alone_is_not_enough_for_an_officer(command, wick):
    ran = command("case", "list", "--login", "odo@wick.example", "--json", given=f"{PASSWORD}\n\n")
    assert (ran.code, ran.json["error"]) == (1, "refused")


def test_a_token_reads_and_never_proposes(command, wick, tmp_path):
    made = command("token", "create", "--login", "ann@wick.example", "--label", "Test", "--json")
    file = tmp_path / "token"
    file.write_text(made.json["token"])
    opened = command("case", "open", "--title", "By a program", "--json", "--token-file", str(file))
    assert opened.code == 0
    assert command("case", "show", opened.json["id"], "--token-file", str(file)).code == 0
    words = ["--outcome", "cleared", "--rationale", "Nothing is broken here at all."]
    assert command("case", "propose", opened.json["id"], *words, "--token-file", str(file)).code == 1
    file.write_text("mnt_" + "0" * 32 + "_" + "A" * 43)
    assert command("case", "list", "--token-file", str(file)).code == 1


def test_lists_come_in_and_a_shrunken_one_stops_and_asks(command, tmp_path):
    entity = '{{"id": "x-{0}", "schema": "Person", "properties": {{"name": ["Odo Lamp {0}"]}}}}'
    file = tmp_path / "list.jsonl"
    words = ["--format", "ftm", "--key", "lamps", "--publisher", "Town", "--title", "Lamps", "--json"]
    file.write_text("\n".join(entity.format(at) for at in range(20)))
    assert command("list", "add", str(file), *words, "--version", "1").code == 0
    file.write_text("\n".join(entity.format(at) for at in range(1, 11)))
    assert command("list", "add", str(file), *words, "--version", "2").code == 1
    assert command("list", "add", str(file), *words, "--version", "2", "--accept-shrinking").code == 0
    counts = command("list", "diff", "lamps", "--old", "1", "--new", "2", "--json").json["counts"]
    assert counts == {"ADD": 0, "DEL": 10, "MOD": 0}


def test_an_act_comes_in_and_its_words_can_be_read(command, tmp_path):
    file = tmp_path / "act.xhtml"
    file.write_bytes(town.act())
    said = [
        "--format",
        "oj-xhtml",
        "--version",
        "OJ:2099-01-01",
        "--publisher",
        "Town",
        "--authenticity",
        "invented",
    ]
    made = command("source", "add", str(file), *said, "--json").json["taken_in"]
    assert [(one["key"], one["authenticity"]) for one in made] == [(town.CELEX, "invented")]
    again = command("source", "add", str(file), *said)
    assert (again.code, "byte for byte" in again.err) == (1, True)
    words = command("source", "show", town.CELEX, "--provision", "art_2.par_2", "--json").json["provision"][
        "text"
    ]
    assert "not later than 72 hours" in words
    assert command("source", "show", town.CELEX, "--provision", "art_99").code == 1
    assert command("source", "show", "32000R0001").code == 1


def test_a_source_that_is_none_is_refused_whole(command, tmp_path):
    file = tmp_path / "act.xml"
    said = ["--format", "oj-xhtml", "--version", "OJ:2099-01-01", "--publisher", "Town"]
    for raw in (b"", b"\xff\xfe\x00", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<html>" * 2000):
        file.write_bytes(raw)
        ran = command("source", "add", str(file), *said)
        assert ran.code == 1
        assert str(tmp_path) not in ran.err
    assert command("source", "add", str(tmp_path / "none"), *said).code == 1


def test_a_pack_that_is_none_is_not_verified(command, tmp_path):
    file = tmp_path / "pack.zip"
    file.write_bytes(b"PK\x03\x04 and nothing more")
    assert command("pack", "verify", str(file)).code == 1
    assert command("pack", "verify", str(tmp_path / "none")).code == 2


def test_a_fault_of_ours_ends_in_a_sentence_and_not_in_a_trace(command, monkeypatch):
    monkeypatch.setattr("muniment.tenants.queries.every_tenant", lambda: 1 // 0)
    ran = command("tenant", "list", "--json")
    assert (ran.code, ran.json["what"]) == (2, "builtins.ZeroDivisionError")
    assert "Traceback" not in ran.err


def test_every_route_and_every_role_is_printed(command):
    routes = command("routes", "--json").json["routes"]
    assert {"home", "health-ready"} <= {row["name"] for row in routes}
    assert any(row["kind"] == "api" and row["methods"] for row in routes)
    policy = command("policy", "--json").json
    assert "cases.decide" in policy["roles"]["officer"]
    assert "cases.decide" not in json.dumps([policy["roles"]["analyst"], policy["by_token"]])


def test_the_installations_own_log_is_missed_by_name(command, wick):
    with owner(DEPLOYMENT, "ledger_log") as cursor:
        cursor.execute("DELETE FROM ledger_log WHERE tenant_id = %s", [key(DEPLOYMENT)])
    ran = command("ledger", "verify")
    assert ran.code == 1
    assert "the installation's log: DOES NOT HOLD" in ran.out
