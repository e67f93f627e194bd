"""Every command run once in an installation of its own: each leaves an entry, or stands on the published list.

Grows by itself with the tree of commands: one that nobody gave a sample for fails here.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from tests.support.house import ROOT
from tests.support.seeded import run_folder, seeded

from muniment.access.rules import ROLES
from muniment.ops.cli import unrecorded
from muniment.ops.cli.program import COMMANDS, program
from muniment.proof.standalone import verifier_source

#: Commands that are tried elsewhere, since they make another installation or serve something.
ELSEWHERE = {
    "serve": "its entry is left by the process that looks before anything is served, which is run here",
    "demo": "makes an installation of its own (tests/ops/test_demo.py)",
}
APART = ("witness ", "timestamp ")


def leaves(command, name):
    if isinstance(command, click.Group):
        for under, one in command.commands.items():
            yield from leaves(one, f"{name} {under}")
    else:
        yield name, command


def every_command():
    context = click.Context(program, info_name="muniment", obj={"help": True})
    return dict(sorted(one for name in COMMANDS for one in leaves(program.get_command(context, name), name)))


def every_leaf():
    return list(every_command())


def with_a_login():
    """Return the commands that ask who somebody is."""
    return [
        leaf
        for leaf, command in every_command().items()
        if {"login", "token_file"} <= {one.name for one in command.params}
    ]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    house = seeded(run_folder(tmp_path_factory), folder / "home", f"muniment_commands_{os.getpid()}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.run_commands", str(folder)],
        cwd=ROOT,
        env={**house.environment, "MUNIMENT_LOG_LEVEL": "error"},
        input=json.dumps(house.told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def of(ran, leaf):
    found = [one for one in ran["done"] if one["leaf"] == leaf]
    assert found, f"nobody gave a sample for muniment {leaf}: add one to tests/faults/run_commands.py"
    return found


@pytest.mark.parametrize("leaf", [one for one in every_leaf() if not one.startswith(APART)])
def test_every_command_leaves_an_entry_that_says_who_what_and_how_it_ended(leaf, ran):
    if leaf in ELSEWHERE and leaf != "serve":
        return
    for one in of(ran, leaf):
        assert one["code"] == one["wanted"], one["err"]
        if leaf in unrecorded.COMMANDS:
            own = [entry for entry in one["left"] if entry["via"] == "cli"]
            assert own == [], "it is on the list and left an entry"
            continue
        assert one["left"], "it left no entry and is not on the list"
        assert len({entry["request"] for entry in one["left"]} - {""}) == 1, (
            "one number for the whole command"
        )
        own = [entry for entry in one["left"] if entry["via"] == "cli"]
        assert own, "nothing says that somebody at the machine did it"
        for entry in own:
            assert entry["user"].split(",")[0] == pwd.getpwuid(os.geteuid()).pw_name
            assert entry["outcome"] in ("done", "refused")
        if one["role"]:
            acted = [entry for entry in own if entry["kind"] != "access.sign_in"]
            assert acted, "only the sign-in is on record"
            assert {entry["role"] for entry in acted} == {one["role"]}
            assert all("password" in entry["factors"] for entry in acted)
        assert any(entry["outcome"] == ("refused" if one["wanted"] else "done") for entry in own)


@pytest.mark.parametrize("leaf", [one for one in every_leaf() if not one.startswith(APART)])
def test_every_command_that_is_refused_leaves_an_entry(leaf, ran):
    if leaf in ELSEWHERE:
        return
    [one] = [one for one in ran["refused"] if one["leaf"] == leaf]
    assert one["code"] == 2
    listed = unrecorded.COMMANDS.get(leaf)
    if listed is not None and listed.refusals:
        assert one["left"] == []
        return
    [entry] = one["left"]
    assert (entry["kind"], entry["outcome"], entry["actor"], entry["via"]) == (
        *("ops.read", "refused", "system:operator", "cli"),
    )
    assert entry["facts"]["asked"] == f"muniment {leaf}"
    assert "no-such-option" not in json.dumps(entry)


def test_the_first_entry_of_an_installation_says_who_made_it_and_with_what(ran):
    first, *_ = of(ran, "init")[0]["left"]
    assert (first["kind"], first["actor"], first["outcome"]) == ("ops.install", "system:operator", "done")
    assert first["user"].split(",")[0] == pwd.getpwuid(os.geteuid()).pw_name
    assert first["facts"] == {
        "version": version("muniment"),
        "verifier": hashlib.sha256(verifier_source().encode()).hexdigest(),
    }


@pytest.mark.parametrize("leaf", with_a_login())
def test_whose_role_does_not_hold_it_is_refused_on_record_and_changes_nothing(leaf, ran):
    tried = [one for one in ran["kept_out"] if one["leaf"] == leaf]
    assert tried, (
        f"nobody gave a sample with a role for muniment {leaf}: add one to tests/faults/run_commands.py"
    )
    [kind] = {entry["kind"] for entry in tried[0]["left"] if entry["outcome"] == "refused"}
    for one in tried:
        assert one["code"] == 1, one["err"]
        assert json.loads(one["out"])["error"] == "refused"
        assert f"Your role does not allow this ({kind})." in one["err"]
        assert one["changed"] == []
        assert kind not in one["may"]
        [refused] = [entry for entry in one["left"] if entry["outcome"] == "refused"]
        assert (refused["kind"], refused["role"], refused["via"]) == (kind, one["role"], "cli")
        assert refused["facts"]["asked"] == f"muniment {leaf}"
        assert "password" in refused["factors"]
        assert refused["user"].split(",")[0] == pwd.getpwuid(os.geteuid()).pw_name
        # What else is on record is that they signed in.
        assert [entry["kind"] for entry in one["left"] if entry is not refused] == ["access.sign_in"]
    assert len(tried) > 1 or all(kind in may for may in ROLES.values()), "nobody real was refused"


def test_the_list_names_only_commands_and_says_why():
    assert set(every_leaf()) >= unrecorded.COMMANDS.keys()
    assert all(len(one.why) > 20 for one in unrecorded.COMMANDS.values())
    assert {one for one in every_leaf() if one.startswith(APART)} <= unrecorded.COMMANDS.keys()
