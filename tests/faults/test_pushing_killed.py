"""The real process pushes to a real collector, is killed between sending and writing down, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from tests.support.house import ROOT
from tests.support.seeded import run_folder, seeded

PATIENCE = 120

WORKER = "import django; django.setup(); from muniment.ops.serving.worker import work; work()"


class Collector(BaseHTTPRequestHandler):
    """Takes everything; holds back its first answer until it is let go."""

    def do_POST(self) -> None:
        server: Any = self.server
        raw = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        asked = json_format.Parse(raw, ExportLogsServiceRequest())
        records = [
            one for each in asked.resource_logs for scope in each.scope_logs for one in scope.log_records
        ]
        told = [{a.key: a.value.string_value or a.value.int_value for a in one.attributes} for one in records]
        with server.lock:
            server.taken += [
                (one["muniment.log"], one["muniment.index"], one["log.record.uid"]) for one in told
            ]
        server.reached.set()
        server.answers.wait(PATIENCE)
        try:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
        except OSError:
            return  # whoever asked is dead

    def log_message(self, *_: Any) -> None:
        return


@pytest.mark.timeout(600)
def test_killed_between_sending_and_writing_down_it_sends_again_under_the_same_identifiers(
    db: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("pushed") / "home"
    own = f"muniment_pushed_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    house = seeded(run_folder(tmp_path_factory), home, own)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(home / "collector.pem"))
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.daemon_threads = False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.taken, server.lock = [], threading.Lock()
    server.reached, server.answers = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    where = f"https://localhost:{server.server_port}"
    house.environment.update(
        MUNIMENT_OTLP_ADDRESS=f"{where}/v1/logs",
        MUNIMENT_ALLOW_EGRESS_PRIVATE=where,
        MUNIMENT_EGRESS_AUTHORITIES=str(home / "collector.pem"),
    )
    try:
        first = _start(house)
        try:
            assert server.reached.wait(PATIENCE), "nothing was pushed"
        finally:
            first.kill()
            first.wait()
        server.answers.set()
        before = set(server.taken)
        assert before
        second = _start(house)
        try:
            _wait_until_all_is_acknowledged(house)
        finally:
            second.terminate()
            second.wait(PATIENCE)
    finally:
        server.answers.set()
        server.shutdown()
        thread.join()
        server.server_close()
    taken = server.taken
    # At least once: what the dead process had sent is there twice, and each place has one identifier only.
    assert all(taken.count(one) >= 2 for one in before)
    assert len({(log, place) for log, place, _uid in taken}) == len(set(taken))
    for log in {log for log, _place, _uid in taken}:
        places = sorted({place for one, place, _uid in taken if one == log})
        assert places == list(range(len(places)))


def _start(house: Any) -> subprocess.Popen[bytes]:
    with house.home.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=ROOT, env=house.environment, stdout=log, stderr=log
        )


def _wait_until_all_is_acknowledged(house: Any) -> None:
    """Ask until nothing waits for the collector; what is recorded meanwhile waits only for the next checkpoint."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        told = json.loads(house.command("ledger", "pushed", "--json", expect=None).stdout)
        if told["logs"] and all(one["entries"] == 0 and one["sent"] for one in told["logs"]):
            return
        time.sleep(0.5)
    raise AssertionError(house.home.with_suffix(".log").read_text()[-4000:])
