"""Installations with one of everything in them, made by the product's own commands, and served as customers are.

One is made in each run of the tests (``muniment init``, ``muniment seed``); whoever needs one gets a copy of it, files
and database, so that tests may break what they like.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support import plugin, postgres
from tests.support.house import ROOT, House, python_path

#: The command of the product, as it stands beside this Python.
COMMAND = str(Path(sys.executable).parent / "muniment")
TEMPLATE = "muniment_seeded"


@dataclass(frozen=True)
class Seeded(House):
    """An installation with a tenant that has one of everything.

    ``told`` is what ``muniment seed`` printed: the identifier of one of each thing, logins, a token.
    """

    told: dict[str, Any] = field(default_factory=dict)

    def command(
        self, *words: str, given: str = "", expect: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the product in this installation."""
        done = subprocess.run(
            [COMMAND, *words],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert expect is None or done.returncode == expect, (words, done.returncode, done.stderr[-4000:])
        return done

    def login(self, role: str) -> dict[str, str]:
        """Return how the person in this role signs in."""
        return next(one for one in self.told["logins"] if one["role"] == role)


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "MUNIMENT_HOME": str(home),
        "MUNIMENT_LOG_LEVEL": "info",
        "MUNIMENT_SHARED": str(home / "nothing-shared"),
        "DJANGO_SETTINGS_MODULE": "muniment.site.settings",
        "PYTHONPATH": python_path(),
    }


def _pattern(base: Path) -> Path:
    """Make the installation that is copied, once for all processes of a run; returns its folder."""
    made = base / f"seeded-{plugin.ON}"
    with (base / f"seeded-{plugin.ON}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "told.json").exists():
            shutil.rmtree(made, ignore_errors=True)
            home = made / "home"
            environment = _environment(home)
            if plugin.ON == "postgresql":
                app, owner = postgres.new_database(os.environ["MUNIMENT_TEST_POSTGRES"], TEMPLATE)
                environment |= {"MUNIMENT_DATABASE": app, "MUNIMENT_DATABASE_OWNER": owner}
            new = Seeded(home, environment, "")
            made.mkdir()
            new.command("init", "--json")
            told = new.command("seed", "--slug", "lantern", "--json").stdout
            (made / "told.json").write_text(told)
    return made


def seeded(base: Path, home: Path, name: str) -> Seeded:
    """Return a seeded installation of its own.

    :param base: folder that all processes of this run of the tests share.
    :param home: folder that the installation is to have.
    :param name: name of its database on PostgreSQL.
    """
    made = _pattern(base)
    shutil.copytree(made / "home", home)
    environment = _environment(home)
    if plugin.ON == "postgresql":
        boss = os.environ["MUNIMENT_TEST_POSTGRES"]
        with psycopg.connect(boss, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(f"{TEMPLATE}_owner")
                )
            )
        place = boss.split("@", 1)[1].rsplit("/", 1)[0]
        environment |= {
            "MUNIMENT_DATABASE": f"postgresql://{TEMPLATE}_app:x@{place}/{name}",
            "MUNIMENT_DATABASE_OWNER": f"postgresql://{TEMPLATE}_owner:x@{place}/{name}",
        }
    told = json.loads((made / "told.json").read_text())
    return Seeded(home, environment, told["tenant"], told)


def run_folder(factory: Any) -> Path:
    """Return the folder that all processes of this run share; ``MUNIMENT_TEST_SEEDED`` keeps it for the next run."""
    if "MUNIMENT_TEST_SEEDED" in os.environ and plugin.ON == "sqlcipher":
        kept = Path(os.environ["MUNIMENT_TEST_SEEDED"])
        kept.mkdir(parents=True, exist_ok=True)
        return kept
    base: Path = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def served(house: Seeded) -> Iterator[str]:
    """Serve an installation as its customers do; yields its address. What it says goes to ``<home>.log``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"https://localhost:{port}"
    environment = {**house.environment, "MUNIMENT_PORT": str(port), "MUNIMENT_PUBLIC_URL": address}
    log = house.home.with_suffix(".log")
    with (
        log.open("ab") as file,
        subprocess.Popen(
            [COMMAND, "serve", "--json"], cwd=ROOT, env=environment, stdout=file, stderr=file
        ) as server,
    ):
        try:
            until = time.monotonic() + 90
            while '"serving"' not in log.read_text():
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"it does not serve: {log.read_text()[-4000:]}")
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait(60)


def totp(secret: str, at: float | None = None) -> str:
    """Return the code that an authenticator app shows (RFC 6238: SHA-1, 30 seconds, six digits)."""
    step = int((time.time() if at is None else at) // 30)
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
