"""Installations of their own for tests that need other processes: crashes, canaries, the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support import plugin, postgres

ROOT = Path(__file__).resolve().parents[2]

MAKE = """
import django
django.setup()
from muniment.access.rules import OPERATOR
from muniment.ledger import logs
from muniment.spine import config
from muniment.spine.actor import system
from muniment.spine.installation import keyring
from muniment.spine.keyfile import KeyFileProvider
from muniment.spine.migrating import migrate
from muniment.spine.scope import DEPLOYMENT
from muniment.tenants import actions
home = config.current()
for folder in (home.data, home.master_key.parent):
    folder.mkdir(parents=True, exist_ok=True)
KeyFileProvider.create(home.master_key)
migrate()
keyring().create_tenant(DEPLOYMENT)
logs.begin(DEPLOYMENT)
print(actions.found(system("operator", may=OPERATOR, via="cli"), name="Example Pay", slug="example-pay").id)
"""


@dataclass(frozen=True)
class House:
    """An installation in a folder of its own, with one tenant."""

    home: Path
    environment: dict[str, str]
    tenant: str

    def start(self, program: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a Python program in this installation, with pipes to it and from it."""
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, program: str, *arguments: str) -> str:
        """Run a Python program in this installation to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout


def python_path() -> str:
    """Return where a child looks for code: the tests here, then wherever this process was told to look first."""
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])])


def build(home: Path, name: str) -> House:
    """Make an installation on the database that this test run is about."""
    environment = {
        "PATH": os.environ["PATH"],
        "MUNIMENT_HOME": str(home),
        "MUNIMENT_LOG_LEVEL": "error",
        "DJANGO_SETTINGS_MODULE": "muniment.site.settings",
        "PYTHONPATH": python_path(),
    }
    if plugin.ON == "postgresql":
        app, owner = postgres.new_database(os.environ["MUNIMENT_TEST_POSTGRES"], name)
        environment |= {"MUNIMENT_DATABASE": app, "MUNIMENT_DATABASE_OWNER": owner}
    empty = House(home, environment, "")
    return House(home, environment, empty.run(MAKE).strip().splitlines()[-1])
