"""Every command run once in an installation of its own: each leaves an entry, or stands on the published list.

Grows by itself with the tree of commands: one that nobody gave a sample for fails here.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys

import click
import pytest
from tests.support.house import ROOT
from tests.support.seeded import run_folder, seeded

from muniment.ops.cli import unrecorded
from muniment.ops.cli.program import COMMANDS, program

#: Commands that are tried elsewhere, since they make an installation or serve something.
ELSEWHERE = {
    "init": "its entry is the first one of the installation here",
    "serve": "its entry is left by the process that looks before anything is served, which is run here",
    "demo": "makes an installation of its own (tests/ops/test_demo.py)",
}
APART = ("witness ", "timestamp ")


def leaves(command, name):
    if isinstance(command, click.Group):
        for under, one in command.commands.items():
            yield from leaves(one, f"{name} {under}")
    else:
        yield name


def every_leaf():
    context = click.Context(program, info_name="muniment", obj={"help": True})
    return sorted(one for name in COMMANDS for one in leaves(program.get_command(context, name), name))


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


def test_the_list_names_only_commands_and_says_why():
    assert set(every_leaf()) >= unrecorded.COMMANDS.keys()
    assert all(len(one.why) > 20 for one in unrecorded.COMMANDS.values())
    assert {one for one in every_leaf() if one.startswith(APART)} <= unrecorded.COMMANDS.keys()
