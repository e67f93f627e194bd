"""The application under its real server: TLS 1.3, threads, two tenants at once, bodies that are too large."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization as pem

PREPARE = """
import json, os, sys
from datetime import timedelta
from pathlib import Path
import django
from muniment.spine.keyfile import KeyFileProvider
KeyFileProvider.create(Path(os.environ["MUNIMENT_HOME"]) / "keys" / "master.key")
django.setup()
from muniment.access import actions
from muniment.access.queries import actor_of
from muniment.access.rules import OPERATOR
from muniment.ledger import logs
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.installation import keyring
from muniment.spine.migrating import migrate
from muniment.spine.scope import DEPLOYMENT
from muniment.tenants import actions as tenants
migrate()
keyring().create_tenant(DEPLOYMENT)
logs.begin(DEPLOYMENT)
made = {}
for slug in ("one", "two"):
    tenant = tenants.found(system("operator", may=OPERATOR, via="cli"), name=slug, slug=slug)
    operator = system("operator", may=OPERATOR, via="cli", tenant=tenant.id)
    person = actions.create_person(
        operator, name=slug, login=slug, password="seven wild geese fly south", role="analyst"
    )
    issued = actions.create_token(
        operator, label="x", permissions=["scans.read"], person_id=person.id,
        expires_at=ports.now() + timedelta(days=1),
    )
    made[str(tenant.id)] = issued.secret.text
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """An installation of its own behind granian, with two tenants and a token for each."""
    home: Path = tmp_path_factory.mktemp("served")
    (home / "data").mkdir()
    (home / "keys").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
    environ = {
        **kept,
        "MUNIMENT_HOME": str(home),
        "MUNIMENT_MAX_UPLOAD_MB": "1",
        "DJANGO_SETTINGS_MODULE": "muniment.site.settings",
    }
    tokens = json.loads(
        subprocess.run([sys.executable, "-c", PREPARE], env=environ, check=True, capture_output=True).stdout
    )
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    key = pem.load_pem_private_key(issued.private_key_pem.bytes(), None)
    (home / "key.pem").write_bytes(
        key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
    )
    (home / "cert.pem").write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "muniment.site.asgi:application"),
        *("--host", "127.0.0.1", "--port", str(port), "--ssl-protocol-min", "tls1.3"),
        *("--ssl-certificate", str(home / "cert.pem"), "--ssl-keyfile", str(home / "key.pem")),
    ]
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(command, env=environ, stdout=log, stderr=log) as server,
    ):
        trust = ssl.create_default_context()
        authority.configure_trust(trust)

        def ask(method, address, body=None, **headers):
            line = http.client.HTTPSConnection("localhost", port, context=trust, timeout=60)
            try:
                line.request(method, address, body, headers)
                answer = line.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            finally:
                line.close()

        until = time.monotonic() + 60
        while True:
            try:
                ask("GET", "/health/live")
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > until:
                    pytest.fail((home / "log").read_text())
                time.sleep(0.2)
        ask.port, ask.trust, ask.process = port, trust, server.pid
        yield ask, tokens, home / "log"
        server.terminate()
        server.wait(20)


def test_two_tenants_at_once_never_meet(served):
    ask, tokens, _ = served

    def whose(pair):
        tenant, token = pair
        status, _, body = ask("GET", "/api/v1/settings/me", Authorization=f"Bearer {token}")
        return status, json.loads(body)["tenant"] == tenant

    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(whose, list(tokens.items()) * 20)) == {(200, True)}


def test_static_files_and_pages_are_served(served):
    ask, _, _ = served
    status, headers, body = ask("GET", "/account/sign-in/")
    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'none'")
    address = body.decode().split('href="/static/ui/base')[1].split('"')[0]
    status, headers, body = ask("GET", f"/static/ui/base{address}")
    assert (status, len(body) > 500) == (200, True)
    assert "immutable" in headers["cache-control"]


def test_it_is_ready(served):
    ask, _, _ = served
    assert json.loads(ask("GET", "/health/ready")[2])["status"] == "ready"


@pytest.mark.parametrize("how", ["announced", "in chunks"])
def test_a_body_beyond_the_limit_never_reaches_a_view(served, how):
    ask, _, _ = served
    size = 3 << 20
    body = b"x" * size if how == "announced" else iter([b"x" * 65536] * (size // 65536))
    status, _, said = ask("POST", "/account/sign-in/", body)
    assert status == 413
    assert b"larger than the 1 MiB that this installation takes" in said


def laid_aside(process):
    """What the server and its workers hold open that has no name: the bytes on the disk."""
    held = []
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        for one in Path(f"/proc/{child}/fd").iterdir():
            with contextlib.suppress(OSError):
                target = str(one.readlink())
                if target.endswith("(deleted)") and "/data/" in target:
                    held.append(one.read_bytes())
    return held


def wait_until(true):
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_is_sent_by_half_cannot_be_read_and_leaves_nothing(served):
    ask, _, log = served
    line = http.client.HTTPSConnection("localhost", ask.port, context=ask.trust, timeout=60)
    line.putrequest("POST", "/account/sign-in/")
    line.putheader("Content-Type", "multipart/form-data; boundary=B")
    line.putheader("Content-Length", str(1 << 20))
    line.endheaders(b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n')
    line.send(b"Ms Example lives in Bruges. " * 25_000)
    wait_until(lambda: [held for held in laid_aside(ask.process) if len(held) > 500_000])
    [held] = laid_aside(ask.process)
    assert b"Bruges" not in held
    line.close()
    wait_until(lambda: not laid_aside(ask.process))
    assert not [one for one in (log.parent / "data").rglob("*") if b"Bruges" in one.name.encode()]
    assert ask("GET", "/health/live")[0] == 200


def test_a_form_whose_length_nobody_announced_is_read(served):
    ask, tokens, _ = served
    form = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.exe"\r\n\r\nx\r\n--B--\r\n'
    told = {
        "Authorization": f"Bearer {next(iter(tokens.values()))}",
        "Content-Type": "multipart/form-data; boundary=B",
    }
    status, _, said = ask("POST", "/api/v1/evidence", iter([form]), **told)
    assert status == 422
    assert "Files of this kind" in json.loads(said)["detail"]


def test_the_log_holds_identifiers_only(served):
    ask, tokens, log = served
    token = next(iter(tokens.values()))
    ask("GET", "/api/v1/settings/me?name=canary-in-query", Authorization=f"Bearer {token}")
    ask("GET", "/canary-in-path")
    written = log.read_text()
    assert '"route": "api/v1/settings/me"' in written
    assert "canary" not in written
    assert token[-43:] not in written
