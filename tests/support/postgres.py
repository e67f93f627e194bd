"""A disposable PostgreSQL server from Debian's package, in a temporary folder, on a free port of this machine.

The server refuses to run as root; then it runs as the user ``postgres``. Nothing outside the folder is touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql


def programs() -> Path:
    """Return the folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not found:
        raise RuntimeError("PostgreSQL is not installed: run `make setup`, or apt-get install postgresql")
    return found[0].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server() -> Iterator[str]:
    """Run a server until the block ends; yields the address of its superuser."""
    tools, port = programs(), _free_port()
    folder = Path(tempfile.mkdtemp(prefix="muniment-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        who = pwd.getpwnam("postgres")
        os.chown(folder, who.pw_uid, who.pw_gid)
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    cluster = folder / "cluster"
    plain = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

    def run(*command: str) -> None:
        subprocess.run(
            [*as_user, *command],
            check=True,
            cwd=folder,
            env=plain,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )

    try:
        run(
            str(tools / "initdb"),
            "-D",
            str(cluster),
            "-U",
            "boss",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=60 -c shared_buffers=64MB"
        run(
            str(tools / "pg_ctl"),
            "-D",
            str(cluster),
            "-w",
            "-l",
            str(folder / "log"),
            "-o",
            options,
            "start",
        )
        try:
            yield f"postgresql://boss@127.0.0.1:{port}/postgres"
        finally:
            run(str(tools / "pg_ctl"), "-D", str(cluster), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(boss: str, name: str) -> tuple[str, str]:
    """Make a database with an owner and an application role; returns (application's address, owner's address)."""
    with psycopg.connect(boss, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        for role in (f"{name}_owner", f"{name}_app"):
            exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            if exists is None:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD 'x'").format(
                        sql.Identifier(role)
                    )
                )
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(f"{name}_owner")
            )
        )
    place = boss.split("@", 1)[1].rsplit("/", 1)[0]
    return f"postgresql://{name}_app:x@{place}/{name}", f"postgresql://{name}_owner:x@{place}/{name}"
