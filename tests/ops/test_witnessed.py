"""An installation and a witness, two programs that know each other by keys and address alone."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.ops.commands import START, environment, muniment

from muniment.spine import installation
from muniment.spine.config import Settings, load
from muniment.spine.errors import Invalid, Refused

NAME = "witness.example/one"


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def witness(tmp_path: Path) -> tuple[Path, str, str]:
    """A witness that is served: its folder, its address, its lines for a policy."""
    folder, port = tmp_path / "witness", _port()
    url = f"https://localhost:{port}"
    words = ("--state", str(folder), "--name", NAME, "--url", url, "--port", str(port))
    made = muniment("witness", "init", *words, "--json")
    assert made.code == 0, made.err
    return folder, url, made.json["policy"]


def _served(folder: Path, url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", START, "witness", "serve", "--state", str(folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, env=environment(), start_new_session=True, **quiet)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with (
            suppress(OSError),
            socket.create_connection(("localhost", int(url.rpartition(":")[2])), timeout=1),
        ):
            break
        time.sleep(0.05)
    return child


def test_an_installation_is_witnessed_once_it_is_allowed_to_call_out(
    installed: Path, tmp_path: Path, witness: tuple[Path, str, str]
) -> None:
    folder, url, lines = witness
    assert muniment("ledger", "settle", home=installed).code == 0
    heads = muniment("ledger", "checkpoint", "--json", home=installed).json["checkpoints"]
    keys = tmp_path / "log.keys"
    keys.write_text(next(one["keys"] for one in heads if "/deployment/" in one["log"]))
    assert muniment("witness", "trust", "--state", str(folder), str(keys)).code == 0
    policy = tmp_path / "policy"
    logs = "".join(f"log {line}\n" for line in keys.read_text().splitlines())
    policy.write_text(f"{logs}{lines}quorum {NAME}\n")
    child = _served(folder, url)
    try:
        named = {"MUNIMENT_WITNESS_POLICY": str(policy)}
        closed = muniment("ledger", "settle", "--json", home=installed, **named)
        assert closed.code == 0
        assert [one["fault"] for one in closed.json["witnesses"]] == [
            "Nothing may be fetched from this destination."
        ]
        assert muniment("ledger", "verify", "--policy", str(policy), home=installed).code == 1
        allowed = {
            **named,
            "MUNIMENT_ALLOW_EGRESS_PRIVATE": url,
            "MUNIMENT_EGRESS_AUTHORITIES": str(folder / "tls" / "authority.pem"),
        }
        asked = muniment("ledger", "settle", "--json", home=installed, **allowed)
        assert [(one["fault"], one["alarm"]) for one in asked.json["witnesses"]] == [("", False)]
        found = muniment("ledger", "verify", "--policy", str(policy), "--json", home=installed)
        assert (found.code, [one["holds"] for one in found.json["witnessed"]]) == (0, [True])
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=30)
    seen = muniment("witness", "show", "--state", str(folder), "--json")
    assert (seen.code, [one["size"] for one in seen.json["logs"]]) == (
        0,
        [found.json["witnessed"][0]["size"]],
    )


def test_the_settings_open_the_one_way_out_and_wrong_ones_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="permitted destination"):
        load({"MUNIMENT_ALLOW_EGRESS_PRIVATE": "http://localhost"})
    opened = load({"MUNIMENT_ALLOW_EGRESS_PRIVATE": "https://localhost:1", "MUNIMENT_HOME": str(tmp_path)})
    assert opened.witnesses == tmp_path / "witness.policy"
    assert load({"MUNIMENT_WITNESS_POLICY": "/elsewhere"}).witnesses == Path("/elsewhere")
    installation.egress.cache_clear()
    monkeypatch.setattr(installation.config, "current", Settings)
    with pytest.raises(Refused, match="Nothing may be fetched"):
        installation.egress().post("https://localhost:1/", b"", 1)
    installation.egress.cache_clear()
    wrong = Settings(egress_authorities=str(tmp_path / "none.pem"))
    monkeypatch.setattr(installation.config, "current", lambda: wrong)
    with pytest.raises(Invalid, match="authorities cannot be read"):
        installation.egress()
    installation.egress.cache_clear()
