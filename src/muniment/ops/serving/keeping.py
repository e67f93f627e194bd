"""Keeps the processes of an installation together: starts them, waits, stops them all when one ends. No Django here."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from muniment.spine import config
from muniment.spine.errors import Busy, Clash

#: Seconds that the processes get to stop before they are ended.
PATIENCE: Final = 20
#: Seconds until the first page must be there.
START: Final = 60


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the installation, so that it is not served twice or wiped while it is served.

    :raises Clash: when somebody else holds it.
    """
    with (home / "serving.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Clash(
                "This installation is being served already.", todo="Stop the other one first."
            ) from None
        yield


def require_free(host: str, port: int) -> None:
    """Refuse when somebody else listens there.

    :raises Clash: naming the setting to change.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Clash(
                f"Port {port} is taken or may not be used here.",
                todo="Choose another one with MUNIMENT_PORT.",
            ) from None


def _surroundings(which: str) -> dict[str, str]:
    """Return the environment of a process: the one that answers people does not learn the tables' owner's secret."""
    owner = "MUNIMENT_DATABASE_OWNER" if which == "web" else "\0"
    return {name: value for name, value in os.environ.items() if not name.startswith(owner)}


class Kept:
    """The processes that belong together, and whether they were asked to stop."""

    def __init__(self) -> None:
        self.asked = False
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start the pages and the worker."""
        for which in ("worker", "web"):
            command = [sys.executable, "-m", "muniment.ops.serving", which, str(os.getpid())]
            # A signal from the keyboard reaches a whole session; each child is to hear of it from us alone.
            self.children[which] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, start_new_session=True, env=_surroundings(which)
            )

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Note that all are to stop."""
        self.asked = True

    def ended(self) -> str:
        """Return which process has ended, or nothing."""
        return next((name for name, child in self.children.items() if child.poll() is not None), "")

    def stop(self) -> bool:
        """Ask all to stop and wait; returns whether all stopped by themselves."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + PATIENCE
        gentle = True
        for child in self.children.values():
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                gentle = False
        return gentle


def _answers(settings: config.Settings) -> bool:
    """Say whether the server completes a handshake, which it does once the application is loaded."""
    trusted = ssl.create_default_context(cafile=str(settings.home / "tls" / "server.pem"))
    trusted.check_hostname = False
    trusted.verify_mode = ssl.CERT_NONE
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # it asks, it does not listen
    try:
        with socket.create_connection((host, settings.port), timeout=2) as plain, trusted.wrap_socket(plain):
            return True
    except OSError:
        return False


def caught_up() -> bool:
    """Have the erasure journal carried out again where a restore brought something back, before anything is served.

    :returns: whether all that was erased is gone; the reason is told on standard error when it is not.
    """
    command = [sys.executable, "-m", "muniment.ops.serving", "catch-up", str(os.getpid())]
    return (
        subprocess.run(command, stdin=subprocess.DEVNULL, start_new_session=True, check=False).returncode == 0
    )


def serve(ready: Callable[[], None], tick: Callable[[], None] = lambda: None) -> int:
    """Serve the installation of this process until a signal to stop.

    :param ready: called once, when the first page can be asked for.
    :param tick: called about twice a second while all is well.
    :returns: 0 when it was asked to stop and did, 1 when a process failed.
    :raises Busy: when there is no installation.
    :raises Clash: when it is served already, or the port is taken.
    """
    settings = config.current()
    if not settings.master_key.exists():
        raise Busy(
            "There is no installation in this folder.", todo="Make one with: muniment init --home FOLDER."
        )
    with alone(settings.home):
        require_free(settings.host, settings.port)
        kept = Kept()
        for wish in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wish, kept.ask)
        if not caught_up():
            return 1
        kept.start()
        failed = ""
        told = False
        until = time.monotonic() + START
        while not kept.asked:
            failed = kept.ended()
            if failed:
                break
            if not told and _answers(settings):
                told = True
                ready()
            if not told and time.monotonic() > until:
                failed = "web"
                break
            if told:
                tick()
            time.sleep(0.5 if told else 0.1)
        gentle = kept.stop()
    if failed:
        sys.stderr.write(f"The {failed} process failed, so everything was stopped. See the log above.\n")
    return 0 if gentle and not failed else 1
