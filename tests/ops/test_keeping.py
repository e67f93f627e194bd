"""What keeps the processes together, on small processes of the test's own: one holder, free ports, and an end."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from muniment.ops.serving import keeping, lifeline
from muniment.spine import config
from muniment.spine.errors import Busy, Clash

SLEEP = "import time; print('on', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


@contextmanager
def keeping_of(**scripts):
    """The processes of these scripts, kept together, once each of them is on."""
    kept = keeping.Kept()
    for name, script in scripts.items():
        kept.children[name] = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    try:
        for child in kept.children.values():
            child.stdout.readline()
        yield kept
    finally:
        for child in kept.children.values():
            child.kill()
            child.wait()
            child.stdout.close()


def test_an_installation_is_held_by_one(tmp_path):
    with keeping.alone(tmp_path), pytest.raises(Clash, match="being served already"), keeping.alone(tmp_path):
        pass
    with keeping.alone(tmp_path):
        assert (tmp_path / "serving.lock").exists()


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_port_that_somebody_listens_on_is_refused_by_its_number(family, host):
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Clash, match=str(port)):
            keeping.require_free(host, port)
    keeping.require_free(host, port)


def test_whoever_is_asked_stops_and_the_first_that_ended_is_named():
    with keeping_of(worker=SLEEP, web=SLEEP) as kept:
        assert kept.ended() == ""
        kept.children["web"].kill()
        kept.children["web"].wait()
        assert kept.ended() == "web"
        assert kept.stop() is True
        assert all(child.returncode is not None for child in kept.children.values())


def test_whoever_does_not_stop_is_ended(monkeypatch):
    monkeypatch.setattr(keeping, "PATIENCE", 0.3)
    with keeping_of(worker=DEAF) as kept:
        assert kept.stop() is False
        assert kept.children["worker"].returncode == -signal.SIGKILL


def test_a_signal_is_only_noted():
    kept = keeping.Kept()
    kept.ask(signal.SIGTERM, None)
    assert kept.asked


def test_it_answers_once_a_handshake_is_done(tmp_path):
    made = trustme.CA().issue_cert("localhost")
    (tmp_path / "tls").mkdir()
    made.cert_chain_pems[0].write_to_path(tmp_path / "tls" / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = replace(config.current(), home=tmp_path, host="127.0.0.1", port=listening.getsockname()[1])

        def greet() -> None:
            line, _ = listening.accept()
            with line, context.wrap_socket(line, server_side=True):
                pass

        greeting = threading.Thread(target=greet)
        greeting.start()
        assert keeping._answers(settings)
        greeting.join()
    assert not keeping._answers(settings)


def test_a_folder_without_an_installation_is_not_served(tmp_path, monkeypatch):
    empty = replace(config.current(), home=tmp_path, key_file="")
    monkeypatch.setattr(config, "current", lambda: empty)
    with pytest.raises(Busy, match="no installation"):
        keeping.serve(lambda: None)


def test_who_has_lost_its_parent_already_ends_at_once():
    with pytest.raises(SystemExit):
        lifeline.tie_to(1 << 22)


def test_who_is_tied_ends_with_its_parent():
    long = SLEEP.replace("60", "600")
    inner = f"import os; from muniment.ops.serving.lifeline import tie_to; tie_to(os.getppid()); {long}"
    outer = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {inner!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nprint(child.pid, flush=True)\ntime.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    for _ in range(2400):
        try:
            if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except FileNotFoundError:
            return
        threading.Event().wait(0.1)
    pytest.fail("the child outlived its parent")
