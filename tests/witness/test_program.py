"""The program as its operator runs it: made, told of a log, served over TLS 1.3, looked at, stopped and killed."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from tests.ops.commands import START, environment, muniment
from tests.witness.scripted import NAME, Shown

from muniment.proof.policy import parse_policy, witnessed


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> int:
    return _free_port()


@pytest.fixture(scope="module")
def policy() -> list[str]:
    """The lines for a policy, as they were printed."""
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, port: int, policy: list[str]) -> Path:
    """A witness that was made and told of a log by the commands alone."""
    place = tmp_path_factory.mktemp("witness")
    state, keys = place / "w", place / "log.keys"
    url = f"https://localhost:{port}"
    words = ("--name", NAME, "--url", url, "--port", str(port))
    made = muniment("witness", "init", "--state", str(state), *words, "--json")
    assert made.code == 0, made.err
    policy.append(made.json["policy"])
    keys.write_bytes(Shown().signer.vkeys())
    told = muniment("witness", "trust", "--state", str(state), str(keys), "--json")
    assert told.json == {"added": [Shown().origin]}
    assert muniment("witness", "trust", "--state", str(state), str(keys), "--json").json == {"added": []}
    return state


def _trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "tls" / "authority.pem"))


@contextmanager
def _served(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", START, "witness", "serve", "--state", str(folder), "--json"]
    child = subprocess.Popen(
        command,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and child.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        child.communicate(timeout=30)


def _ask(folder: Path, port: int, raw: bytes) -> tuple[int, bytes]:
    connection = HTTPSConnection("localhost", port, context=_trusting(folder), timeout=20)
    with closing(connection):
        connection.request("POST", "/add-checkpoint", body=raw)
        response = connection.getresponse()
        return response.status, response.read()


def test_it_cosigns_over_tls_and_goes_on_after_it_was_killed(
    folder: Path, port: int, policy: list[str]
) -> None:
    shown = Shown()
    trusted = parse_policy(f"{policy[0]}quorum {NAME}\n".encode())
    with _served(folder, port) as child:
        status, lines = _ask(folder, port, shown.asked(0, 5))
        assert status == 200
        assert witnessed(shown.note(5) + lines, trusted, shown.signer.keys).quorum is True
        assert _ask(folder, port, shown.asked(5, 9))[0] == 200
        os.killpg(child.pid, signal.SIGKILL)
    with _served(folder, port) as child:
        assert _ask(folder, port, shown.asked(0, 7)) == (409, b"9\n")
        assert _ask(folder, port, shown.forked().asked(9, 9)) == (409, b"9\n")
        assert _ask(folder, port, shown.forked().asked(9, 12))[0] == 422
        assert _ask(folder, port, shown.asked(9, 12))[0] == 200
        child.terminate()
        child.wait(timeout=30)
        assert child.returncode == 0
    looked = muniment("witness", "show", "--state", str(folder), "--json")
    assert looked.code == 1
    (log,) = looked.json["logs"]
    assert (log["log"], log["size"], log["evidence"]) == (shown.origin, 12, 3)


def test_nothing_older_than_tls_1_3_and_no_long_request_is_taken(folder: Path, port: int) -> None:
    with _served(folder, port):
        old = _trusting(folder)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            pytest.raises(ssl.SSLError),
            old.wrap_socket(plain, server_hostname="localhost"),
        ):
            pass
        with suppress(OSError):  # the server may cut the line while the rest is still on its way
            assert _ask(folder, port, bytes(300_000))[0] == 413
        assert _ask(folder, port, b"old 0\n")[0] == 400
        # Whoever holds a request open keeps nobody else from being answered.
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
            _trusting(folder).wrap_socket(plain, server_hostname="localhost") as slow,
        ):
            slow.sendall(
                b"POST /add-checkpoint HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nold"
            )
            assert _ask(folder, port, b"old 0\n")[0] == 400
            assert b" 408 " in slow.recv(200)


def test_a_folder_is_made_once_and_wrong_words_are_refused(folder: Path, tmp_path: Path) -> None:
    again = muniment("witness", "init", "--state", str(folder), "--name", NAME, "--url", "https://localhost")
    assert (again.code, "already" in again.err) == (1, True)
    for name, url in (("two words", "https://localhost"), (NAME, "http://localhost"), (NAME, "https://[")):
        wrong = muniment("witness", "init", "--state", str(tmp_path / "n"), "--name", name, "--url", url)
        assert wrong.code == 1
        assert not (tmp_path / "n").exists()
    nowhere = muniment("witness", "serve", "--state", str(tmp_path / "n"), "--json")
    assert (nowhere.code, nowhere.json["error"]) == (1, "absent")
