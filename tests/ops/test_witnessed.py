"""An installation and a witness, two programs that know each other by keys and address alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.ops.commands import PATIENCE, environment, free_port, muniment, serving

from muniment.ops.demo.codes import code
from muniment.spine import installation
from muniment.spine.config import Settings, load
from muniment.spine.errors import Invalid, Refused


def _commands() -> list[str]:
    """The commands of the page, block by block."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "witness.md").read_text("utf-8")
    return re.findall(r"```sh\n(.*?)```", page, re.DOTALL)


@pytest.mark.timeout(1800)  # some twenty programs, one after the other
def test_the_page_about_witnesses_does_what_it_says(tmp_path: Path) -> None:
    installed = tmp_path / "muniment"
    assert muniment("init", home=installed).code == 0
    seeded = muniment("seed", "--slug", "lantern", "--json", home=installed)
    (adam,) = (one for one in seeded.json["logins"] if one["role"] == "administrator")
    assert muniment("ledger", "settle", home=installed).code == 0
    port = free_port()
    url = f"https://localhost:{port}"
    changed = {
        "/srv/muniment": str(installed),
        "/srv/": f"{tmp_path}/",
        "https://notary.example:8444": url,
        "--host 0.0.0.0": f"--port {port}",
        # A witness of this machine is called as one of a private network.
        "MUNIMENT_ALLOW_EGRESS=": "MUNIMENT_ALLOW_EGRESS_PRIVATE=",
        f"muniment witness serve --state {tmp_path}/witness\n": "",
        f"muniment witness serve --state {tmp_path}/witness --mirror\n": "",
        "adam@firm.example": adam["login"],
    }

    def run(block: str, given: str = "") -> subprocess.CompletedProcess[str]:
        for old, new in changed.items():
            block = block.replace(old, new)
        where = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-ec", block],
            env=environment(**where),
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def login(ahead: int = 0) -> str:
        # No code is taken twice; that of the next half-minute is taken too.
        return f"{adam['password']}\n{code(adam['secret'], time.time() + ahead)}\n"

    made, keys, trusted, written, proposed, accepted, allowed, _mirror, *changing, audited = _commands()
    new, rotated, told, stolen, _confirmed = changing
    for block in (made, keys, trusted, written, proposed):
        done = run(block)
        assert done.returncode == 0, done.stderr
    assert run(audited).returncode == 1
    assert "cosigned" not in run(allowed).stdout
    done = run(accepted, login())
    assert done.returncode == 0, done.stderr
    # Before the settings open the way, nothing goes out and nothing is witnessed.
    closed = run(allowed.split("export")[0] + allowed[allowed.index("muniment ledger") :])
    assert "Nothing may be fetched from this destination." in closed.stdout
    assert run(audited).returncode == 1
    with serving("witness", "serve", "--state", str(tmp_path / "witness"), port=port):
        asked = run(allowed)
        assert (asked.returncode, f"{url}: cosigned" in asked.stdout) == (0, True), asked.stderr
    found = run(audited)
    assert (found.returncode, "witnessed up to" in found.stdout) == (0, True), found.stdout
    seen = muniment("witness", "show", "--state", str(tmp_path / "witness"), "--json")
    assert (seen.code, len(seen.json["logs"])) == (0, 1)
    done = run(new)
    assert done.returncode == 0, done.stderr
    changed["DIGEST"] = done.stdout.split("Their digest: ")[1].split()[0]
    for block, given in ((rotated, login(30)), (told, "")):
        done = run(block, given)
        assert done.returncode == 0, done.stderr
    assert "keys were changed at entry" in done.stdout
    # While two pairs sign nothing is replaced: neither alone is heard. tests/ledger/test_replacing.py goes on.
    assert "announced already" in run(stolen).stderr


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
