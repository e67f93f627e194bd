"""Time on the command line: an installation and a test authority, two programs that know each other by address."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ops.commands import PATIENCE, Command, free_port, muniment, serving

from muniment.spine import ports


@pytest.fixture
def home(installed: Path, tmp_path: Path) -> Path:
    """A copy of the installation that the tests of this process share: to make one takes as long as the rest."""
    return Path(shutil.copytree(installed, tmp_path / "muniment"))


def test_an_installation_is_stamped_and_anybody_checks_it(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    assert muniment("ledger", "stamp", home=home).code != 0
    made = muniment("timestamp", "init", str(folder), "--json")
    assert made.code == 0
    port = free_port()
    url = f"https://localhost:{port}"
    (home / "muniment.toml").write_text(
        f'timestamp_authorities = ["one {url}/ {made.json["root"]}"]\n'
        f'allow_egress_private = ["{url}"]\n'
        f'egress_authorities = "{made.json["certificate"]}"\n'
    )
    away = muniment("ledger", "stamp", home=home)
    assert away.code == 1
    with serving("timestamp", "serve", str(folder), "--port", str(port), port=port):
        done = muniment("ledger", "stamp", "--json", home=home)
    assert done.code == 0, done
    (stamp,) = done.json["time_stamps"]
    assert (stamp["fault"], stamp["test"]) == ("", True)
    (token,) = home.glob(f"data/log/*/time/{stamp['digest']}.tsr")
    checked = subprocess.run(
        [
            "openssl",
            "ts",
            "-verify",
            "-in",
            token,
            "-data",
            token.with_suffix(".head"),
            "-CAfile",
            made.json["root"],
        ],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert muniment("ledger", "verify", "--deep", home=home).code == 0


def test_a_jump_is_shown_until_two_people_have_confirmed_it(command: Command) -> None:
    shown = command("clock", "show", "--json")
    assert (shown.code, shown.json["trusted"], shown.json["jump"]) == (0, True, None)
    with ports.frozen(clock=ports.now() + timedelta(days=9)):
        found = command("clock", "show")
        told = command("clock", "show", "--json").json
    assert found.code == 1, found.err
    assert "Nothing is destroyed until two people" in found.out
    assert (told["trusted"], told["jump"]["number"]) == (False, 1)
    alone = command("clock", "propose", "1")
    assert (alone.code, alone.out) == (1, "")
