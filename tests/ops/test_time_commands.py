"""Time on the command line: an installation and a test authority, two programs that know each other by address."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.ops.commands import START, environment, muniment


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _served(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", START, "timestamp", "serve", str(folder), "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, env=environment(), start_new_session=True, **quiet)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            break
        time.sleep(0.05)
    return child


def test_an_installation_is_stamped_and_anybody_checks_it(tmp_path: Path) -> None:
    installed, folder = tmp_path / "muniment", tmp_path / "authority"
    assert muniment("init", home=installed).code == 0
    assert muniment("ledger", "stamp", home=installed).code != 0
    shown = muniment("clock", "show", "--json", home=installed)
    assert (shown.code, shown.json["trusted"], shown.json["jump"]) == (0, True, None)
    made = muniment("timestamp", "init", str(folder), "--json")
    assert made.code == 0
    port = _port()
    url = f"https://localhost:{port}"
    (installed / "muniment.toml").write_text(
        f'timestamp_authorities = ["one {url}/ {made.json["root"]}"]\n'
        f'allow_egress_private = ["{url}"]\n'
        f'egress_authorities = "{made.json["certificate"]}"\n'
    )
    away = muniment("ledger", "stamp", home=installed)
    assert away.code == 1
    serving = _served(folder, port)
    try:
        done = muniment("ledger", "stamp", "--json", home=installed)
    finally:
        os.killpg(serving.pid, signal.SIGTERM)
        serving.wait(60)
    assert done.code == 0, done
    (stamp,) = done.json["time_stamps"]
    assert (stamp["fault"], stamp["test"]) == ("", True)
    (token,) = installed.glob(f"data/log/*/time/{stamp['digest']}.tsr")
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
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert muniment("ledger", "verify", "--deep", home=installed).code == 0


def test_a_jump_is_shown_until_two_people_have_confirmed_it(tmp_path: Path) -> None:
    installed = tmp_path / "muniment"
    assert muniment("init", home=installed).code == 0
    assert muniment("clock", "show", home=installed).code == 0
    jumped = (
        "import muniment.spine.ports as p, datetime as d, runpy, sys\n"
        "real = p.now\n"
        "p.now = lambda: real() + d.timedelta(days=9)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", jumped + START, "clock", "show", "--home", str(installed)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1, found.stderr
    assert "Nothing is destroyed until two people" in found.stdout
    assert muniment("clock", "propose", "1", home=installed).code != 0
