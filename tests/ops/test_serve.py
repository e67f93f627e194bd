"""Serving: TLS 1.3 and nothing older, a graceful end, nobody left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.ops.commands import PATIENCE, START, ended, environment, free_port, muniment

PROCESSES = Path("/proc")


@pytest.fixture
def served(installed, tmp_path):
    """A served copy: (process, port, home)."""
    home = shutil.copytree(installed, tmp_path / "home")
    port = free_port()
    told = environment(MUNIMENT_PORT=str(port), MUNIMENT_PUBLIC_URL=f"https://localhost:{port}")
    child = subprocess.Popen(
        [sys.executable, "-c", START, "serve", "--json", "--home", str(home)],
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        lines = ""
        while "}" not in lines:
            line = child.stdout.readline()
            assert line, "it ended before it served"
            lines += line
        assert json.loads(lines)["listening"] == f"127.0.0.1:{port}"
        yield child, port, home
    finally:
        ended(child)


def _parent(process):
    return int((PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()[1])


def _below(process):
    """Every process that descends from one, by identifier."""
    found = []
    for entry in PROCESSES.iterdir():
        with suppress(OSError, ValueError):
            if _parent(int(entry.name)) == process:
                found += [int(entry.name), *_below(int(entry.name))]
    return found


def _gone(processes, seconds=PATIENCE):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any((PROCESSES / str(one)).exists() for one in processes):
            return True
        time.sleep(0.1)
    return False


def _ready(port, home):
    context = ssl.create_default_context(cafile=str(home / "tls" / "authority.pem"))
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    with plain, context.wrap_socket(plain, server_hostname="localhost") as line:
        line.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        raw = b""
        while part := line.recv(4096):
            raw += part
        return line.version(), raw.split(b" ", 2)[1]


def test_it_serves_over_tls_1_3_only_and_stops_when_asked(served):
    child, port, home = served
    assert _ready(port, home) == ("TLSv1.3", b"200")
    older = ssl.create_default_context()
    older.check_hostname, older.verify_mode = False, ssl.CERT_NONE
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as plain,
        pytest.raises(ssl.SSLError),
    ):
        older.wrap_socket(plain, server_hostname="localhost")
    again = muniment("serve", home=home, MUNIMENT_PORT=str(free_port()))
    assert (again.code, "served already" in again.err) == (1, True)

    family = _below(child.pid)
    assert len(family) >= 3
    child.send_signal(signal.SIGTERM)
    assert child.wait(PATIENCE) == 0
    assert _gone(family)


def test_nobody_is_left_behind_when_the_first_process_is_killed(served):
    child, _, _ = served
    family = _below(child.pid)
    child.kill()
    child.wait(PATIENCE)
    assert _gone(family)


def test_all_stop_when_the_worker_dies(served):
    child, _, _ = served
    family = _below(child.pid)
    worker = next(one for one in family if "worker" in _words(one))
    os.kill(worker, signal.SIGKILL)
    assert child.wait(PATIENCE) == 1
    assert _gone(family)


def _words(process):
    return (PROCESSES / str(process) / "cmdline").read_bytes().decode().split("\0")


def test_a_taken_port_is_named(installed):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = muniment("serve", home=installed, MUNIMENT_PORT=port)
    assert ran.code == 1
    assert f"Port {port} is taken" in ran.err
